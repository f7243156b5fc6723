import { type Field, HeaderTable, sizeOf } from "./header-table.ts";
import { huffmanText } from "./huffman.ts";

/** How large a table clients may keep: what both ends assume as long as nobody says otherwise. */
const tableBytes = 4096;

/** A head that breaks RFC 7541. The two ends don't know the same tables any more, so the connection can't go on. */
export class UnreadableHead extends Error {}

/** Reads the heads of one connection, in the order in which they come: each may refer to fields of those before. */
export class HeaderDecoder {
  readonly #table = new HeaderTable(tableBytes);
  readonly #longestHead: number;

  /** `longestHead`: the size that the fields of a head may have together, by RFC 9113's count. */
  constructor(longestHead: number) {
    this.#longestHead = longestHead;
  }

  /** The fields of a head, in order; `undefined` when they are too large together. Throws {@link UnreadableHead}. */
  decode(block: Buffer): readonly Field[] | undefined {
    const reader = new BlockReader(block);
    const fields: Field[] = [];
    let size = 0;
    while (!reader.isDone) {
      const field = this.#next(reader, fields.length === 0);
      if (field === undefined) continue;
      size += sizeOf(field);
      // All of it has to be read nevertheless, for the sake of the table.
      if (size <= this.#longestHead) fields.push(field);
    }
    return size > this.#longestHead ? undefined : fields;
  }

  /** `undefined` for a change of the table's size, which stands at the beginning. */
  #next(reader: BlockReader, isFirst: boolean): Field | undefined {
    const first = reader.peek();
    if ((first & 0x80) !== 0) return this.#at(reader.number(7));
    if ((first & 0xe0) === 0x20) {
      const limit = reader.number(5);
      if (limit > tableBytes || !isFirst) throw new UnreadableHead("the size of the table can't be changed like this");
      this.#table.limit = limit;
      return undefined;
    }
    const isKept = (first & 0x40) !== 0;
    const index = reader.number(isKept ? 6 : 4);
    const field = { name: index === 0 ? reader.text() : this.#at(index).name, value: reader.text() };
    if (isKept) this.#table.add(field);
    return field;
  }

  #at(index: number): Field {
    const field = index === 0 ? undefined : this.#table.at(index);
    if (field === undefined) throw new UnreadableHead(`no field has the index ${index}`);
    return field;
  }
}

class BlockReader {
  readonly #block: Buffer;
  #at = 0;

  constructor(block: Buffer) {
    this.#block = block;
  }

  get isDone(): boolean {
    return this.#at >= this.#block.length;
  }

  peek(): number {
    return this.#block[this.#at]!;
  }

  /** A number that begins in the lowest bits of a byte, and goes on in others when they are all set. */
  number(bits: number): number {
    const most = (1 << bits) - 1;
    let number = this.#byte() & most;
    if (number < most) return number;
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = this.#byte();
      number += (byte & 0x7f) << shift;
      if (byte < 0x80) return number;
    }
    throw new UnreadableHead("a number is too large");
  }

  text(): string {
    const isCoded = (this.#block[this.#at] ?? 0) >= 0x80;
    const length = this.number(7);
    const start = this.#at;
    this.#at += length;
    if (this.#at > this.#block.length) throw new UnreadableHead("a text is longer than the head");
    if (!isCoded) return this.#block.toString("latin1", start, this.#at);
    const text = huffmanText(this.#block, start, this.#at);
    if (text === undefined) throw new UnreadableHead("a text is no Huffman code");
    return text;
  }

  #byte(): number {
    if (this.isDone) throw new UnreadableHead("the head ends in a number");
    return this.#block[this.#at++]!;
  }
}
