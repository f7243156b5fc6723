import type { Instant } from "@kubets/machinery";
import { openEnvelope } from "../../envelope.ts";
import type { Entry, Revision, StoreEvent } from "../../store.ts";
import type { Block } from "./block.ts";
import { BlockReader } from "./block.ts";

/** Whose value is wanted: what was written at a revision, and the key it was written under. */
export interface Wanted {
  readonly key: string;
  readonly revision: Revision;
}

/** Reads the entries of a block, which are those of the first of `wanted`. Their values are views of it. */
export function readEntries(block: Block, wanted: readonly Wanted[]): readonly Entry[] {
  const reader = new BlockReader(block);
  const entries: Entry[] = [];
  while (!reader.done) {
    const { key, revision } = wanted[entries.length]!;
    const created = reader.number() as Revision;
    const { cause, value } = openEnvelope(reader.bytes());
    entries.push({ key, value, revision, created, cause });
  }
  return entries;
}

export interface RecoveredEvent {
  readonly event: StoreEvent;
  readonly expires: Instant | undefined;
}

/** Reads the events of a block, in order. */
export function readEvents(block: Block): readonly RecoveredEvent[] {
  const reader = new BlockReader(block);
  const events: RecoveredEvent[] = [];
  while (!reader.done) {
    const key = reader.text();
    const revision = reader.number() as Revision;
    const created = reader.number() as Revision;
    const { cause, value } = openEnvelope(reader.bytes());
    const hadPrevious = reader.byte() === 1;
    const previous = reader.bytes();
    const expires = reader.number();
    const event: StoreEvent =
      created === 0
        ? { type: "delete", key, revision, cause, previous }
        : { type: "put", entry: { key, value, revision, created, cause }, ...(hadPrevious ? { previous } : {}) };
    events.push({ event, expires: expires === 0 ? undefined : (expires as Instant) });
  }
  return events;
}
