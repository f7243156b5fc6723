import { crc32 } from "node:zlib";
import type { Cause } from "@kubets/machinery";
import type { Content } from "../../envelope.ts";
import { encodeEnvelope, isIntact, openEnvelope } from "../../envelope.ts";
import { endOfPrefix } from "../../keys.ts";
import type { Entry, Revision, StoreEvent } from "../../store.ts";
import { StoreError } from "../../store.ts";
import type { Event, KeyValue } from "./messages.ts";

/** What etcd deletes by itself, when the process that should have done so is gone, has no other cause. */
export const leaseCause: Cause = { user: "etcd", timer: "time-to-live" };

/**
 * Where the keys of a store lie in etcd.
 *
 * | key                | value                                                                       |
 * |--------------------|-----------------------------------------------------------------------------|
 * | `PREFIX/keys` + key | the envelope of the value                                                  |
 * | `PREFIX/mark`       | the envelope of nothing, with the cause of the deletion of the same revision |
 *
 * A deletion has no value that could carry its cause, so the mark is written in the same transaction. It is also written to have
 * an event at a known revision.
 */
export class Keyspace {
  readonly mark: Uint8Array;
  /** All of the store: its keys and the mark. */
  readonly all: KeyRange;
  readonly #keys: string;

  constructor(prefix: string) {
    this.#keys = `${prefix}/keys`;
    this.mark = encoder.encode(`${prefix}/mark`);
    this.all = rangeOf(encoder.encode(`${prefix}/`));
  }

  keyOf(key: string): Uint8Array {
    return encoder.encode(this.#keys + key);
  }

  /** The keys that begin with `prefix`, or those of them that come after a key. */
  range(prefix: string, after: string | undefined): KeyRange {
    const range = rangeOf(this.keyOf(prefix));
    if (after === undefined) return range;
    const next = this.keyOf(`${after}\0`);
    return Buffer.compare(next, range.key) > 0 ? { ...range, key: next } : range;
  }

  seal(key: Uint8Array, content: Content): Uint8Array {
    return encodeEnvelope(crc32(key), content, crc32);
  }

  entryOf({ key, value, modRevision, createRevision }: KeyValue): Entry {
    return { key: this.#nameOf(key), ...open(key, value), revision: revisionOf(modRevision), created: revisionOf(createRevision) };
  }

  /** The events of the store among those of etcd, which must be whole revisions. */
  eventsOf(events: readonly Event[]): readonly StoreEvent[] {
    const found: StoreEvent[] = [];
    let mark: { readonly revision: bigint; readonly cause: Cause } | undefined;
    for (const { type, kv, prevKv } of events) {
      if (kv === undefined) continue;
      if (Buffer.compare(kv.key, this.mark) === 0) {
        if (type === put) mark = { revision: kv.modRevision, cause: open(kv.key, kv.value).cause };
        continue;
      }
      const previous = prevKv === undefined ? undefined : open(prevKv.key, prevKv.value).value;
      if (type === put) {
        const isNew = kv.createRevision === kv.modRevision;
        found.push({ type: "put", entry: this.entryOf(kv), ...(isNew ? {} : { previous: previous ?? nothing }) });
      } else {
        const cause = mark?.revision === kv.modRevision ? mark.cause : leaseCause;
        const key = this.#nameOf(kv.key);
        found.push({ type: "delete", key, revision: revisionOf(kv.modRevision), cause, previous: previous ?? nothing });
      }
    }
    return found;
  }

  #nameOf(key: Uint8Array): string {
    return decoder.decode(key).slice(this.#keys.length);
  }
}

/** From one key to before another. */
export interface KeyRange {
  readonly key: Uint8Array;
  readonly rangeEnd: Uint8Array;
}

export function revisionOf(revision: bigint | undefined): Revision {
  return Number(revision ?? 0n) as Revision;
}

const put = 0;
const nothing = new Uint8Array(0);
const encoder = new TextEncoder();
const decoder = new TextDecoder();

function open(key: Uint8Array, envelope: Uint8Array): Content {
  if (isIntact(crc32(key), envelope, crc32)) return openEnvelope(envelope);
  throw new StoreError(
    "Corrupt",
    `Cannot read "${decoder.decode(key)}" from etcd: it isn't what was written, or was written by another program`,
  );
}

function rangeOf(prefix: Uint8Array): KeyRange {
  return { key: prefix, rangeEnd: endOfPrefix(prefix) };
}
