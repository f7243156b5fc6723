/** What upstream says of a text that is not base64 (standard alphabet, padded, line breaks allowed); `undefined` when it is. */
export function base64Problem(text: string): string | undefined {
  const foreign = text.search(/[^A-Za-z0-9+/=\r\n]/);
  if (foreign >= 0) return illegal(foreign);
  const compact = /[\r\n]/.test(text) ? text.replaceAll(/[\r\n]/g, "") : text;
  const padding = compact.indexOf("=");
  const end = padding < 0 ? compact.length : padding;
  const rest = compact.length - end;
  if (rest > 2 || (rest === 2 && compact[end + 1] !== "=")) return illegal(Math.min(end + 2, compact.length));
  if (compact.length % 4 !== 0) return illegal(padding < 0 ? compact.length - (compact.length % 4) : end);
  return undefined;
}

const illegal = (at: number): string => `illegal base64 data at input byte ${at}`;

/** The base64 (standard alphabet, padded) of a text in UTF-8. */
export function base64OfText(text: string): string {
  return base64OfBytes(new TextEncoder().encode(text));
}

/** The base64 (standard alphabet, padded) of bytes. */
export function base64OfBytes(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** The text whose UTF-8 the base64 is; throws for a text that is no base64. */
export function textOfBase64(base64: string): string {
  return new TextDecoder().decode(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
}

/** The bytes that Base64 stands for, which was validated before. */
export function bytesOfBase64(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
