import { describe, expect, test } from "vitest";
import { isStoreError } from "../store.ts";
import type { OpenStore } from "./harness.ts";
import { alice, bytes, rejection, setUp, shownEvent, text } from "./harness.ts";

export function describeLifetimes(open: OpenStore): void {
  describe("times to live", () => {
    test("a key is deleted when its time to live is over, by a revision with a cause", async () => {
      await using bench = await setUp(open);
      const { store, clock } = bench;
      const created = await store.create("/events/a", bytes("1"), { cause: alice, ttlSeconds: 10 });
      const watching = bench.watch("/events/", created);
      await clock.advance(9_999);
      expect(text((await store.get("/events/a"))?.value)).toBe("1");
      await clock.advance(1);
      expect(await store.get("/events/a")).toBeUndefined();
      const deleted = await store.currentRevision();
      await watching.reached(deleted);
      expect(watching.events.map(shownEvent)).toEqual([
        { type: "delete", key: "/events/a", revision: deleted, cause: { user: "system:store", timer: "time-to-live" }, previous: "1" },
      ]);
      expect(deleted).toBe(created + 1);
    });

    test("a key that is written again lives on, by the time to live of the last write", async () => {
      await using bench = await setUp(open);
      const { store, clock } = bench;
      const kept = await store.create("/kept", bytes("1"), { cause: alice, ttlSeconds: 10 });
      const longer = await store.create("/longer", bytes("1"), { cause: alice, ttlSeconds: 10 });
      const shorter = await store.create("/shorter", bytes("1"), { cause: alice });
      await clock.advance(5_000);
      await store.update("/kept", bytes("2"), { cause: alice, expected: kept });
      await store.update("/longer", bytes("2"), { cause: alice, expected: longer, ttlSeconds: 20 });
      await store.update("/shorter", bytes("2"), { cause: alice, expected: shorter, ttlSeconds: 1 });
      const left = async (): Promise<readonly string[]> => (await store.list({ prefix: "" })).entries.map(({ key }) => key);
      await clock.advance(1_000);
      expect(await left()).toEqual(["/kept", "/longer"]);
      await clock.advance(18_999);
      expect(await left()).toEqual(["/kept", "/longer"]);
      await clock.advance(1);
      expect(await left()).toEqual(["/kept"]);
      await clock.advance(3_600_000);
      expect(await left()).toEqual(["/kept"]);
    });

    test("a key that was deleted and created again isn't deleted for its former life", async () => {
      await using bench = await setUp(open);
      const { store, clock } = bench;
      const first = await store.create("/a", bytes("1"), { cause: alice, ttlSeconds: 10 });
      await store.delete("/a", { cause: alice, expected: first });
      await store.create("/a", bytes("2"), { cause: alice });
      await clock.advance(10_000);
      expect(text((await store.get("/a"))?.value)).toBe("2");
    });

    test("many keys that are due at once go at once", async () => {
      await using bench = await setUp(open);
      const { store, clock } = bench;
      const keys = Array.from({ length: 50 }, (_, index) => `/events/${index}`);
      await Promise.all(keys.map((key) => store.create(key, bytes(key), { cause: alice, ttlSeconds: 60 })));
      await clock.advance(60_000);
      expect((await store.list({ prefix: "" })).entries).toEqual([]);
    });
  });

  describe("closing", () => {
    test("a closed store refuses every call", async () => {
      await using bench = await setUp(open);
      const { store, start } = bench;
      const revision = await store.create("/a", bytes("1"), { cause: alice });
      await store.close();
      const calls = [
        () => store.get("/a"),
        () => store.list({ prefix: "/" }),
        () => store.create("/b", bytes("1"), { cause: alice }),
        () => store.update("/a", bytes("1"), { cause: alice, expected: revision }),
        () => store.delete("/a", { cause: alice, expected: revision }),
        () => store.currentRevision(),
        () => store.compactedRevision(),
        () => store.compact(revision),
      ];
      for (const call of calls) expect(await rejection(call())).toMatchObject({ reason: "Unavailable" });
      expect(isStoreError(await bench.watch("/", start).ended, "Unavailable")).toBe(true);
    });

    test("closing waits for the writes under way and ends the watches", async () => {
      await using bench = await setUp(open);
      const { store, start } = bench;
      const watching = bench.watch("/", start);
      const writes = Array.from({ length: 10 }, (_, index) => store.create(`/${index}`, bytes("1"), { cause: alice }));
      await store.close();
      const revisions = await Promise.all(writes);
      expect(revisions.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 10 }, (_, index) => start + 1 + index));
      expect(isStoreError(await watching.ended, "Unavailable")).toBe(true);
      await store.close();
      await bench.tasks.settle();
      expect(bench.clock.nextTimer()).toBeUndefined();
    });
  });
}
