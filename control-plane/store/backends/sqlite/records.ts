import { envelopeFormat } from "../../envelope.ts";
import type { BlockReader, BlockWriter } from "./block.ts";

/** One write of a batch on its way to the disk. */
export interface WriteRecord {
  readonly key: string;
  /** The revision that created the key; 0 for a deletion. */
  readonly created: number;
  /** The revision of the key before; 0 when it is created. */
  readonly previous: number;
  /** When the key expires; 0 for never. */
  readonly expires: number;
  /** What the revision counts for in the history once it is superseded; 0 when it never counts. */
  readonly size: number;
  /** The value before is to come back with the answer. */
  readonly wantsPrevious: boolean;
  /** As JSON. */
  readonly cause: string;
  readonly value: Uint8Array;
}

/** A write as it arrives in the thread: keys and envelopes as bytes, the envelope without its checksum. */
export interface PackedRecord extends Omit<WriteRecord, "key" | "cause" | "value"> {
  readonly key: Uint8Array;
  readonly envelope: Uint8Array;
}

export function packRecord(block: BlockWriter, record: WriteRecord): void {
  block.text(record.key);
  block.number(record.created);
  block.number(record.previous);
  block.number(record.expires);
  block.number(record.size);
  block.byte(record.wantsPrevious ? 1 : 0);
  block.measured(() => {
    block.byte(envelopeFormat);
    block.raw(noChecksum);
    block.text(record.cause);
    block.raw(record.value);
  });
}

export function readRecord(block: BlockReader): PackedRecord {
  return {
    key: block.bytes(),
    created: block.number(),
    previous: block.number(),
    expires: block.number(),
    size: block.number(),
    wantsPrevious: block.byte() === 1,
    envelope: block.bytes(),
  };
}

const noChecksum = new Uint8Array(4);
