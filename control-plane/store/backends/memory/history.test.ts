import { describe, expect, test } from "vitest";
import type { Bench } from "../../testing/harness.ts";
import { alice, bytes, rejection, setUp, text } from "../../testing/harness.ts";
import type { Revision } from "../../store.ts";
import type { MemoryStoreOptions } from "./index.ts";
import { createMemoryStore } from "./index.ts";

const setUpWith = (options: Partial<MemoryStoreOptions>): Promise<Bench> =>
  setUp(async (settings) => createMemoryStore({ ...settings, ...options }));

describe("the history in memory", () => {
  test("holds no more than its bytes, and all of the present", async () => {
    await using bench = await setUpWith({ historyBytes: 100_000 });
    const { store } = bench;
    const kept = await store.create("/kept", bytes("kept"), { cause: alice });
    let expected = await store.create("/a", new Uint8Array(1800), { cause: alice });
    for (let round = 0; round < 500; round++) expected = await store.update("/a", new Uint8Array(1800), { cause: alice, expected });
    const compacted = await store.compactedRevision();
    // 2000 bytes a revision: fifty of them, and not many fewer.
    expect(expected - compacted).toBeLessThanOrEqual(50);
    expect(expected - compacted).toBeGreaterThanOrEqual(44);
    expect((await store.get("/a", { revision: compacted }))?.revision).toBe(compacted);
    expect(await rejection(store.get("/a", { revision: (compacted - 1) as Revision }))).toMatchObject({ reason: "Compacted" });
    expect((await store.get("/kept"))?.revision).toBe(kept);
  });

  test("forgets briefly kept keys early, says so, and doesn't count them", async () => {
    const retention = (key: string): number | undefined => (key.startsWith("/leases/") ? 300_000 : undefined);
    await using bench = await setUpWith({ retention, historyBytes: 10_000 });
    const { store, clock } = bench;
    const firstLease = await store.create("/leases/node", new Uint8Array(1000), { cause: alice });
    const firstPod = await store.create("/pods/a", bytes("0"), { cause: alice });
    let lease = firstLease;
    for (let round = 0; round < 500; round++)
      lease = await store.update("/leases/node", new Uint8Array(1000), { cause: alice, expected: lease });
    await store.update("/pods/a", bytes("1"), { cause: alice, expected: firstPod });
    expect(await store.compactedRevision()).toBe(0);
    expect((await store.get("/leases/node", { revision: firstLease }))?.revision).toBe(firstLease);

    await clock.advance(300_000);
    const compacted = { reason: "Compacted" };
    expect(await rejection(store.get("/leases/node", { revision: firstLease }))).toMatchObject(compacted);
    expect(await rejection(store.list({ prefix: "/", revision: firstLease }))).toMatchObject(compacted);
    expect(await bench.watch("/", firstPod).ended).toMatchObject(compacted);
    expect((await store.get("/leases/node", { revision: lease }))?.revision).toBe(lease);
    expect(text((await store.get("/pods/a", { revision: firstPod }))?.value)).toBe("0");
    const pods = bench.watch("/pods/", firstPod);
    await pods.reached(await store.currentRevision());
    expect(pods.events.map(({ previous }) => text(previous))).toEqual(["0"]);
  });

  test("a store of many keys answers a page and counts the rest", async () => {
    await using bench = await setUpWith({});
    const { store } = bench;
    const value = bytes("1");
    const keys = Array.from({ length: 50_000 }, (_, index) => `/pods/${(index * 7919) % 50_000}`);
    for (const key of keys) await store.create(key, value, { cause: alice });
    const matching = keys.filter((key) => key.startsWith("/pods/2")).sort();
    const next = matching.indexOf("/pods/22") + 1;
    const page = await store.list({ prefix: "/pods/2", after: "/pods/22", limit: 3 });
    expect(page.entries.map(({ key }) => key)).toEqual(matching.slice(next, next + 3));
    expect(page.remaining).toBe(matching.length - next - 3);
  });
});
