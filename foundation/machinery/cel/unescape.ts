type Unescaped<T> = { readonly value: T } | { readonly problem: string };

/** The string that the inside of a string literal stands for, or what is wrong with it. */
export function stringLiteral(body: string, raw: boolean): Unescaped<string> {
  if (raw || !body.includes("\\")) return { value: body };
  let result = "";
  for (let index = 0; index < body.length;) {
    if (body[index] !== "\\") {
      result += body[index++];
      continue;
    }
    const escape = readEscape(body, index);
    if (typeof escape === "string") return { problem: escape };
    const { code, length } = escape;
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return { problem: "invalid unicode code point" };
    result += String.fromCodePoint(code);
    index += length;
  }
  return { value: result };
}

/** The bytes that the inside of a bytes literal stands for: characters as UTF-8, `\x..` and `\ooo` as single bytes. */
export function byteLiteral(body: string, raw: boolean): Unescaped<Uint8Array> {
  if (raw || !body.includes("\\")) return { value: encoder.encode(body) };
  const result: number[] = [];
  for (let index = 0; index < body.length;) {
    if (body[index] !== "\\") {
      const next = body.indexOf("\\", index);
      const end = next < 0 ? body.length : next;
      for (const byte of encoder.encode(body.slice(index, end))) result.push(byte);
      index = end;
      continue;
    }
    const escape = readEscape(body, index);
    if (typeof escape === "string") return { problem: escape };
    if (escape.unicode) return { problem: "unable to unescape string" };
    result.push(escape.code);
    index += escape.length;
  }
  return { value: Uint8Array.from(result) };
}

const encoder = new TextEncoder();

const simple: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  "'": "'",
  '"': '"',
  "`": "`",
  "?": "?",
};
const digitsOf: Readonly<Record<string, number>> = { x: 2, X: 2, u: 4, U: 8 };

/** One escape sequence: the number it stands for, how long it is, whether it names a character of Unicode. */
function readEscape(body: string, at: number): { readonly code: number; readonly length: number; readonly unicode: boolean } | string {
  const letter = body[at + 1];
  if (letter === undefined) return "unable to unescape string, found '\\' as last character";
  const plain = simple[letter];
  if (plain !== undefined) return { code: plain.charCodeAt(0), length: 2, unicode: false };
  const digits = digitsOf[letter];
  if (digits !== undefined) {
    const text = body.slice(at + 2, at + 2 + digits);
    if (text.length < digits || !/^[0-9a-fA-F]+$/.test(text)) return "unable to unescape string";
    return { code: Number.parseInt(text, 16), length: 2 + digits, unicode: digits > 2 };
  }
  if (letter >= "0" && letter <= "3") {
    const text = body.slice(at + 1, at + 4);
    if (!/^[0-3][0-7][0-7]$/.test(text)) return "unable to unescape octal sequence in string";
    return { code: Number.parseInt(text, 8), length: 4, unicode: false };
  }
  return "unable to unescape string";
}
