/** Unpacks a zlib stream (RFC 1950, 1951) that comes in pieces, each of which ends on a whole byte, as after a flush. */
export interface Inflater {
  /** What a piece holds. Throws a `RangeError` for what isn't deflated data, and for more than `most` bytes. */
  push(piece: Uint8Array): Uint8Array;
}

const windowSize = 32_768;

/** Synchronous and without anything of Node's, so that it runs wherever the rest does. */
export function createInflater({ dictionary, most }: { readonly dictionary: Uint8Array; readonly most: number }): Inflater {
  let window: Uint8Array = new Uint8Array(0);
  let isBegun = false;
  return {
    push(piece) {
      const bits = new Bits(piece);
      if (!isBegun) {
        const [method, flags] = [bits.byte(), bits.byte()];
        if ((method & 0x0f) !== 8 || (method * 256 + flags) % 31 !== 0) throw new RangeError("Cannot inflate: no zlib stream");
        if ((flags & 0x20) !== 0) {
          for (let index = 0; index < 4; index++) bits.byte();
          window = dictionary;
        }
        isBegun = true;
      }
      const output = new Output(window, most);
      while (!bits.isAtEnd) readBlock(bits, output);
      window = output.window();
      return output.written();
    },
  };
}

/** Bits from the lowest of each byte on. */
class Bits {
  readonly #bytes: Uint8Array;
  #position = 0;
  #held = 0;
  #count = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#position >= this.#bytes.length && this.#held === 0;
  }

  byte(): number {
    const value = this.#bytes[this.#position++];
    if (value === undefined) throw new RangeError("Cannot inflate: the data ends within a block");
    return value;
  }

  take(count: number): number {
    while (this.#count < count) {
      this.#held |= this.byte() << this.#count;
      this.#count += 8;
    }
    const value = this.#held & ((1 << count) - 1);
    this.#held >>>= count;
    this.#count -= count;
    return value;
  }

  /** Leaves out what is left of the byte. */
  align(): void {
    this.#held = 0;
    this.#count = 0;
  }
}

/** What has been written, after what was before. */
class Output {
  #bytes: Uint8Array;
  #length: number;
  readonly #start: number;
  readonly #most: number;

  constructor(window: Uint8Array, most: number) {
    this.#bytes = new Uint8Array(window.length + 4096);
    this.#bytes.set(window);
    this.#start = window.length;
    this.#length = window.length;
    this.#most = most;
  }

  write(byte: number): void {
    if (this.#length - this.#start >= this.#most) throw new RangeError(`Cannot inflate: more than ${this.#most} bytes`);
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.#length++] = byte;
  }

  repeat(distance: number, length: number): void {
    if (distance > this.#length) throw new RangeError("Cannot inflate: a reference leads to before the beginning");
    for (let index = 0; index < length; index++) this.write(this.#bytes[this.#length - distance]!);
  }

  written(): Uint8Array {
    return this.#bytes.slice(this.#start, this.#length);
  }

  window(): Uint8Array {
    return this.#bytes.slice(Math.max(0, this.#length - windowSize), this.#length);
  }
}

function readBlock(bits: Bits, output: Output): void {
  // Whether it is the last one: what comes after is no data, and nobody sends any.
  bits.take(1);
  switch (bits.take(2)) {
    case 0:
      return readStored(bits, output);
    case 1:
      return readCompressed(bits, output, fixedCodes());
    case 2:
      return readCompressed(bits, output, readCodes(bits));
    default:
      throw new RangeError("Cannot inflate: a block of an unknown type");
  }
}

function readStored(bits: Bits, output: Output): void {
  bits.align();
  const length = bits.byte() | (bits.byte() << 8);
  const complement = bits.byte() | (bits.byte() << 8);
  if (length !== (~complement & 0xffff)) throw new RangeError("Cannot inflate: the length of a stored block is damaged");
  for (let index = 0; index < length; index++) output.write(bits.byte());
}

interface Codes {
  readonly literals: Code;
  readonly distances: Code;
}

const endOfBlock = 256;

function readCompressed(bits: Bits, output: Output, { literals, distances }: Codes): void {
  for (let symbol = literals.read(bits); symbol !== endOfBlock; symbol = literals.read(bits)) {
    if (symbol < endOfBlock) output.write(symbol);
    else {
      const length = spread(lengths, symbol - 257, bits);
      output.repeat(spread(offsets, distances.read(bits), bits), length);
    }
  }
}

/** From which value on a symbol stands for values, and how many bits say for which. */
interface Spread {
  readonly from: readonly number[];
  readonly bits: readonly number[];
}

function spread({ from, bits: extra }: Spread, symbol: number, bits: Bits): number {
  const first = from[symbol];
  if (first === undefined) throw new RangeError("Cannot inflate: a symbol that stands for nothing");
  return first + bits.take(extra[symbol]!);
}

/** Each symbol goes on where the one before ends. */
function spreadFrom(first: number, bits: readonly number[]): Spread {
  let next = first;
  const from = bits.map((count) => {
    const start = next;
    next += 2 ** count;
    return start;
  });
  return { from, bits };
}

const lengthBits = [0, 0, 0, 0, 0, 0, 0, 0, ...[1, 2, 3, 4, 5].flatMap((count) => [count, count, count, count])];
/** The longest length has a symbol of its own. */
const upToLongest = spreadFrom(3, lengthBits);
const lengths: Spread = { from: [...upToLongest.from, 258], bits: [...upToLongest.bits, 0] };
const offsets = spreadFrom(1, [0, 0, ...Array.from({ length: 14 }, (_, count) => [count, count]).flat()]);

/** A prefix code: shorter ones first, those of one length in the order of their symbols. */
class Code {
  /** How many codes there are of each length. */
  readonly #counts: number[] = Array.from({ length: 16 }, () => 0);
  readonly #symbols: readonly number[];

  constructor(bitLengths: readonly number[]) {
    for (const length of bitLengths) if (length > 0) this.#counts[length]!++;
    const used = bitLengths.flatMap((length, symbol) => (length > 0 ? [{ length, symbol }] : []));
    this.#symbols = used.sort((a, b) => a.length - b.length || a.symbol - b.symbol).map(({ symbol }) => symbol);
  }

  read(bits: Bits): number {
    let [code, first, index] = [0, 0, 0];
    for (let length = 1; length < 16; length++) {
      code = code * 2 + bits.take(1);
      first *= 2;
      const count = this.#counts[length]!;
      if (code - first < count) return this.#symbols[index + code - first]!;
      first += count;
      index += count;
    }
    throw new RangeError("Cannot inflate: a code that nothing has");
  }
}

let fixed: Codes | undefined;

function fixedCodes(): Codes {
  const times = (count: number, length: number): readonly number[] => Array.from({ length: count }, () => length);
  fixed ??= {
    literals: new Code([...times(144, 8), ...times(112, 9), ...times(24, 7), ...times(8, 8)]),
    distances: new Code(times(30, 5)),
  };
  return fixed;
}

/** The order in which a block tells how long the codes of its code lengths are. */
const lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15] as const;

function readCodes(bits: Bits): Codes {
  const [literalCount, distanceCount, told] = [bits.take(5) + 257, bits.take(5) + 1, bits.take(4) + 4];
  const own = Array.from({ length: 19 }, () => 0);
  for (const symbol of lengthOrder.slice(0, told)) own[symbol] = bits.take(3);
  const code = new Code(own);
  const found: number[] = [];
  while (found.length < literalCount + distanceCount) {
    const symbol = code.read(bits);
    if (symbol < 16) found.push(symbol);
    else if (symbol === 16 && found.length === 0) throw new RangeError("Cannot inflate: nothing there to be repeated");
    else {
      const [value, count] =
        symbol === 16 ? [found.at(-1)!, 3 + bits.take(2)] : symbol === 17 ? [0, 3 + bits.take(3)] : [0, 11 + bits.take(7)];
      for (let index = 0; index < count; index++) found.push(value);
    }
  }
  return { literals: new Code(found.slice(0, literalCount)), distances: new Code(found.slice(literalCount, literalCount + distanceCount)) };
}
