import { describe, expect, test } from "vitest";
import type { Revision } from "../store.ts";
import { isStoreError } from "../store.ts";
import type { OpenStore } from "./harness.ts";
import { alice, bytes, setUp, shownEvent } from "./harness.ts";

export function describeWatches(open: OpenStore): void {
  describe("watches", () => {
    test("a watcher sees each write with what was there before and why it was made", async () => {
      await using bench = await setUp(open);
      const { store, start } = bench;
      const watching = bench.watch("/pods/", start);
      const created = await store.create("/pods/a", bytes("1"), { cause: alice });
      const updated = await store.update("/pods/a", bytes("2"), { cause: { user: "bob", actor: "scheduler" }, expected: created });
      const deleted = await store.delete("/pods/a", { cause: { user: "carol", timer: "grace" }, expected: updated });
      await watching.reached(deleted);
      const key = "/pods/a";
      expect(watching.events.map(shownEvent)).toEqual([
        { type: "put", key, value: "1", revision: created, created, cause: alice, previous: undefined },
        { type: "put", key, value: "2", revision: updated, created, cause: { user: "bob", actor: "scheduler" }, previous: "1" },
        { type: "delete", key, revision: deleted, cause: { user: "carol", timer: "grace" }, previous: "2" },
      ]);
    });

    test("what was written before the watch began comes first", async () => {
      await using bench = await setUp(open);
      const { store, start } = bench;
      const first = await store.create("/a", bytes("1"), { cause: alice });
      const second = await store.update("/a", bytes("2"), { cause: alice, expected: first });
      const third = await store.create("/b", bytes("1"), { cause: alice });
      const fromStart = bench.watch("/", start);
      const fromFirst = bench.watch("/", first);
      const fromNow = bench.watch("/", third);
      const fourth = await store.delete("/a", { cause: alice, expected: second });
      for (const watching of [fromStart, fromFirst, fromNow]) await watching.reached(fourth);
      expect(fromStart.events.map(revisionOf)).toEqual([first, second, third, fourth]);
      expect(fromFirst.events.map(revisionOf)).toEqual([second, third, fourth]);
      expect(fromFirst.events.map(shownEvent)[0]).toMatchObject({ previous: "1" });
      expect(fromNow.events.map(revisionOf)).toEqual([fourth]);
    });

    test("a key that is created again has nothing before it", async () => {
      await using bench = await setUp(open);
      const watching = bench.watch("", bench.start);
      const created = await bench.store.create("/a", bytes("1"), { cause: alice });
      await bench.store.delete("/a", { cause: alice, expected: created });
      const again = await bench.store.create("/a", bytes("2"), { cause: alice });
      await watching.reached(again);
      expect(watching.events.map(shownEvent)[2]).toMatchObject({ created: again, previous: undefined });
    });

    test("a watcher of another prefix hears only of progress", async () => {
      await using bench = await setUp(open);
      const watching = bench.watch("/nodes/", bench.start);
      const revision = await bench.store.create("/pods/a", bytes("1"), { cause: alice });
      await watching.reached(revision);
      expect(watching.events).toEqual([]);
      expect(watching.batches.at(-1)!.revision).toBeGreaterThanOrEqual(revision);
    });

    test("a watch after a revision that is still to come begins there", async () => {
      await using bench = await setUp(open);
      const { store, start } = bench;
      const watching = bench.watch("/", (start + 2) as Revision);
      const revisions: Revision[] = [];
      for (const key of ["/a", "/b", "/c", "/d"]) revisions.push(await store.create(key, bytes("1"), { cause: alice }));
      await watching.reached(revisions[3]!);
      expect(watching.events.map(revisionOf)).toEqual(revisions.slice(2));
    });

    test("under many concurrent writers every watcher sees every revision once, in order", async () => {
      await using bench = await setUp(open);
      const { store, start } = bench;
      const all = bench.watch("/", start);
      const even = bench.watch("/even/", start);
      const write = async (writer: number): Promise<void> => {
        const key = `/${writer % 2 === 0 ? "even" : "odd"}/${writer}`;
        let revision = await store.create(key, bytes("0"), { cause: alice });
        for (let round = 1; round <= 9; round++)
          revision = await store.update(key, bytes(`${round}`), { cause: alice, expected: revision });
      };
      await Promise.all(Array.from({ length: 20 }, (_, writer) => write(writer)));
      const last = await store.currentRevision();
      const late = bench.watch("/", start);
      for (const watching of [all, even, late]) await watching.reached(last);
      expect(all.events.map(revisionOf)).toEqual(Array.from({ length: 200 }, (_, index) => start + index + 1));
      expect(late.events).toEqual(all.events);
      expect(even.events).toEqual(all.events.filter((event) => keyOf(event).startsWith("/even/")));
      for (const { batches } of [all, even, late]) {
        const revisions = batches.map(({ revision }) => revision);
        expect(revisions).toEqual(revisions.toSorted((a, b) => a - b));
        expect(new Set(revisions).size).toBe(revisions.length);
        for (const batch of batches) for (const event of batch.events) expect(revisionOf(event)).toBeLessThanOrEqual(batch.revision);
      }
    });

    test("a watch that is aborted ends without an error", async () => {
      await using bench = await setUp(open);
      const waiting = bench.watch("/", bench.start);
      const revision = await bench.store.create("/a", bytes("1"), { cause: alice });
      await waiting.reached(revision);
      waiting.stop();
      expect(await waiting.ended).toBeUndefined();
      const early = bench.watch("/", bench.start);
      early.stop();
      expect(await early.ended).toBeUndefined();
    });

    test("nothing counts as unfinished once every watcher has what was written", async () => {
      await using bench = await setUp(open);
      const watching = bench.watch("/", bench.start);
      const revision = await bench.store.create("/a", bytes("1"), { cause: alice });
      await watching.reached(revision);
      await bench.tasks.settle();
      expect(bench.tasks.pending()).toEqual([]);
    });

    test("a watcher that falls too far behind is told so, and goes on from where it was", async () => {
      await using bench = await setUp(open, { watchWindowBytes: 64 * 1024 });
      const { store, start } = bench;
      const abort = new AbortController();
      const iterator = store.watch({ prefix: "/", after: start, signal: abort.signal })[Symbol.asyncIterator]();
      const seen = iterator.next();
      const first = await store.create("/first", bytes("1"), { cause: alice });
      let delivered = (await seen).value!.revision;
      while (delivered < first) delivered = (await iterator.next()).value!.revision;

      // Another watcher of the same store that keeps up shows when the slow one could have read everything.
      const keepsUp = bench.watch("/", first);
      const large = new Uint8Array(8 * 1024);
      for (let index = 0; index < 20; index++) await keepsUp.reached(await store.create(`/large/${index}`, large, { cause: alice }));
      const error: unknown = await iterator.next().catch((reason: unknown) => reason);
      expect(isStoreError(error, "Slow") && error.revision).toBe(delivered);
      expect(await iterator.next()).toEqual({ done: true, value: undefined });
      expect(bench.tasks.pending()).toEqual([]);

      const again = bench.watch("/", delivered);
      await again.reached(await store.currentRevision());
      expect(again.events.map(revisionOf)).toEqual(Array.from({ length: 20 }, (_, index) => first + 1 + index));
      abort.abort();
    });
  });
}

type Event = Parameters<typeof shownEvent>[0];

function revisionOf(event: Event): number {
  return event.type === "put" ? event.entry.revision : event.revision;
}

function keyOf(event: Event): string {
  return event.type === "put" ? event.entry.key : event.key;
}
