/** What stands between `-----BEGIN …-----` and `-----END …-----`. */
export interface PemBlock {
  readonly label: string;
  /** Lines of the form `Name: value` before the data. */
  readonly headers: readonly string[];
  /** The data in Base64, in one line. */
  readonly data: string;
}

/** The blocks of a text in PEM; what stands between them is nobody's. */
export function pemBlocks(text: string): readonly PemBlock[] {
  return [...text.matchAll(/-----BEGIN ([^-\n]+)-----\n([\s\S]*?)-----END \1-----/g)].map(([, label = "", body = ""]) => {
    const lines = body.split("\n").map((line) => line.trim());
    return {
      label,
      headers: lines.filter((line) => line.includes(":")),
      data: lines.filter((line) => !line.includes(":")).join(""),
    };
  });
}

/** The DER of a block as a string of bytes; `undefined` where it isn't one DER sequence. */
export function derOf({ data }: PemBlock): string | undefined {
  let der: string;
  try {
    der = atob(data);
  } catch {
    return undefined;
  }
  return isSequence(der) ? der : undefined;
}

/** Whether bytes are one DER sequence and nothing after it. */
export function isSequence(der: string): boolean {
  if (der.charCodeAt(0) !== 0x30 || der.length < 2) return false;
  const first = der.charCodeAt(1);
  if (first < 0x80) return der.length === 2 + first;
  const size = first & 0x7f;
  if (size === 0 || size > 4 || der.length < 2 + size) return false;
  let length = 0;
  for (let index = 0; index < size; index++) length = length * 256 + der.charCodeAt(2 + index);
  return der.length === 2 + size + length;
}

/**
 * Whether a certificate says that it is an authority's: its extension for basic constraints (2.5.29.19), critical or not, begins with
 * `cA TRUE`. DER has one form for each value, so the bytes of the extension are found as they must stand.
 */
export function isAuthority(der: string): boolean {
  const hex = Array.from(der, (byte) => byte.charCodeAt(0).toString(16).padStart(2, "0")).join("");
  return /^(?:..)*0603551d13(?:0101ff)?04..30..0101ff/.test(hex);
}
