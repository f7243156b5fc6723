import { describe, expect, test } from "vitest";
import type { Revision } from "../store.ts";
import { isStoreError } from "../store.ts";
import type { Bench, OpenStore } from "./harness.ts";
import { alice, bytes, rejection, setUp, text } from "./harness.ts";

export function describeCompaction(open: OpenStore): void {
  describe("compaction", () => {
    test("what was superseded is forgotten, what is there stays", async () => {
      await using bench = await setUp(open);
      const { revisions, store } = await withHistory(bench);
      await store.compact(revisions[2]!);
      expect(await store.compactedRevision()).toBe(revisions[2]);
      expect(text((await store.get("/a"))?.value)).toBe("5");
      expect(text((await store.get("/b"))?.value)).toBe("1");
      expect(await store.currentRevision()).toBe(revisions.at(-1));
    });

    test("reads at the compacted revision and later are answered, older ones are Compacted", async () => {
      await using bench = await setUp(open);
      const { revisions, store } = await withHistory(bench);
      await store.compact(revisions[3]!);
      for (const revision of revisions.slice(0, 3)) {
        expect(await rejection(store.get("/a", { revision }))).toMatchObject({ reason: "Compacted" });
        expect(await rejection(store.list({ prefix: "/", revision }))).toMatchObject({ reason: "Compacted" });
      }
      const values = async (revision: Revision): Promise<unknown> =>
        (await store.list({ prefix: "/", revision })).entries.map(({ key, value }) => [key, text(value)]);
      expect(await values(revisions[3]!)).toEqual([
        ["/a", "3"],
        ["/b", "1"],
      ]);
      expect(text((await store.get("/a", { revision: revisions[4]! }))?.value)).toBe("4");
    });

    test("a watch goes on from the compacted revision, and from no older one", async () => {
      await using bench = await setUp(open);
      const { revisions, store } = await withHistory(bench);
      await store.compact(revisions[3]!);
      const tooOld = await bench.watch("/", revisions[2]!).ended;
      expect(isStoreError(tooOld, "Compacted")).toBe(true);
      const watching = bench.watch("/", revisions[3]!);
      await watching.reached(revisions.at(-1)!);
      expect(watching.events.map((event) => text(event.previous))).toEqual(["3", "4"]);
    });

    test("a deleted key is gone from history with its deletion", async () => {
      await using bench = await setUp(open);
      const { store } = bench;
      const created = await store.create("/a", bytes("1"), { cause: alice });
      const deleted = await store.delete("/a", { cause: alice, expected: created });
      await store.create("/b", bytes("1"), { cause: alice });
      await store.compact(deleted);
      expect(await store.get("/a", { revision: deleted })).toBeUndefined();
      const again = await store.create("/a", bytes("2"), { cause: alice });
      expect((await store.get("/a"))?.created).toBe(again);
    });

    test("what was compacted already can't be compacted again, nor what is still to come", async () => {
      await using bench = await setUp(open);
      const { revisions, store } = await withHistory(bench);
      await store.compact(revisions[2]!);
      expect(await rejection(store.compact(revisions[2]!))).toMatchObject({ reason: "Compacted" });
      expect(await rejection(store.compact(revisions[1]!))).toMatchObject({ reason: "Compacted" });
      expect(await rejection(store.compact((revisions.at(-1)! + 1) as Revision))).toMatchObject({ reason: "Unavailable" });
    });

    test("a watcher that keeps up doesn't notice a compaction", async () => {
      await using bench = await setUp(open);
      const { store, start } = bench;
      const watching = bench.watch("/", start);
      let revision = await store.create("/a", bytes("0"), { cause: alice });
      for (let round = 1; round <= 10; round++) {
        revision = await store.update("/a", bytes(`${round}`), { cause: alice, expected: revision });
        await watching.reached(revision);
        await store.compact(revision);
      }
      expect(watching.events.map((event) => text(event.previous))).toEqual([undefined, "0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    });
  });
}

/** `/a` written five times as "1" to "5", and `/b` once in between. */
async function withHistory(bench: Bench): Promise<{ readonly revisions: readonly Revision[]; readonly store: Bench["store"] }> {
  const { store } = bench;
  const revisions = [await store.create("/a", bytes("1"), { cause: alice })];
  revisions.push(await store.create("/b", bytes("1"), { cause: alice }));
  let expected = revisions[0]!;
  for (const value of ["2", "3", "4", "5"]) {
    expected = await store.update("/a", bytes(value), { cause: alice, expected });
    revisions.push(expected);
  }
  return { revisions, store };
}
