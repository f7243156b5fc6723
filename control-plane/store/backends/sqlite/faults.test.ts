import { describe, expect, test } from "vitest";
import type { Tasks } from "@kubets/machinery";
import type { Bench } from "../../testing/harness.ts";
import { alice, bytes, rejection, setUp, text } from "../../testing/harness.ts";
import type { Revision } from "../../store.ts";
import { StoreError } from "../../store.ts";
import type { Disk, RequestName, Requests } from "./disk.ts";
import { openSqliteStore } from "./sqlite-store.ts";
import { WorkerDisk } from "./worker-disk.ts";
import { temporaryFiles } from "./testing/temporary-files.ts";

const { newPath } = temporaryFiles();

/** A real disk whose commits can be held up and go wrong. */
class FaultyDisk implements Disk {
  readonly batches: number[] = [];
  /** What happens to the next commit, instead of what should. */
  #fault: ((commit: () => Promise<unknown>) => Promise<never>) | undefined;
  #gate: PromiseWithResolvers<void> | undefined;
  readonly #disk: WorkerDisk;

  constructor(tasks: Tasks) {
    this.#disk = new WorkerDisk(tasks);
  }

  async call<Name extends RequestName>(
    name: Name,
    request: Requests[Name]["request"],
    transfer?: readonly ArrayBuffer[],
  ): Promise<Requests[Name]["reply"]> {
    const commit = (): Promise<Requests[Name]["reply"]> => this.#disk.call(name, request, transfer);
    if (name !== "commit") return commit();
    this.batches.push(this.batches.length);
    await this.#gate?.promise;
    const fault = this.#fault;
    this.#fault = undefined;
    return fault === undefined ? commit() : fault(commit);
  }
  get isOpen(): boolean {
    return this.#disk.isOpen;
  }
  stop(): Promise<void> {
    return this.#disk.stop();
  }

  /** No commit goes on until the function that is returned is called. */
  hold(): () => void {
    const gate = Promise.withResolvers<void>();
    this.#gate = gate;
    return () => {
      this.#gate = undefined;
      gate.resolve();
    };
  }
  failNext(fault: (commit: () => Promise<unknown>) => Promise<never>): void {
    this.#fault = fault;
  }
}

async function setUpFaulty(): Promise<{ readonly bench: Bench; readonly disk: FaultyDisk }> {
  let disk: FaultyDisk | undefined;
  const bench = await setUp((settings) => {
    disk = new FaultyDisk(settings.tasks);
    return openSqliteStore({ ...settings, path: newPath() }, disk);
  });
  return { bench, disk: disk! };
}

const full = (): Promise<never> => Promise.reject(new StoreError("Unavailable", "Cannot write to the store: no room is left on the disk"));

describe("group commit", () => {
  test("what arrives while a batch is being written makes up the next one", async () => {
    const { bench, disk } = await setUpFaulty();
    await using _bench = bench;
    const { store } = bench;
    const release = disk.hold();
    const first = store.create("/first", bytes("1"), { cause: alice });
    while (disk.batches.length === 0) await macrotask();
    const others = Array.from({ length: 50 }, (_, index) => store.create(`/${index}`, bytes("1"), { cause: alice }));
    await macrotask();
    release();
    await Promise.all([first, ...others]);
    expect(disk.batches).toHaveLength(2);
  });

  test("writes that follow one another turn after turn go to the disk together, and many writers are answered one after the other", async () => {
    const { bench, disk } = await setUpFaulty();
    await using _bench = bench;
    const { store } = bench;
    const writes: Promise<unknown>[] = [];
    for (let index = 0; index < 20; index++) {
      writes.push(store.create(`/${index}`, bytes("1"), { cause: alice }));
      await macrotask();
    }
    await Promise.all(writes);
    expect(disk.batches).toHaveLength(1);
    expect((await store.list({ prefix: "/" })).entries).toHaveLength(20);
  });

  test("nobody sees a write before it is on the disk", async () => {
    const { bench, disk } = await setUpFaulty();
    await using _bench = bench;
    const { store, start } = bench;
    const watching = bench.watch("/", start);
    const release = disk.hold();
    let answered = false;
    const write = store.create("/a", bytes("1"), { cause: alice }).finally(() => (answered = true));
    for (let turn = 0; turn < 5; turn++) await macrotask();
    expect(answered).toBe(false);
    expect(await store.get("/a")).toBeUndefined();
    expect((await store.list({ prefix: "/" })).entries).toEqual([]);
    expect(await store.currentRevision()).toBe(start);
    expect(watching.batches).toEqual([]);
    expect(bench.tasks.pending().map(({ name }) => name)).toContain("store batch");
    release();
    await watching.reached(await write);
    expect((await store.get("/a"))?.revision).toBe(start + 1);
  });

  test("who is refused for a pending write hears of it when that write can be read", async () => {
    const { bench, disk } = await setUpFaulty();
    await using _bench = bench;
    const { store } = bench;
    const expected = await store.create("/a", bytes("0"), { cause: alice });
    const release = disk.hold();
    const winner = store.update("/a", bytes("1"), { cause: alice, expected });
    await macrotask();
    let refused = false;
    const loser = rejection(store.update("/a", bytes("2"), { cause: alice, expected }).finally(() => (refused = true)));
    for (let turn = 0; turn < 5; turn++) await macrotask();
    expect(refused).toBe(false);
    release();
    expect(await loser).toEqual({ reason: "Conflict", revision: await winner });
    expect(text((await store.get("/a"))?.value)).toBe("1");
  });
});

describe("a batch that can't be written", () => {
  test("fails all its writers and leaves nothing; the next one is as if it had never been", async () => {
    const { bench, disk } = await setUpFaulty();
    await using _bench = bench;
    const { store, start } = bench;
    const watching = bench.watch("/", start);
    const expected = await store.create("/a", bytes("0"), { cause: alice });
    disk.failNext(full);
    const writes = [
      store.update("/a", bytes("1"), { cause: alice, expected }),
      store.create("/b", bytes("1"), { cause: alice }),
      store.update("/a", bytes("2"), { cause: alice, expected: (expected + 1) as Revision }),
      store.create("/b", bytes("2"), { cause: alice }),
    ];
    const outcomes = await Promise.allSettled(writes);
    const failure = { reason: "Unavailable", outcomeUnknown: false, message: "Cannot write to the store: no room is left on the disk" };
    expect(outcomes.map((outcome) => outcome.status === "rejected" && pick(outcome.reason))).toEqual(writes.map(() => failure));
    expect(text((await store.get("/a"))?.value)).toBe("0");
    expect(await store.get("/b")).toBeUndefined();
    const again = await store.update("/a", bytes("3"), { cause: alice, expected });
    expect(again).toBe(expected + 1);
    await watching.reached(again);
    expect(watching.events).toHaveLength(2);
  });

  test("fails what was collected behind it too, because that counted on it", async () => {
    const { bench, disk } = await setUpFaulty();
    await using _bench = bench;
    const { store, start } = bench;
    const release = disk.hold();
    disk.failNext(full);
    const first = rejection(store.create("/a", bytes("1"), { cause: alice }));
    await macrotask();
    const behind = rejection(store.update("/a", bytes("2"), { cause: alice, expected: (start + 1) as Revision }));
    release();
    expect([await first, await behind]).toMatchObject([{ reason: "Unavailable" }, { reason: "Unavailable" }]);
    expect(await store.create("/a", bytes("3"), { cause: alice })).toBe(start + 1);
  });
});

describe("a batch whose outcome is unknown", () => {
  test("was written: its writers are told that nobody knows, then everybody sees it", async () => {
    const { bench, disk } = await setUpFaulty();
    await using _bench = bench;
    const { store, start } = bench;
    const watching = bench.watch("/", start);
    const existing = await store.create("/a", bytes("0"), { cause: alice });
    disk.failNext(async (commit) => {
      await commit();
      throw new StoreError("Unavailable", "Cannot reach the file of the store: its thread has ended", { outcomeUnknown: true });
    });
    const outcomes = await Promise.allSettled([
      store.update("/a", bytes("1"), { cause: alice, expected: existing }),
      store.create("/b", bytes("1"), { cause: alice, ttlSeconds: 10 }),
    ]);
    expect(outcomes.map((outcome) => outcome.status === "rejected" && outcome.reason.outcomeUnknown)).toEqual([true, true]);
    expect(await store.create("/c", bytes("1"), { cause: alice })).toBe(existing + 3);
    await watching.reached((existing + 3) as Revision);
    expect(
      watching.events.map((event) => event.type === "put" && [event.entry.key, text(event.entry.value), text(event.previous)]),
    ).toEqual([
      ["/a", "0", undefined],
      ["/a", "1", "0"],
      ["/b", "1", undefined],
      ["/c", "1", undefined],
    ]);
    expect(text((await store.get("/a"))?.value)).toBe("1");
    await bench.clock.advance(10_000);
    expect(await store.get("/b")).toBeUndefined();
  });

  test("was not written: it is as if it had never been", async () => {
    const { bench, disk } = await setUpFaulty();
    await using _bench = bench;
    const { store } = bench;
    const existing = await store.create("/a", bytes("0"), { cause: alice });
    disk.failNext(async () => {
      // The thread dies with the batch in its hands.
      await disk.stop();
      throw new StoreError("Unavailable", "Cannot reach the file of the store: its thread has ended", { outcomeUnknown: true });
    });
    const lost = store.update("/a", bytes("1"), { cause: alice, expected: existing });
    await expect(lost).rejects.toMatchObject({ reason: "Unavailable", outcomeUnknown: true });
    expect(text((await store.get("/a"))?.value)).toBe("0");
    expect(await store.update("/a", bytes("2"), { cause: alice, expected: existing })).toBe(existing + 1);
  });

  test("a thread that has ended is started again", async () => {
    const { bench, disk } = await setUpFaulty();
    await using _bench = bench;
    const { store } = bench;
    const created = await store.create("/a", bytes("1"), { cause: alice });
    await disk.stop();
    expect(await store.update("/a", bytes("2"), { cause: alice, expected: created })).toBe(created + 1);
  });
});

function pick({ reason, outcomeUnknown, message }: StoreError): unknown {
  return { reason, outcomeUnknown, message };
}

function macrotask(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
