import { describe, expect, test } from "vitest";
import type { Revision, Store } from "../store.ts";
import type { OpenStore } from "./harness.ts";
import { alice, bytes, rejection, setUp, shown, text } from "./harness.ts";

export function describeReads(open: OpenStore): void {
  describe("reads", () => {
    test("a key that was never written isn't there", async () => {
      await using bench = await setUp(open);
      expect(await bench.store.get("/a")).toBeUndefined();
      expect(await bench.store.list({ prefix: "/" })).toEqual({ entries: [], revision: bench.start, remaining: 0 });
    });

    test("a list has the keys of its prefix in order, and no others", async () => {
      await using bench = await setUp(open);
      await createAll(bench.store, ["/pods/b", "/pods/a", "/nodes/a", "/pod", "/podszzz", "/pods/a/c", "/pods/"]);
      expect(await keysOf(bench.store, "/pods/")).toEqual(["/pods/", "/pods/a", "/pods/a/c", "/pods/b"]);
      expect(await keysOf(bench.store, "/pods/a")).toEqual(["/pods/a", "/pods/a/c"]);
      expect(await keysOf(bench.store, "")).toHaveLength(7);
      expect(await keysOf(bench.store, "/services/")).toEqual([]);
    });

    test("entries of a list are complete", async () => {
      await using bench = await setUp(open);
      const created = await bench.store.create("/a", bytes("1"), { cause: alice });
      const revision = await bench.store.update("/a", bytes("2"), { cause: { user: "bob", trace: "0af7" }, expected: created });
      const list = await bench.store.list({ prefix: "/" });
      expect(list.entries.map(shown)).toEqual([{ key: "/a", value: "2", revision, created, cause: { user: "bob", trace: "0af7" } }]);
      expect(list.revision).toBe(revision);
    });

    test("keys are in the order of their UTF-8 bytes", async () => {
      await using bench = await setUp(open);
      // U+1F600 has surrogates in UTF-16, so its units sort before U+FF5E, its bytes after.
      const keys = ["/k/a", "/k/\u{1f600}", "/k/\uff5e", "/k/é", "/k/z", "/k/\u{1f600}/b", "/k/日本"];
      await createAll(bench.store, keys);
      const inOrder = ["/k/a", "/k/z", "/k/é", "/k/日本", "/k/\uff5e", "/k/\u{1f600}", "/k/\u{1f600}/b"];
      expect(await keysOf(bench.store, "/k/")).toEqual(inOrder);
      expect(await keysOf(bench.store, "/k/\u{1f600}")).toEqual(inOrder.slice(5));
      expect((await bench.store.list({ prefix: "/k/", after: "/k/\uff5e" })).entries.map(({ key }) => key)).toEqual(inOrder.slice(5));
      expect((await bench.store.list({ prefix: "/k/", limit: 2 })).remaining).toBe(5);
    });

    test("pages of a list at one revision make up that list, however much is written between them", async () => {
      await using bench = await setUp(open);
      const { store } = bench;
      const names = Array.from({ length: 25 }, (_, index) => `/pods/${String(index).padStart(2, "0")}`);
      await createAll(store, names);
      const first = await store.list({ prefix: "/pods/", limit: 10 });
      expect([first.entries.length, first.remaining]).toEqual([10, 15]);

      const victim = (await store.get("/pods/15"))!;
      await store.delete("/pods/15", { cause: alice, expected: victim.revision });
      const changed = (await store.get("/pods/16"))!;
      await store.update("/pods/16", bytes("changed"), { cause: alice, expected: changed.revision });
      await store.create("/pods/155", bytes("new"), { cause: alice });

      const { revision } = first;
      const second = await store.list({ prefix: "/pods/", limit: 10, after: first.entries.at(-1)!.key, revision });
      const third = await store.list({ prefix: "/pods/", limit: 10, after: second.entries.at(-1)!.key, revision });
      expect([second.remaining, third.remaining, second.revision, third.revision]).toEqual([5, 0, revision, revision]);
      const all = [first, second, third].flatMap(({ entries }) => entries);
      expect(all.map(({ key }) => key)).toEqual(names);
      expect(all.map(({ value }) => text(value))).toEqual(names);
    });

    test("a page after a key that isn't there begins with the next one", async () => {
      await using bench = await setUp(open);
      await createAll(bench.store, ["/a/1", "/a/3", "/a/5", "/b/1"]);
      const page = async (after: string): Promise<unknown> => {
        const { entries, remaining } = await bench.store.list({ prefix: "/a/", after, limit: 1 });
        return [entries.map(({ key }) => key), remaining];
      };
      expect(await page("/a/2")).toEqual([["/a/3"], 1]);
      expect(await page("/a/3")).toEqual([["/a/5"], 0]);
      expect(await page("/a/5")).toEqual([[], 0]);
      expect(await page("/0")).toEqual([["/a/1"], 2]);
      expect(await page("/b/1")).toEqual([[], 0]);
    });

    test("what was there at an old revision can be read", async () => {
      await using bench = await setUp(open);
      const { store, start } = bench;
      const first = await store.create("/a", bytes("1"), { cause: alice });
      const second = await store.update("/a", bytes("2"), { cause: { user: "bob" }, expected: first });
      const third = await store.delete("/a", { cause: alice, expected: second });
      const fourth = await store.create("/a", bytes("4"), { cause: alice });
      const read = async (revision: Revision): Promise<unknown> => {
        const entry = await store.get("/a", { revision });
        const list = await store.list({ prefix: "/", revision });
        expect(list.revision).toBe(revision);
        expect(list.entries.map(shown)).toEqual(entry === undefined ? [] : [shown(entry)]);
        return entry === undefined ? undefined : [text(entry.value), entry.created, entry.cause.user];
      };
      if (start > 0) expect(await read(start)).toBeUndefined();
      expect(await read(first)).toEqual(["1", first, "alice"]);
      expect(await read(second)).toEqual(["2", first, "bob"]);
      expect(await read(third)).toBeUndefined();
      expect(await read(fourth)).toEqual(["4", fourth, "alice"]);
    });

    test("a revision that is still to come can't be read", async () => {
      await using bench = await setUp(open);
      const revision = await bench.store.create("/a", bytes("1"), { cause: alice });
      const future = { revision: (revision + 1) as Revision };
      expect(await rejection(bench.store.get("/a", future))).toMatchObject({ reason: "Unavailable" });
      expect(await rejection(bench.store.list({ prefix: "/", ...future }))).toMatchObject({ reason: "Unavailable" });
    });
  });
}

async function createAll(store: Store, keys: readonly string[]): Promise<void> {
  for (const key of keys) await store.create(key, bytes(key), { cause: alice });
}

async function keysOf(store: Store, prefix: string): Promise<readonly string[]> {
  const { entries, remaining } = await store.list({ prefix });
  expect(remaining).toBe(0);
  return entries.map(({ key }) => key);
}
