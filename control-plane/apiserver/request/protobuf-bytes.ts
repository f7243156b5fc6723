/**
 * Writes protobuf from its end to its beginning: the length of a nested message is known once its content stands, so nothing is
 * measured beforehand and nothing moved afterwards.
 */
export class ProtobufBytes {
  #buffer = new Uint8Array(2048);
  /** Where what is written begins. */
  #at = 2048;

  /** How many bytes are written. */
  get length(): number {
    return this.#buffer.length - this.#at;
  }

  /** A copy of what is written; then it begins anew. */
  take(): Uint8Array {
    const bytes = this.#buffer.slice(this.#at);
    this.#at = this.#buffer.length;
    return bytes;
  }

  /** Drops what was written, as after a failure. */
  reset(): void {
    this.#at = this.#buffer.length;
  }

  tag(field: number, wireType: 0 | 1 | 2): void {
    this.varint(field * 8 + wireType);
  }

  /** A whole number that is not negative. */
  varint(value: number): void {
    if (value < 0x80) {
      this.#reserve(1);
      this.#buffer[--this.#at] = value;
      return;
    }
    const start = this.#reserve(varintLength(value));
    let rest = value;
    let index = start;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#buffer[index++] = (rest % 0x80) | 0x80;
    this.#buffer[index] = rest;
    this.#at = start;
  }

  /** A signed number, in two's complement of 64 bits. */
  signed(value: number | bigint): void {
    if (value >= 0 && typeof value === "number") this.varint(value);
    else this.#long(BigInt.asUintN(64, BigInt(value)));
  }

  #long(value: bigint): void {
    const digits: number[] = [];
    let rest = value;
    for (; rest >= 0x80n; rest >>= 7n) digits.push(Number(rest & 0x7fn) | 0x80);
    digits.push(Number(rest));
    this.bytes(Uint8Array.from(digits));
  }

  double(value: number): void {
    const start = this.#reserve(8);
    new DataView(this.#buffer.buffer).setFloat64(start, value, true);
    this.#at = start;
  }

  bytes(bytes: Uint8Array): void {
    const start = this.#reserve(bytes.length);
    this.#buffer.set(bytes, start);
    this.#at = start;
  }

  text(text: string): void {
    // Most texts are short and ASCII, and then a loop is faster than the encoder.
    if (text.length > 64) return this.bytes(encoder.encode(text));
    const start = this.#reserve(text.length);
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code >= 0x80) return this.bytes(encoder.encode(text));
      this.#buffer[start + index] = code;
    }
    this.#at = start;
  }

  /** Answers where `length` bytes before the beginning start. */
  #reserve(length: number): number {
    if (length > this.#at) {
      const grown = new Uint8Array(Math.max(this.#buffer.length * 2, this.length + length + 1024));
      grown.set(this.#buffer.subarray(this.#at), grown.length - this.length);
      this.#at += grown.length - this.#buffer.length;
      this.#buffer = grown;
    }
    return this.#at - length;
  }
}

const encoder = new TextEncoder();

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length++;
  return length;
}
