/**
 * The little of HPACK (RFC 7541) that a load generator needs: requests are written as literals, so no table is kept, and of an answer
 * only the status is read, which stands first.
 */

/** The fields of a request around its path, which may differ from one request to the next: pseudo-fields stand first. */
export interface RequestFields {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

export function requestFields(method: string, authority: string, isTls: boolean, headers: Readonly<Record<string, string>>): RequestFields {
  const scheme = Buffer.from([isTls ? indexedHttps : indexedHttp]);
  return {
    before: Buffer.concat([literal(indexOfMethod, method), scheme, literal(indexOfAuthority, authority)]),
    after: Buffer.concat(Object.entries(headers).flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)])),
  };
}

export function pathField(path: string): Uint8Array {
  return literal(indexOfPath, path);
}

/** The status of an answer's header block; 0 when it doesn't begin with one. */
export function statusOf(block: Uint8Array): number {
  // The server may first say that it keeps no table either.
  const at = (block[0]! & 0xe0) === 0x20 ? 1 : 0;
  const first = block[at]!;
  if (first >= 0x80) return indexedStatus[first & 0x7f] ?? 0;
  if ((first & 0x0f) !== indexOfStatus && (first & 0x3f) !== indexOfStatus) return 0;
  const length = block[at + 1]!;
  const value = block.subarray(at + 2, at + 2 + (length & 0x7f));
  return length < 0x80 ? Number(Buffer.from(value).toString("latin1")) : digitsOf(value);
}

const indexOfAuthority = 1;
const indexOfMethod = 2;
const indexOfPath = 4;
const indexOfStatus = 8;
const indexedHttp = 0x86;
const indexedHttps = 0x87;
const indexedStatus: Readonly<Record<number, number>> = { 8: 200, 9: 204, 10: 206, 11: 304, 12: 400, 13: 404, 14: 500 };

function literal(nameIndex: number, value: string): Uint8Array {
  return Buffer.concat([Buffer.from([nameIndex]), text(value)]);
}

function text(value: string): Uint8Array {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from(bytes.length < 0x7f ? [bytes.length] : [0x7f, ...continued(bytes.length - 0x7f)]), bytes]);
}

function continued(rest: number): readonly number[] {
  return rest < 0x80 ? [rest] : [(rest & 0x7f) | 0x80, ...continued(rest >> 7)];
}

/** Decimal digits in HPACK's Huffman code: five bits for 0 to 2, six for the others. */
function digitsOf(bytes: Uint8Array): number {
  let bits = "";
  for (const byte of bytes) bits += byte.toString(2).padStart(8, "0");
  let number = 0;
  for (let at = 0; at + 5 <= bits.length;) {
    const five = Number.parseInt(bits.slice(at, at + 5), 2);
    if (five <= 2) {
      number = number * 10 + five;
      at += 5;
      continue;
    }
    const six = Number.parseInt(bits.slice(at, at + 6), 2);
    if (six < 0x19 || six > 0x1f) break;
    number = number * 10 + six - 0x16;
    at += 6;
  }
  return number;
}
