/**
 * Numbers, texts and bytes one after the other in one block of memory, which changes threads by being handed over, not copied.
 * Reader and writer must agree on the order.
 */
export class BlockWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;

  constructor(buffer: ArrayBuffer) {
    this.#bytes = new Uint8Array(buffer);
    this.#view = new DataView(buffer);
  }

  get length(): number {
    return this.#length;
  }
  get buffer(): ArrayBuffer {
    return this.#bytes.buffer;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#view.setUint8(this.#length, value);
    this.#length += 1;
  }

  number(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value);
    this.#length += 8;
  }

  text(value: string): void {
    // A UTF-16 unit takes at most three bytes of UTF-8.
    this.#reserve(4 + value.length * 3);
    const { written } = encoder.encodeInto(value, this.#bytes.subarray(this.#length + 4));
    this.#view.setUint32(this.#length, written);
    this.#length += 4 + written;
  }

  bytes(value: Uint8Array): void {
    this.#reserve(4 + value.length);
    this.#view.setUint32(this.#length, value.length);
    this.#bytes.set(value, this.#length + 4);
    this.#length += 4 + value.length;
  }

  /** Bytes that `write` adds, with their length before them. */
  measured(write: () => void): void {
    this.#reserve(4);
    const start = this.#length;
    this.#length += 4;
    write();
    this.#view.setUint32(start, this.#length - start - 4);
  }

  /** Bytes without their length. */
  raw(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** Reads what a {@link BlockWriter} wrote. Bytes are views of the block. */
export class BlockReader {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;
  #offset = 0;

  constructor({ buffer, length }: Block) {
    this.#bytes = new Uint8Array(buffer, 0, length);
    this.#view = new DataView(buffer);
  }

  get done(): boolean {
    return this.#offset >= this.#bytes.length;
  }

  byte(): number {
    return this.#view.getUint8(this.#offset++);
  }

  number(): number {
    const value = this.#view.getFloat64(this.#offset);
    this.#offset += 8;
    return value;
  }

  text(): string {
    return decoder.decode(this.bytes());
  }

  bytes(): Uint8Array<ArrayBuffer> {
    const start = this.#offset + 4;
    this.#offset = start + this.#view.getUint32(this.#offset);
    return this.#bytes.subarray(start, this.#offset);
  }
}

/** The part of a buffer that was written. */
export interface Block {
  readonly buffer: ArrayBuffer;
  readonly length: number;
}

export function blockOf({ buffer, length }: BlockWriter): Block {
  return { buffer, length };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
