import ipaddr from "ipaddr.js";
import { type Answer, type DomainName, type Query, recordTypes, type ResourceRecord } from "./message.ts";
import { headerLength, viewOf } from "./read.ts";

/** The longest answer over UDP that passes every network in one piece. */
export const longestDatagram = 1232;
const plainDatagram = 512;
const extensionLength = 11;

/** How long an answer over UDP may be. */
export function datagramLimit({ extension }: Pick<Query, "extension">): number {
  return extension === undefined ? plainDatagram : Math.min(Math.max(extension.size, plainDatagram), longestDatagram);
}

/** Writes an answer. What doesn't fit goes: first what nobody asked for, then the last answers, which is then said. */
export function writeAnswer(query: Query, answer: Answer, limit: number): Uint8Array {
  for (const additional of answer.additional.length > 0 ? [answer.additional, []] : [[]]) {
    const bytes = write(query, { ...answer, additional }, { truncated: false });
    if (bytes.length <= limit) return bytes;
  }
  for (let count = answer.answers.length; ; count = Math.floor(count / 2)) {
    const bytes = write(query, { ...answer, answers: answer.answers.slice(0, count), authority: [], additional: [] }, { truncated: true });
    if (bytes.length <= limit || count === 0) return bytes;
  }
}

/** An answer without a question, to a packet in which none could be read. */
export function writeRefusal({
  id,
  code,
  recursionDesired,
}: {
  readonly id: number;
  readonly code: number;
  readonly recursionDesired: boolean;
}): Uint8Array {
  const bytes = new Uint8Array(headerLength);
  const view = viewOf(bytes);
  view.setUint16(0, id);
  view.setUint16(2, 0x8000 | (recursionDesired ? 0x0100 : 0) | code);
  return bytes;
}

/** The head of an answer that is too long for its way: the client asks again over TCP. */
export function writeTruncated(answer: Uint8Array, { questionBytes }: Pick<Query, "questionBytes">): Uint8Array {
  const bytes = answer.slice(0, headerLength + questionBytes.length);
  const view = viewOf(bytes);
  view.setUint16(2, view.getUint16(2) | 0x0200);
  for (const offset of [6, 8, 10]) view.setUint16(offset, 0);
  return bytes;
}

/** A query for another server: the question of a client under an id of ours, with the client's extension. */
export function writeQuery(
  { questionBytes, extension, checkingDisabled }: Pick<Query, "questionBytes" | "extension" | "checkingDisabled">,
  id: number,
): Uint8Array {
  const bytes = new Uint8Array(headerLength + questionBytes.length + (extension === undefined ? 0 : extensionLength));
  const view = viewOf(bytes);
  view.setUint16(0, id);
  view.setUint16(2, 0x0100 | (checkingDisabled ? 0x0010 : 0));
  view.setUint16(4, 1);
  view.setUint16(10, extension === undefined ? 0 : 1);
  bytes.set(questionBytes, headerLength);
  if (extension !== undefined) writeExtension(view, headerLength + questionBytes.length, 0, extension.wantsSignatures);
  return bytes;
}

/** The bytes of a question about a name, for names that no client asked for. */
export function questionBytesOf(name: DomainName, type: number): Uint8Array {
  const labels = name === "" ? [] : name.split(".");
  return new Uint8Array([
    ...labels.flatMap((label) => [label.length, ...new TextEncoder().encode(label)]),
    0,
    type >> 8,
    type & 0xff,
    0,
    1,
  ]);
}

function write(query: Query, answer: Answer, { truncated }: { readonly truncated: boolean }): Uint8Array {
  const { answers, authority, additional, code, authoritative } = answer;
  const writer = new Writer();
  writer.uint16(query.id);
  const flags = [0x8000, authoritative ? 0x0400 : 0, truncated ? 0x0200 : 0, query.recursionDesired ? 0x0100 : 0, 0x0080];
  writer.uint16(flags.reduce((sum, flag) => sum | flag) | (query.checkingDisabled ? 0x0010 : 0) | (code & 0x0f));
  for (const count of [1, answers.length, authority.length, additional.length + (query.extension === undefined ? 0 : 1)])
    writer.uint16(count);
  writer.bytes(query.questionBytes);
  writer.know(query.question.name, headerLength);
  for (const record of [...answers, ...authority, ...additional]) writeRecord(writer, record);
  if (query.extension !== undefined) {
    const extension = new Uint8Array(extensionLength);
    writeExtension(viewOf(extension), 0, code >> 4, query.extension.wantsSignatures);
    writer.bytes(extension);
  }
  return writer.done();
}

function writeExtension(view: DataView, offset: number, extendedCode: number, wantsSignatures: boolean): void {
  view.setUint16(offset + 1, recordTypes.OPT);
  view.setUint16(offset + 3, longestDatagram);
  view.setUint8(offset + 5, extendedCode);
  view.setUint16(offset + 7, wantsSignatures ? 0x8000 : 0);
}

function writeRecord(writer: Writer, record: ResourceRecord): void {
  writer.name(record.name);
  writer.uint16(recordTypes[record.type]);
  writer.uint16(1);
  writer.uint32(record.ttl);
  writer.lengthOf(() => {
    switch (record.type) {
      case "A":
      case "AAAA":
        return writer.bytes(Uint8Array.from(ipaddr.parse(record.address).toByteArray()));
      case "NS":
      case "CNAME":
      case "PTR":
        return writer.name(record.target);
      case "SRV":
        for (const value of [record.priority, record.weight, record.port]) writer.uint16(value);
        // Resolvers from before compression was forbidden here read both forms; those after it only this one.
        return writer.name(record.target, { mayPoint: false });
      case "TXT": {
        const text = new TextEncoder().encode(record.text).subarray(0, 255);
        return writer.bytes(Uint8Array.from([text.length, ...text]));
      }
      case "SOA":
        writer.name(record.primary);
        writer.name(record.mailbox);
        for (const value of [record.serial, record.refresh, record.retry, record.expire, record.minimum]) writer.uint32(value);
        return undefined;
    }
  });
}

/** Grows as it is written to. Names that were written before are pointed to. */
class Writer {
  #bytes = new Uint8Array(512);
  #length = 0;
  readonly #known = new Map<DomainName, number>();

  uint16(value: number): void {
    this.bytes(Uint8Array.of(value >> 8, value & 0xff));
  }

  uint32(value: number): void {
    this.bytes(Uint8Array.of(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff));
  }

  bytes(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(length, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = length;
  }

  /** Says that a name, and with it every name above it, stands at `offset`. */
  know(name: DomainName, offset: number): void {
    let at = offset;
    for (let rest = name; rest !== ""; rest = parentOf(rest)) {
      if (at < 0x4000 && !this.#known.has(rest)) this.#known.set(rest, at);
      at += 1 + labelBytes(rest.split(".", 1)[0]!).length;
    }
  }

  name(name: DomainName, { mayPoint = true }: { readonly mayPoint?: boolean } = {}): void {
    for (let rest = name; rest !== ""; rest = parentOf(rest)) {
      const known = mayPoint ? this.#known.get(rest) : undefined;
      if (known !== undefined) return this.uint16(0xc000 | known);
      if (this.#length < 0x4000) this.#known.set(rest, this.#length);
      const label = labelBytes(rest.split(".", 1)[0]!);
      this.bytes(Uint8Array.from([label.length, ...label]));
    }
    this.bytes(Uint8Array.of(0));
  }

  /** Writes what `content` writes, with its length before it. */
  lengthOf(content: () => void): void {
    const start = this.#length;
    this.uint16(0);
    content();
    viewOf(this.#bytes).setUint16(start, this.#length - start - 2);
  }

  done(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}

function parentOf(name: DomainName): DomainName {
  const dot = name.indexOf(".");
  return dot < 0 ? "" : name.slice(dot + 1);
}

/** The bytes of a label in which some are written as `\DDD`. */
function labelBytes(label: string): Uint8Array {
  if (!label.includes("\\")) return new TextEncoder().encode(label);
  return Uint8Array.from(
    [...label.matchAll(/\\(\d{3})|[^\\]/g)].map(([text, code]) => (code === undefined ? text.charCodeAt(0) : Number(code))),
  );
}
