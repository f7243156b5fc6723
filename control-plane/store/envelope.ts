import type { Cause } from "@kubets/machinery";

/**
 * What back ends that keep bytes keep for one write: a format version, a checksum, the cause, the value.
 *
 * | bytes  | what                                                                                     |
 * |--------|------------------------------------------------------------------------------------------|
 * | 1      | format version, 1                                                                        |
 * | 4      | CRC-32 of everything after it, begun with its place: the right value in a wrong place is wrong too |
 * | 4      | length of the cause                                                                      |
 * | …      | the cause as JSON in UTF-8                                                               |
 * | …      | the value                                                                                |
 */
export const envelopeFormat = 1;
export const checksumOffset = 1;
export const coveredOffset = 5;
const causeOffset = 9;

/** CRC-32 of `data`, going on from `seed`. */
export type Crc32 = (data: Uint8Array, seed: number) => number;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** `place` says where the envelope belongs: a revision, or the checksum of a key; below 2^32. */
export function encodeEnvelope(place: number, { cause, value }: Content, crc32: Crc32): Uint8Array {
  const causeBytes = encoder.encode(JSON.stringify(cause));
  const envelope = new Uint8Array(causeOffset + causeBytes.length + value.length);
  const view = new DataView(envelope.buffer);
  view.setUint8(0, envelopeFormat);
  view.setUint32(coveredOffset, causeBytes.length);
  envelope.set(causeBytes, causeOffset);
  envelope.set(value, causeOffset + causeBytes.length);
  view.setUint32(checksumOffset, checksum(place, envelope, crc32));
  return envelope;
}

/** Writes the checksum into an envelope that is complete but for it. */
export function seal(place: number, envelope: Uint8Array, crc32: Crc32): void {
  new DataView(envelope.buffer, envelope.byteOffset).setUint32(checksumOffset, checksum(place, envelope, crc32));
}

/** Whether this is an envelope of this format, and exactly what was written in its place. */
export function isIntact(place: number, envelope: Uint8Array, crc32: Crc32): boolean {
  if (envelope.length < causeOffset) return false;
  const view = new DataView(envelope.buffer, envelope.byteOffset);
  return (
    view.getUint8(0) === envelopeFormat &&
    causeOffset + view.getUint32(coveredOffset) <= envelope.length &&
    view.getUint32(checksumOffset) === checksum(place, envelope, crc32)
  );
}

export interface Content {
  readonly cause: Cause;
  readonly value: Uint8Array;
}

/** Opens an envelope that is intact. The value is a view of it, not a copy. */
export function openEnvelope(envelope: Uint8Array): Content {
  const causeLength = new DataView(envelope.buffer, envelope.byteOffset).getUint32(coveredOffset);
  const valueOffset = causeOffset + causeLength;
  return { cause: JSON.parse(decoder.decode(envelope.subarray(causeOffset, valueOffset))) as Cause, value: envelope.subarray(valueOffset) };
}

/** The value alone, for whom the cause doesn't matter. */
export function valueOf(envelope: Uint8Array): Uint8Array {
  return envelope.subarray(causeOffset + new DataView(envelope.buffer, envelope.byteOffset).getUint32(coveredOffset));
}

function checksum(place: number, envelope: Uint8Array, crc32: Crc32): number {
  return crc32(envelope.subarray(coveredOffset), place);
}
