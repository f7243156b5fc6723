import ipaddr from "ipaddr.js";
import { type DomainName, type Extension, type Query, recordTypes, type ResourceRecord, responseCodes } from "./message.ts";

/** Why a packet is no query that can be answered: dropped without a word, or told with a code. */
export type Refusal =
  | { readonly drop: true }
  | { readonly drop: false; readonly id: number; readonly code: number; readonly recursionDesired: boolean };

export const headerLength = 12;
const longestName = 255;

/** Reads a query. What comes from the network may be anything: nothing is read twice, and names in questions may not point elsewhere. */
export function readQuery(bytes: Uint8Array): Query | Refusal {
  if (bytes.length < headerLength) return { drop: true };
  const view = viewOf(bytes);
  const id = view.getUint16(0);
  const flags = view.getUint16(2);
  // An answer; to answer it would make two servers talk for ever.
  if ((flags & 0x8000) !== 0) return { drop: true };
  const recursionDesired = (flags & 0x0100) !== 0;
  const refuse = (code: number): Refusal => ({ drop: false, id, code, recursionDesired });
  if ((flags & 0x7800) !== 0) return refuse(responseCodes.notImplemented);
  if (view.getUint16(4) !== 1 || view.getUint16(6) !== 0 || view.getUint16(8) !== 0) return refuse(responseCodes.formatError);
  const name = readName(bytes, headerLength, { mayPoint: false });
  if (name === undefined || name.end + 4 > bytes.length) return refuse(responseCodes.formatError);
  const questionEnd = name.end + 4;
  const extension = readExtension(bytes, questionEnd, view.getUint16(10));
  if (extension === "malformed") return refuse(responseCodes.formatError);
  return {
    id,
    recursionDesired,
    checkingDisabled: (flags & 0x0010) !== 0,
    question: { name: name.name, type: view.getUint16(name.end), class: view.getUint16(name.end + 2) },
    questionBytes: bytes.slice(headerLength, questionEnd),
    ...(extension === undefined ? {} : { extension }),
  };
}

export function isRefusal(query: Query | Refusal): query is Refusal {
  return "drop" in query;
}

/** Looks through the additional records of a query for its extension; there may be one. */
function readExtension(bytes: Uint8Array, start: number, count: number): Extension | "malformed" | undefined {
  let extension: Extension | undefined;
  let offset = start;
  for (let index = 0; index < count; index++) {
    const record = readRecordHead(bytes, offset);
    if (record === undefined) return "malformed";
    offset = record.end;
    if (record.type !== recordTypes.OPT) continue;
    if (extension !== undefined || record.name !== "") return "malformed";
    // An extension says its size where others have their class, and its flags where they have their time to live.
    extension = { size: record.class, version: (record.ttl >>> 16) & 0xff, wantsSignatures: (record.ttl & 0x8000) !== 0 };
  }
  return extension;
}

/** What a forwarder must know of an answer that it passes on. `undefined` for one that can't be read. */
export interface ForeignAnswer {
  readonly id: number;
  readonly code: number;
  readonly truncated: boolean;
  /** Records of the answer section that this server knows. */
  readonly answers: readonly ResourceRecord[];
  /** Where times to live stand, to count them down in a copy; those of extensions are none. */
  readonly ttlOffsets: readonly number[];
  /** For how long it may be kept, in seconds. */
  readonly lifetime: number;
}

const mostRecords = 1_000;

/** Reads an answer of another server to `questionBytes`. */
export function readAnswer(bytes: Uint8Array, questionBytes: Uint8Array): ForeignAnswer | undefined {
  if (bytes.length < headerLength + questionBytes.length) return undefined;
  const view = viewOf(bytes);
  const flags = view.getUint16(2);
  if ((flags & 0x8000) === 0 || view.getUint16(4) !== 1) return undefined;
  const end = headerLength + questionBytes.length;
  if (!isSameQuestion(bytes.subarray(headerLength, end), questionBytes)) return undefined;
  const answerCount = view.getUint16(6);
  const count = answerCount + view.getUint16(8) + view.getUint16(10);
  if (count > mostRecords) return undefined;
  const answers: ResourceRecord[] = [];
  const ttlOffsets: number[] = [];
  let lifetime = Number.POSITIVE_INFINITY;
  let offset = end;
  for (let index = 0; index < count; index++) {
    const record = readRecordHead(bytes, offset);
    if (record === undefined) return undefined;
    offset = record.end;
    if (record.type === recordTypes.OPT) continue;
    ttlOffsets.push(record.ttlOffset);
    // The time to live of a "no" is the smaller one of the SOA's own and its last field.
    const minimum = record.type === recordTypes.SOA && record.length >= 4 ? view.getUint32(record.end - 4) : Number.POSITIVE_INFINITY;
    lifetime = Math.min(lifetime, record.ttl, answerCount === 0 ? minimum : Number.POSITIVE_INFINITY);
    const known = index < answerCount ? readRecord(bytes, record) : undefined;
    if (known !== undefined) answers.push(known);
  }
  const truncated = (flags & 0x0200) !== 0;
  return {
    id: view.getUint16(0),
    code: flags & 0x000f,
    truncated,
    answers,
    ttlOffsets,
    lifetime: truncated || !Number.isFinite(lifetime) ? 0 : lifetime,
  };
}

interface RecordHead {
  readonly name: DomainName;
  readonly type: number;
  readonly class: number;
  readonly ttl: number;
  readonly ttlOffset: number;
  readonly data: number;
  readonly length: number;
  readonly end: number;
}

function readRecordHead(bytes: Uint8Array, offset: number): RecordHead | undefined {
  const name = readName(bytes, offset, { mayPoint: true });
  if (name === undefined || name.end + 10 > bytes.length) return undefined;
  const view = viewOf(bytes);
  const length = view.getUint16(name.end + 8);
  const data = name.end + 10;
  if (data + length > bytes.length) return undefined;
  return {
    name: name.name,
    type: view.getUint16(name.end),
    class: view.getUint16(name.end + 2),
    ttl: view.getUint32(name.end + 4),
    ttlOffset: name.end + 4,
    data,
    length,
    end: data + length,
  };
}

function readRecord(bytes: Uint8Array, { name, type, ttl, data, length, end }: RecordHead): ResourceRecord | undefined {
  switch (type) {
    case recordTypes.A:
      return length === 4 ? { name, ttl, type: "A", address: ipaddr.fromByteArray([...bytes.subarray(data, end)]).toString() } : undefined;
    case recordTypes.AAAA:
      return length === 16
        ? { name, ttl, type: "AAAA", address: ipaddr.fromByteArray([...bytes.subarray(data, end)]).toString() }
        : undefined;
    case recordTypes.CNAME: {
      const target = readName(bytes, data, { mayPoint: true })?.name;
      return target === undefined ? undefined : { name, ttl, type: "CNAME", target };
    }
    default:
      return undefined;
  }
}

/** A name and where it ends; `undefined` for one that ends nowhere, is too long, or points forward. */
function readName(
  bytes: Uint8Array,
  start: number,
  { mayPoint }: { readonly mayPoint: boolean },
): { readonly name: DomainName; readonly end: number } | undefined {
  const labels: string[] = [];
  let offset = start;
  let end: number | undefined;
  // Pointers may only lead back, each further than the last: a circle is impossible.
  let bound = start;
  let total = 0;
  for (;;) {
    const length = bytes[offset];
    if (length === undefined) return undefined;
    if (length === 0) return { name: labels.join("."), end: end ?? offset + 1 };
    if (length >= 0xc0) {
      const low = bytes[offset + 1];
      if (!mayPoint || low === undefined) return undefined;
      end ??= offset + 2;
      offset = ((length & 0x3f) << 8) | low;
      if (offset >= bound) return undefined;
      bound = offset;
      continue;
    }
    total += length + 1;
    if (length > 63 || total >= longestName || offset + 1 + length > bytes.length) return undefined;
    labels.push(labelText(bytes.subarray(offset + 1, offset + 1 + length)));
    offset += length + 1;
  }
}

/** Bytes that would be read as something else, a dot above all, are written as `\DDD`. */
function labelText(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    const isPlain = byte > 0x20 && byte < 0x7f && byte !== 0x2e && byte !== 0x5c;
    text += isPlain ? String.fromCharCode(byte).toLowerCase() : `\\${String(byte).padStart(3, "0")}`;
  }
  return text;
}

/** Whether two questions are the same but for the case of letters. */
function isSameQuestion(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => lowerCase(byte) === lowerCase(b[index]!));
}

function lowerCase(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
