import { describe, expect, test } from "vitest";
import type { Bench, Watching } from "../../testing/harness.ts";
import { alice, bytes, rejection, setUp, text } from "../../testing/harness.ts";
import type { Revision, Store } from "../../store.ts";
import type { SqliteStoreOptions } from "./index.ts";
import type { Disk, RequestName } from "./disk.ts";
import { createSqliteStore } from "./index.ts";
import { openSqliteStore } from "./sqlite-store.ts";
import { WorkerDisk } from "./worker-disk.ts";
import { temporaryFiles } from "./testing/temporary-files.ts";

const { newPath } = temporaryFiles();

const hour = 3_600_000;
const setUpAt = (path: string, options: Partial<SqliteStoreOptions> = {}): Promise<Bench> =>
  setUp((settings) => createSqliteStore({ ...settings, path, ...options }));

describe("the history on SQLite", () => {
  test("goes back 24 hours", async () => {
    await using bench = await setUpAt(newPath());
    const { store, clock } = bench;
    const first = await store.create("/a", bytes("1"), { cause: alice });
    const second = await store.update("/a", bytes("2"), { cause: alice, expected: first });
    await clock.advance(20 * hour);
    const third = await store.update("/a", bytes("3"), { cause: alice, expected: second });
    expect(text((await store.get("/a", { revision: first }))?.value)).toBe("1");
    await clock.advance(5 * hour);
    // The second was written 25 hours ago, so what it superseded is gone; it was itself superseded 5 hours ago.
    expect(await rejection(store.get("/a", { revision: first }))).toMatchObject({ reason: "Compacted", revision: second });
    expect(text((await store.get("/a", { revision: second }))?.value)).toBe("2");
    expect(text((await store.get("/a", { revision: third }))?.value)).toBe("3");
  });

  test("holds no more than its bytes, and all of the present", async () => {
    await using bench = await setUpAt(newPath(), { historyBytes: 200_000 });
    const { store, tasks } = bench;
    let expected = await store.create("/a", new Uint8Array(2000), { cause: alice });
    const kept = await store.create("/kept", bytes("kept"), { cause: alice });
    for (let round = 0; round < 1000; round++) expected = await store.update("/a", new Uint8Array(2000), { cause: alice, expected });
    await tasks.settle();
    const compacted = await store.compactedRevision();
    // 2200 bytes a revision; the newest 256 revisions stay in any case.
    expect(compacted).toBeGreaterThan(400);
    expect(compacted).toBeLessThanOrEqual(expected - 256);
    expect((await store.get("/kept"))?.revision).toBe(kept);
    expect((await store.get("/a", { revision: compacted }))?.value.length).toBe(2000);
  });

  test("forgets briefly kept keys early, and says so", async () => {
    const path = newPath();
    const retention = (key: string): number | undefined => (key.startsWith("/leases/") ? 300_000 : undefined);
    let firstLease: Revision;
    let firstPod: Revision;
    {
      await using bench = await setUpAt(path, { retention });
      const { store, clock, tasks } = bench;
      firstLease = await store.create("/leases/node", bytes("0"), { cause: alice });
      firstPod = await store.create("/pods/a", bytes("0"), { cause: alice });
      let lease = firstLease;
      for (let round = 1; round <= 200; round++)
        lease = await store.update("/leases/node", bytes(`${round}`), { cause: alice, expected: lease });
      await store.update("/pods/a", bytes("1"), { cause: alice, expected: firstPod });
      expect(text((await store.get("/leases/node", { revision: firstLease }))?.value)).toBe("0");
      await clock.advance(300_000);
      lease = await store.update("/leases/node", bytes("again"), { cause: alice, expected: lease });
      await tasks.settle();
      await expectForgotten(bench, { firstLease, firstPod });
      expect(text((await store.get("/leases/node", { revision: lease }))?.value)).toBe("again");
    }
    // After a restart the file itself tells what was forgotten.
    await using bench = await setUpAt(path, { retention });
    await expectForgotten(bench, { firstLease, firstPod });
  });

  test("is deleted in steps, between which batches are written", async () => {
    const calls: RequestName[] = [];
    await using bench = await setUp((settings) => {
      const disk = new WorkerDisk(settings.tasks);
      const observed: Disk = {
        call: (name, request, transfer) => (calls.push(name), disk.call(name, request, transfer)),
        stop: () => disk.stop(),
        get isOpen() {
          return disk.isOpen;
        },
      };
      return openSqliteStore({ ...settings, path: newPath() }, observed);
    });
    const { store, tasks } = bench;
    const keys = Array.from({ length: 1000 }, (_, index) => `/${index}`);
    await Promise.all(keys.map((key) => store.create(key, bytes(key), { cause: alice })));
    for (let round = 0; round < 4; round++) await Promise.all(keys.map((key) => update(store, key, bytes(`${round}`))));
    await store.compact(await store.currentRevision());
    calls.length = 0;
    await store.create("/between", bytes("1"), { cause: alice });
    const waited = calls.indexOf("commit");
    await tasks.settle();
    expect(calls.filter((name) => name === "sweep").length).toBeGreaterThan(5);
    expect(calls.slice(0, waited).length).toBeLessThanOrEqual(2);
  });

  test("stays in the file while somebody reads it", async () => {
    await using bench = await setUpAt(newPath());
    const { store } = bench;
    const large = new Uint8Array(40 * 1024);
    const keys = Array.from({ length: 20 }, (_, index) => `/a/${String(index).padStart(2, "0")}`);
    await Promise.all(keys.map((key) => store.create(key, large, { cause: alice })));
    const old = await store.currentRevision();
    await Promise.all(keys.map(async (key) => update(store, key, bytes("new"))));
    // The list needs many requests, among which the compaction comes.
    const reading = store.list({ prefix: "/a/", revision: old });
    await store.compact(await store.currentRevision());
    const { entries } = await reading;
    expect(entries.map(({ value }) => value.length)).toEqual(keys.map(() => large.length));
    await bench.tasks.settle();
    expect(await rejection(store.list({ prefix: "/a/", revision: old }))).toMatchObject({ reason: "Compacted" });
  });

  test("of more events than memory holds is watched from the file, without a gap", async () => {
    await using bench = await setUpAt(newPath(), { watchWindowBytes: 10_000 });
    const { store, start } = bench;
    const keys = Array.from({ length: 100 }, (_, index) => `/a/${index}`);
    await Promise.all(keys.map((key) => store.create(key, new Uint8Array(1000), { cause: alice })));
    await Promise.all(keys.map((key) => update(store, key, new Uint8Array(2000))));
    const last = await store.currentRevision();
    const watches: readonly Watching[] = [bench.watch("/", start), bench.watch("/a/1", start)];
    for (const watching of watches) await watching.reached(last);
    const revisions = watches[0]!.events.map((event) => (event.type === "put" ? event.entry.revision : 0));
    expect(revisions).toEqual(Array.from({ length: 200 }, (_, index) => start + 1 + index));
    expect(watches[0]!.events.map(({ previous }) => previous?.length)).toEqual([...keys.map(() => undefined), ...keys.map(() => 1000)]);
    expect(watches[1]!.events).toHaveLength(22);
  });
});

async function expectForgotten(
  { store, watch }: Bench,
  { firstLease, firstPod }: { readonly firstLease: Revision; readonly firstPod: Revision },
): Promise<void> {
  const compacted = { reason: "Compacted" };
  expect(await rejection(store.get("/leases/node", { revision: firstLease }))).toMatchObject(compacted);
  expect(await rejection(store.list({ prefix: "/", revision: firstLease }))).toMatchObject(compacted);
  expect(text((await store.get("/pods/a", { revision: firstPod }))?.value)).toBe("0");
  expect((await store.list({ prefix: "/pods/", revision: firstPod })).entries.map(({ value }) => text(value))).toEqual(["0"]);
  const pods = watch("/pods/", firstPod);
  await pods.reached(await store.currentRevision());
  expect(pods.events.map(({ previous }) => text(previous))).toEqual(["0"]);
}

async function update(store: Store, key: string, value: Uint8Array): Promise<Revision> {
  const { revision } = (await store.get(key))!;
  return store.update(key, value, { cause: alice, expected: revision });
}
