import { join } from "node:path";
import { expect, test } from "vitest";
import type { Revision, Store, StoreEvent } from "../../../store.ts";
import { seededRandom } from "@kubets/machinery";
import type { Bench } from "../../../testing/harness.ts";
import { setUp } from "../../../testing/harness.ts";
import { createSqliteStore } from "../index.ts";
import type { Acknowledgement } from "./run-writer.ts";
import { runWriter } from "./run-writer.ts";
import { beforeOf } from "./values.ts";
import { temporaryFiles } from "../testing/temporary-files.ts";

const kills = Number(process.env["KUBETS_KILLS"] ?? 20);
const seed = Number(process.env["KUBETS_SEED"] ?? 1);
const { directory } = temporaryFiles();

test(`kill -9 at ${kills} points loses nothing that was acknowledged (seed ${seed})`, { timeout: 30_000 + kills * 10_000 }, async () => {
  await killManyTimes({ kills });
});

test("kill -9 while old revisions are being deleted loses nothing either", { timeout: 120_000 }, async () => {
  const compacted = await killManyTimes({ kills: Math.ceil(kills / 4), historyBytes: 100_000 });
  expect(compacted).toBeGreaterThan(0);
});

/** Runs a writer and kills it, again and again on one file, which is read each time. Answers the oldest revision kept in the end. */
async function killManyTimes({
  kills,
  historyBytes = 2 ** 30,
}: {
  readonly kills: number;
  readonly historyBytes?: number;
}): Promise<number> {
  const random = seededRandom(seed);
  const path = join(directory, `${historyBytes}.db`);
  let last = 0;
  let acknowledged = 0;
  let oldest = 0;
  for (let round = 0; round < kills; round++) {
    // Early kills come in the middle of opening and of the first batches, late ones among checkpoints.
    const after = Math.floor(random.fraction() ** 2 * 1000);
    const heard = await runWriter({ path, seed: seed + round, inFlight: 16, writes: 1e9, historyBytes }, (count, child) => {
      if (count > after) child.kill("SIGKILL");
    });
    await using bench = await setUp((settings) => createSqliteStore({ ...settings, path }));
    const { store } = bench;
    const current = await store.currentRevision();
    expect(current, `round ${round}: the revision went back`).toBeGreaterThanOrEqual(
      Math.max(last, ...heard.map(({ revision }) => revision)),
    );
    const compacted = await store.compactedRevision();
    expect(compacted).toBeGreaterThanOrEqual(oldest);
    const from = Math.max(last, compacted);
    const events = await wholeEvents(bench, { from, to: current });
    await expectAcknowledged(store, { heard, events, from });
    [last, oldest] = [current, compacted];
    acknowledged += heard.length;
  }
  expect(acknowledged).toBeGreaterThan(kills);
  return oldest;
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
