import { createManualClock, createTasks, type Instant } from "@kubets/machinery";
import { turn } from "@kubets/machinery/node";
import { describe, expect, test } from "vitest";
import type { Revision, StoreEvent } from "../../store.ts";
import { alice, bytes, rejection, text } from "../../testing/harness.ts";
import { createMemoryStore, decodeImage, encodeImage, imageLike, type MemoryImage, type MemoryStore } from "./index.ts";

const retention = (key: string): number | undefined => (key.startsWith("/leases/") ? 60_000 : undefined);

function storeWith(image?: MemoryImage): { readonly store: MemoryStore; readonly advance: (milliseconds: number) => Promise<void> } {
  const tasks = createTasks({ turn });
  const clock = createManualClock({ start: 1_000_000 as Instant, tasks, turn });
  return {
    store: createMemoryStore({ clock, tasks, retention, ...(image === undefined ? {} : { image }) }),
    advance: (milliseconds) => clock.advance(milliseconds),
  };
}

/** A store in which everything has happened that can: updates, deletions, a key that came back, a key that will go. */
async function eventful(): Promise<MemoryStore> {
  const { store, advance } = storeWith();
  const first = await store.create("/a", bytes("a1"), { cause: alice });
  const second = await store.update("/a", bytes("a2"), { cause: alice, expected: first });
  await store.update("/a", bytes("a3"), { cause: alice, expected: second });
  const gone = await store.create("/gone", bytes("g"), { cause: alice });
  await store.delete("/gone", { cause: alice, expected: gone });
  const back = await store.create("/back", bytes("b1"), { cause: alice });
  await store.delete("/back", { cause: alice, expected: back });
  await store.create("/back", bytes("b2"), { cause: alice });
  await store.create("/brief", bytes("e"), { cause: alice, ttlSeconds: 10 });
  let lease = await store.create("/leases/n", bytes("0"), { cause: alice });
  for (let round = 1; round < 4; round++) lease = await store.update("/leases/n", bytes(`${round}`), { cause: alice, expected: lease });
  await advance(1000);
  await store.compact(2 as Revision);
  return store;
}

async function everything(store: MemoryStore): Promise<unknown> {
  const current = await store.currentRevision();
  const compacted = await store.compactedRevision();
  const states: unknown[] = [];
  for (let revision = compacted; revision <= current; revision++) {
    const { entries } = await store.list({ prefix: "/", revision });
    states.push(entries.map((entry) => ({ ...entry, value: text(entry.value) })));
  }
  const events: StoreEvent[] = [];
  const stop = new AbortController();
  for await (const batch of store.watch({ prefix: "/", after: compacted, signal: stop.signal })) {
    events.push(...batch.events);
    if (batch.revision >= current) break;
  }
  return { current, compacted, states, events };
}

describe("an image of a memory store", () => {
  test("is the whole history, in memory and as bytes", async () => {
    const store = await eventful();
    const expected = await everything(store);
    expect(await everything(storeWith(store.image()).store)).toEqual(expected);
    expect(await everything(storeWith(decodeImage(encodeImage(store.image()))).store)).toEqual(expected);
  });

  test.each(["kept in memory", "written down"])("%s, begins stores that know nothing of one another", async (how) => {
    const original = await eventful();
    const image = how === "written down" ? decodeImage(encodeImage(original.image())) : original.image();
    const [left, right] = [storeWith(image), storeWith(image)];
    const before = await everything(right.store);
    const { revision } = (await left.store.get("/a"))!;
    await left.store.update("/a", bytes("left"), { cause: alice, expected: revision });
    await left.store.create("/left", bytes("new"), { cause: alice });
    await original.delete("/a", { cause: alice, expected: revision });
    await left.advance(300_000);
    await left.store.compact(await left.store.currentRevision());
    expect(await rejection(left.store.get("/a", { revision: 3 as Revision }))).toMatchObject({ reason: "Compacted" });
    await original.compact(await original.currentRevision());
    expect(await everything(right.store)).toEqual(before);
    expect(text((await left.store.get("/a"))?.value)).toBe("left");
    expect(await original.get("/a")).toBeUndefined();
  });

  test("takes times to live along", async () => {
    const { store, advance } = storeWith(decodeImage(encodeImage((await eventful()).image())));
    expect(text((await store.get("/brief"))?.value)).toBe("e");
    await advance(10_000);
    expect(await store.get("/brief")).toBeUndefined();
  });

  test("like another one has its own values and none of its changes, and comes due later", async () => {
    const original = await eventful();
    const before = await everything(original);
    const image = imageLike(original.image(), {
      later: 5000,
      versionOf: ({ entry, cause }) => ({ cause, entry: entry && { ...entry, value: bytes(text(entry.value)!.toUpperCase()) } }),
    });
    const { store, advance } = storeWith(image);
    expect(JSON.stringify(await everything(store))).toBe(
      JSON.stringify(await everything(storeWith(decodeImage(encodeImage(image))).store)),
    );
    expect([await store.get("/a"), await store.get("/back")].map((entry) => text(entry?.value))).toEqual(["A3", "B2"]);
    await store.create("/another", bytes("new"), { cause: alice });
    await advance(14_999);
    expect(text((await store.get("/brief"))?.value)).toBe("E");
    await advance(1);
    expect(await store.get("/brief")).toBeUndefined();
    await store.compact(await store.currentRevision());
    expect(await everything(original)).toEqual(before);
  });

  test("that isn't one is refused", () => {
    const good = encodeImage(storeWith().store.image());
    for (const bad of [new Uint8Array(), good.subarray(0, 12), bytes("\0\0\0\u0002{]"), bytes("\0\0\0\u0002{}")])
      expect(() => decodeImage(bad)).toThrow(/^Cannot read the image of a store: /);
  });
});
