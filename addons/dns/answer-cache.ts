import type { Clock } from "@kubets/machinery";
import { viewOf } from "./wire/read.ts";

/** Answers of other servers, kept for as long as they say and no longer than this server allows. */
export interface AnswerCache {
  /** A copy whose times to live are counted down. */
  get(key: string): Uint8Array | undefined;
  set(key: string, entry: { readonly bytes: Uint8Array; readonly ttlOffsets: readonly number[]; readonly lifetime: number }): void;
}

export interface AnswerCacheOptions {
  readonly clock: Clock;
  /** The oldest goes when there is no room. */
  readonly capacity?: number;
  /** In seconds. */
  readonly longestLifetime?: number;
}

export function createAnswerCache({ clock, capacity = 4_096, longestLifetime = 30 }: AnswerCacheOptions): AnswerCache {
  const entries = new Map<
    string,
    { readonly bytes: Uint8Array; readonly ttlOffsets: readonly number[]; readonly kept: number; readonly ends: number }
  >();
  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      const now = clock.monotonic();
      if (now >= entry.ends) {
        entries.delete(key);
        return undefined;
      }
      const age = Math.floor((now - entry.kept) / 1000);
      const copy = entry.bytes.slice();
      const view = viewOf(copy);
      for (const offset of entry.ttlOffsets) view.setUint32(offset, Math.max(view.getUint32(offset) - age, 0));
      return copy;
    },
    set(key, { bytes, ttlOffsets, lifetime }) {
      if (lifetime <= 0) return;
      entries.delete(key);
      const now = clock.monotonic();
      entries.set(key, { bytes, ttlOffsets, kept: now, ends: now + Math.min(lifetime, longestLifetime) * 1000 });
      const oldest = entries.size > capacity ? entries.keys().next() : undefined;
      if (oldest?.done === false) entries.delete(oldest.value);
    },
  };
}
