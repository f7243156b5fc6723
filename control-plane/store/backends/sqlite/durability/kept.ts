import { expect } from "vitest";
import type { Bench } from "../../../testing/harness.ts";
import { setUp } from "../../../testing/harness.ts";
import type { Revision, Store, StoreEvent } from "../../../store.ts";
import { createSqliteStore } from "../index.ts";
import type { Acknowledgement } from "./run-writer.ts";
import { beforeOf } from "./values.ts";

/** How far a store had come when it was last looked at. */
export interface Progress {
  readonly current: number;
  readonly compacted: number;
}

export const nothingYet: Progress = { current: 0, compacted: 0 };

/**
 * Opens the store whose writer died and holds it against what the writer acknowledged: every acknowledged write is there, every value is
 * whole, and the revision never went back. Answers how far the store has come.
 */
export async function expectKept(
  path: string,
  { acknowledged, since, round }: { readonly acknowledged: readonly Acknowledgement[]; readonly since: Progress; readonly round: number },
): Promise<Progress> {
  await using bench = await setUp((settings) => createSqliteStore({ ...settings, path }));
  const { store } = bench;
  const current = await store.currentRevision();
  const newest = Math.max(since.current, ...acknowledged.map(({ revision }) => revision));
  expect(current, `round ${round}: the revision went back`).toBeGreaterThanOrEqual(newest);
  const compacted = await store.compactedRevision();
  expect(compacted).toBeGreaterThanOrEqual(since.compacted);
  const from = Math.max(since.current, compacted);
  const events = await wholeEvents(bench, { from, to: current });
  await expectAcknowledged(store, { heard: acknowledged, events, from });
  return { current, compacted };
}

/** What was written: each revision is there once, and every value is whole. */
async function wholeEvents(
  { store, watch }: Bench,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<readonly StoreEvent[]> {
  const watching = watch("/", from as Revision);
  await watching.reached(to as Revision);
  const revisions = watching.events.map((event) => (event.type === "put" ? event.entry.revision : event.revision));
  expect(revisions).toEqual(Array.from({ length: to - from }, (_, index) => from + 1 + index));
  const { entries } = await store.list({ prefix: "/" });
  for (const { key, value } of [...entries, ...watching.events.flatMap((event) => (event.type === "put" ? [event.entry] : []))]) {
    expect(beforeOf(key, value), key).toBeDefined();
  }
  return watching.events;
}

interface Heard {
  readonly heard: readonly Acknowledgement[];
  /** All events after `from`. */
  readonly events: readonly StoreEvent[];
  readonly from: number;
}

/** Every acknowledged write is in the history, and the last one of a key has only been followed by others. */
async function expectAcknowledged(store: Store, { heard, events, from }: Heard): Promise<void> {
  const newest = new Map<string, Acknowledgement>();
  for (const acknowledgement of heard) {
    const { what, revision, key } = acknowledgement;
    if (what === "opened") continue;
    if (revision > (newest.get(key)?.revision ?? 0)) newest.set(key, acknowledgement);
    if (revision <= from) continue;
    const event = events[revision - from - 1]!;
    expect([event.type, event.type === "put" ? event.entry.key : event.key]).toEqual([what, key]);
  }
  for (const { what, revision, key } of newest.values()) {
    const then = revision > from ? await store.get(key, { revision: revision as Revision }) : undefined;
    if (revision > from) expect(then?.revision, `${key} was written at ${revision}`).toBe(what === "delete" ? undefined : revision);
    const entry = await store.get(key);
    if (entry !== undefined) expect(entry.revision).toBeGreaterThanOrEqual(revision);
    // It may have been deleted by a write that was not acknowledged any more; then that has a revision of its own.
    else if (what === "put") expect(await store.currentRevision()).toBeGreaterThan(revision);
  }
}
