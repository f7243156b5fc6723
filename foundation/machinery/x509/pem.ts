/** One block of a PEM text (RFC 7468). */
export interface PemBlock {
  /** Such as `CERTIFICATE`. */
  readonly label: string;
  readonly hasHeaders: boolean;
  readonly der: Uint8Array;
}

const boundary = /^-----(BEGIN|END) ([^-]+)-----[ \t\r]*$/;

/** A block that may not be well formed. */
export type GivenPemBlock = Omit<PemBlock, "der"> & { readonly der: Uint8Array | undefined };

/** The blocks of a text, in order. What stands between them, and blocks that aren't well formed, are passed over. */
export function readPem(text: string): readonly PemBlock[] {
  return givenPemBlocks(text).flatMap(({ der, ...block }) => (der === undefined ? [] : [{ ...block, der }]));
}

/** The same with the blocks whose data isn't well formed: for who must complain of them. */
export function givenPemBlocks(text: string): readonly GivenPemBlock[] {
  const blocks: GivenPemBlock[] = [];
  let open: { readonly label: string; readonly lines: string[] } | undefined;
  for (const line of text.split("\n")) {
    const [, side, label = ""] = boundary.exec(line) ?? [];
    if (side === "BEGIN") open = { label, lines: [] };
    else if (side === undefined) open?.lines.push(line.trim());
    else {
      if (open?.label === label) blocks.push(blockOf(label, open.lines));
      open = undefined;
    }
  }
  return blocks;
}

/** Headers, if there are any, end with an empty line. */
function blockOf(label: string, lines: readonly string[]): GivenPemBlock {
  const hasHeaders = lines[0]?.includes(":") === true;
  return { label, hasHeaders, der: bytesOfBase64(lines.slice(hasHeaders ? lines.indexOf("") : 0).join("")) };
}

function bytesOfBase64(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) return undefined;
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

export function writePem(label: string, der: Uint8Array): string {
  let binary = "";
  for (const byte of der) binary += String.fromCharCode(byte);
  const lines = btoa(binary).match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
