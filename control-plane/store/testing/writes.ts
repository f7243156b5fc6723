import { describe, expect, test } from "vitest";
import type { Cause } from "@kubets/machinery";
import type { Revision } from "../store.ts";
import type { ConformanceOptions, OpenStore } from "./harness.ts";
import { alice, bytes, rejection, setUp, shown, text } from "./harness.ts";

export function describeWrites(open: OpenStore, { ordered }: ConformanceOptions): void {
  describe("writes", () => {
    test("a created key is read back with its revision and cause", async () => {
      await using bench = await setUp(open);
      const cause: Cause = { user: "system:serviceaccount:kube-system:deployment-controller", actor: "deployment", revision: 7 };
      const revision = await bench.store.create("/pods/a", bytes("one"), { cause });
      const entry = await bench.store.get("/pods/a");
      expect(shown(entry!)).toEqual({ key: "/pods/a", value: "one", revision, created: revision, cause });
    });

    test("every write of any key counts the one revision up by one", async () => {
      await using bench = await setUp(open);
      const { store, start } = bench;
      const first = await store.create("/a", bytes("1"), { cause: alice });
      const second = await store.create("/b", bytes("1"), { cause: alice });
      const third = await store.update("/a", bytes("2"), { cause: alice, expected: first });
      const fourth = await store.delete("/b", { cause: alice, expected: second });
      expect([first, second, third, fourth].map((revision) => revision - start)).toEqual([1, 2, 3, 4]);
      expect(await store.currentRevision()).toBe(fourth);
    });

    test("an updated key keeps the revision it was created at", async () => {
      await using bench = await setUp(open);
      const created = await bench.store.create("/a", bytes("1"), { cause: alice });
      const revision = await bench.store.update("/a", bytes("2"), { cause: { user: "bob" }, expected: created });
      expect(shown((await bench.store.get("/a"))!)).toEqual({ key: "/a", value: "2", revision, created, cause: { user: "bob" } });
    });

    test("a key that exists can't be created", async () => {
      await using bench = await setUp(open);
      const revision = await bench.store.create("/a", bytes("1"), { cause: alice });
      expect(await rejection(bench.store.create("/a", bytes("2"), { cause: alice }))).toEqual({ reason: "Exists", revision });
      expect(text((await bench.store.get("/a"))?.value)).toBe("1");
      expect(await bench.store.currentRevision()).toBe(revision);
    });

    test("a key at another revision than expected can be neither updated nor deleted", async () => {
      await using bench = await setUp(open);
      const old = await bench.store.create("/a", bytes("1"), { cause: alice });
      const revision = await bench.store.update("/a", bytes("2"), { cause: alice, expected: old });
      const conflict = { reason: "Conflict", revision };
      expect(await rejection(bench.store.update("/a", bytes("3"), { cause: alice, expected: old }))).toEqual(conflict);
      expect(await rejection(bench.store.delete("/a", { cause: alice, expected: old }))).toEqual(conflict);
      expect(await bench.store.currentRevision()).toBe(revision);
    });

    test("a key that isn't there can be neither updated nor deleted", async () => {
      await using bench = await setUp(open);
      const missing = { reason: "NotFound", revision: undefined };
      const expected = bench.start;
      expect(await rejection(bench.store.update("/a", bytes("1"), { cause: alice, expected }))).toEqual(missing);
      expect(await rejection(bench.store.delete("/a", { cause: alice, expected }))).toEqual(missing);
      const never = { cause: alice, expected: 0 as Revision };
      expect(await rejection(bench.store.update("/a", bytes("1"), never))).toEqual(missing);
      expect(await rejection(bench.store.delete("/a", never))).toEqual(missing);
      const created = await bench.store.create("/a", bytes("1"), { cause: alice });
      expect(await rejection(bench.store.update("/a", bytes("1"), never))).toEqual({ reason: "Conflict", revision: created });
      await bench.store.delete("/a", { cause: alice, expected: created });
      expect(await rejection(bench.store.update("/a", bytes("1"), { cause: alice, expected: created }))).toEqual(missing);
      expect(await rejection(bench.store.delete("/a", { cause: alice, expected: created }))).toEqual(missing);
    });

    test("a deleted key can be created again, with a life of its own", async () => {
      await using bench = await setUp(open);
      const first = await bench.store.create("/a", bytes("1"), { cause: alice });
      await bench.store.delete("/a", { cause: alice, expected: first });
      const again = await bench.store.create("/a", bytes("2"), { cause: alice });
      expect(shown((await bench.store.get("/a"))!)).toEqual({ key: "/a", value: "2", revision: again, created: again, cause: alice });
    });

    test("of many who create one key at once, one does and the others are told its revision", async () => {
      await using bench = await setUp(open);
      const calls = Array.from({ length: 20 }, (_, index) => bench.store.create("/a", bytes(`${index}`), { cause: alice }));
      await expectOneWinner(calls, "Exists");
      expect(await bench.store.currentRevision()).toBe(bench.start + 1);
    });

    test("of many who update one key at once, one does and the others are told its revision", async () => {
      await using bench = await setUp(open);
      const expected = await bench.store.create("/a", bytes("0"), { cause: alice });
      const calls = Array.from({ length: 20 }, (_, index) => bench.store.update("/a", bytes(`${index}`), { cause: alice, expected }));
      await expectOneWinner(calls, "Conflict");
      expect(await bench.store.currentRevision()).toBe(expected + 1);
    });

    test("who lost a race reads what the winner wrote", async () => {
      await using bench = await setUp(open);
      const expected = await bench.store.create("/a", bytes("0"), { cause: alice });
      const increment = async (): Promise<void> => {
        for (;;) {
          const { value, revision } = (await bench.store.get("/a"))!;
          const next = bytes(`${Number(text(value)) + 1}`);
          const lost = await bench.store.update("/a", next, { cause: alice, expected: revision }).then(
            () => false,
            () => true,
          );
          if (!lost) return;
          expect((await bench.store.get("/a"))!.revision).toBeGreaterThan(revision);
        }
      };
      await Promise.all(Array.from({ length: 8 }, increment));
      expect(text((await bench.store.get("/a"))!.value)).toBe("8");
      expect(await bench.store.currentRevision()).toBe(expected + 8);
    });

    test("a write that was acknowledged is what is read next", async () => {
      await using bench = await setUp(open);
      const keys = Array.from({ length: 200 }, (_, index) => `/many/${index}`);
      await Promise.all(
        keys.map(async (key) => {
          const revision = await bench.store.create(key, bytes(key), { cause: alice });
          expect(shown((await bench.store.get(key))!)).toMatchObject({ value: key, revision });
        }),
      );
      expect(await bench.store.currentRevision()).toBe(bench.start + 200);
    });

    test("a value may be any bytes, none, and a megabyte", async () => {
      await using bench = await setUp(open);
      const every = Uint8Array.from({ length: 256 }, (_, index) => index);
      const large = new Uint8Array(2 ** 20).map((_, index) => (index * 31) >> 3);
      await bench.store.create("/every", every, { cause: alice });
      await bench.store.create("/none", new Uint8Array(0), { cause: alice });
      await bench.store.create("/large", large, { cause: alice });
      expect((await bench.store.get("/every"))!.value).toEqual(every);
      expect((await bench.store.get("/none"))!.value).toEqual(new Uint8Array(0));
      const { entries } = await bench.store.list({ prefix: "/" });
      expect(entries.map(({ value }) => Buffer.compare(value, every) === 0 || value.length)).toEqual([true, 2 ** 20, 0]);
      expect(Buffer.compare((await bench.store.get("/large"))!.value, large)).toBe(0);
    });

    if (ordered) testOrder(open);

    test("a key without bytes of its own is a mistake of the caller", async () => {
      await using bench = await setUp(open);
      await expect(bench.store.create("", bytes("1"), { cause: alice })).rejects.toThrow(RangeError);
      await expect(bench.store.create("/\ud800", bytes("1"), { cause: alice })).rejects.toThrow(RangeError);
    });
  });
}

function testOrder(open: OpenStore): void {
  test("a write counts for those called after it before it is on disk", async () => {
    await using bench = await setUp(open);
    const { store, start } = bench;
    const revision = (offset: number): Revision => (start + offset) as Revision;
    const outcomes = await Promise.allSettled([
      store.create("/a", bytes("1"), { cause: alice }),
      store.update("/a", bytes("2"), { cause: alice, expected: revision(1) }),
      store.update("/a", bytes("3"), { cause: alice, expected: revision(1) }),
      store.delete("/a", { cause: alice, expected: revision(2) }),
      store.update("/a", bytes("4"), { cause: alice, expected: revision(2) }),
      store.create("/a", bytes("5"), { cause: alice }),
      store.create("/a", bytes("6"), { cause: alice }),
    ]);
    expect(outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value - start : outcome.reason.reason))).toEqual([
      1,
      2,
      "Conflict",
      3,
      "NotFound",
      4,
      "Exists",
    ]);
    expect(text((await store.get("/a"))?.value)).toBe("5");
    expect(text((await store.get("/a", { revision: revision(2) }))?.value)).toBe("2");
  });
}

async function expectOneWinner(calls: readonly Promise<Revision>[], reason: string): Promise<void> {
  const outcomes = await Promise.allSettled(calls);
  const won = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  const lost = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [[outcome.reason.reason, outcome.reason.revision]] : []));
  expect(won).toHaveLength(1);
  expect(lost).toEqual(Array.from({ length: calls.length - 1 }, () => [reason, won[0]]));
}
