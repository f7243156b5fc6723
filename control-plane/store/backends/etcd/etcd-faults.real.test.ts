import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { createManualClock, createTasks } from "@kubets/machinery";
import type { Bench } from "../../testing/harness.ts";
import { alice, bytes, noon, rejection, setUp, shownEvent, text } from "../../testing/harness.ts";
import type { Revision, Store } from "../../store.ts";
import { createEtcdStore } from "./index.ts";
import { etcdBinary, startEtcd } from "./testing/etcd.ts";

const missing = etcdBinary() === undefined;

describe.skipIf(missing)(missing ? "etcd is not installed" : "a store on a real etcd", () => {
  const etcd = startEtcd();
  let prefixes = 0;
  const newPrefix = (): string => `/faults-${prefixes++}`;
  const setUpAt = (prefix: string): Promise<Bench> =>
    setUp((settings) => createEtcdStore({ ...settings, endpoints: [etcd.endpoint], prefix }));

  test("sees what another process writes, and is refused what that has changed", async () => {
    const prefix = newPrefix();
    await using ours = await setUpAt(prefix);
    await using theirs = await setUpAt(prefix);
    const watching = ours.watch("/", ours.start);
    const created = await theirs.store.create("/a", bytes("theirs"), { cause: { user: "other" } });
    await watching.reached(created);
    expect(text((await ours.store.get("/a"))?.value)).toBe("theirs");
    const updated = await theirs.store.update("/a", bytes("again"), { cause: { user: "other" }, expected: created });
    const late = ours.store.update("/a", bytes("ours"), { cause: alice, expected: created });
    expect(await rejection(late)).toEqual({ reason: "Conflict", revision: updated });
  });

  test("tells watchers of progress past what others write to the same etcd", async () => {
    await using ours = await setUpAt(newPrefix());
    await using strangers = await setUpAt(newPrefix());
    const watching = ours.watch("/", ours.start);
    const foreign = await strangers.store.create("/a", bytes("1"), { cause: alice });
    expect(await ours.store.currentRevision()).toBe(foreign);
    await ours.clock.advance(100);
    await watching.reached(foreign);
    expect(watching.events).toEqual([]);
  });

  test("says Unavailable while etcd is away, and goes on with nothing missed when it is back", async () => {
    await using bench = await setUpAt(newPrefix());
    const { store, clock } = bench;
    const watching = bench.watch("/", bench.start);
    const first = await store.create("/a", bytes("1"), { cause: alice });
    await watching.reached(first);
    await etcd.stop();
    expect(await rejection(store.create("/b", bytes("1"), { cause: alice }))).toMatchObject({ reason: "Unavailable" });
    expect(await rejection(store.get("/a"))).toMatchObject({ reason: "Unavailable" });
    await etcd.start();
    const second = await store.update("/a", bytes("2"), { cause: alice, expected: first });
    await clock.advance(1000);
    await watching.reached(second);
    expect(watching.events.map((event) => event.type === "put" && text(event.entry.value))).toEqual(["1", "2"]);
  });

  test("tells its watchers to begin again when what they missed is compacted away", async () => {
    const prefix = newPrefix();
    await using bench = await setUpAt(prefix);
    const { store, clock } = bench;
    const watching = bench.watch("/", bench.start);
    const first = await store.create("/a", bytes("1"), { cause: alice });
    await watching.reached(first);
    await etcd.stop();
    await etcd.start();
    // Our store waits a second, by its own clock, before it watches again; meanwhile much happens.
    await using other = await setUpAt(prefix);
    const second = await other.store.update("/a", bytes("2"), { cause: alice, expected: first });
    const third = await other.store.update("/a", bytes("3"), { cause: alice, expected: second });
    await other.store.compact(third);
    await clock.advance(1000);
    expect(await watching.ended).toMatchObject({ reason: "Slow" });
    await clock.advance(1000);
    const current = await store.currentRevision();
    expect(text((await store.get("/a"))?.value)).toBe("3");
    const again = bench.watch("/", current);
    const fourth = await store.update("/a", bytes("4"), { cause: alice, expected: third });
    await again.reached(fourth);
    expect(again.events.map((event) => text(event.previous))).toEqual(["3"]);
  });

  test("has its keys deleted by etcd itself when the process that should is gone", async () => {
    const prefix = newPrefix();
    await using bench = await setUpAt(prefix);
    const { store } = bench;
    await store.create("/events/a", bytes("1"), { cause: alice, ttlSeconds: 3600 });
    const last = await store.create("/events/b", bytes("2"), { cause: alice, ttlSeconds: 3600 });
    const watching = bench.watch("/", last);
    // What etcd does by itself after an hour and two minutes.
    const leases = etcdctl(etcd.endpoint, "lease", "list").match(/^[0-9a-f]{16}$/gm) ?? [];
    const ours = leases.filter((lease) =>
      etcdctl(etcd.endpoint, "lease", "timetolive", "--keys", lease).includes(`${prefix}/keys/events/a`),
    );
    expect(ours).toHaveLength(1);
    expect(etcdctl(etcd.endpoint, "lease", "timetolive", ours[0]!)).toMatch(/granted with TTL\(3720s\)/);
    etcdctl(etcd.endpoint, "lease", "revoke", ours[0]!);
    const revision = await store.currentRevision();
    await watching.reached(revision);
    const cause = { user: "etcd", timer: "time-to-live" };
    expect(watching.events.map(shownEvent)).toEqual([
      { type: "delete", key: "/events/a", revision, cause, previous: "1" },
      { type: "delete", key: "/events/b", revision, cause, previous: "2" },
    ]);
  });

  test("keeps five minutes of history", async () => {
    await using bench = await setUpAt(newPrefix());
    const { store, clock } = bench;
    const first = await store.create("/a", bytes("1"), { cause: alice });
    const second = await store.update("/a", bytes("2"), { cause: alice, expected: first });
    await clock.advance(5 * 60_000);
    expect(text((await store.get("/a", { revision: first }))?.value)).toBe("1");
    await clock.advance(5 * 60_000);
    expect(await rejection(store.get("/a", { revision: first }))).toMatchObject({ reason: "Compacted" });
    expect(text((await store.get("/a", { revision: second }))?.value)).toBe("2");
  });

  test("lists more keys than one message carries, all of one revision", async () => {
    await using bench = await setUpAt(newPrefix());
    const keys = Array.from({ length: 4500 }, (_, index) => `/a/${index}`);
    await createAll(bench.store, keys);
    const { entries, revision, remaining } = await bench.store.list({ prefix: "/a/" });
    expect(entries.map(({ key }) => key)).toEqual(keys.toSorted());
    expect([revision, remaining]).toEqual([bench.start + keys.length, 0]);
    expect((await bench.store.list({ prefix: "/a/", limit: 2500 })).remaining).toBe(2000);
  });

  test("asks the next endpoint when one can't be reached", async () => {
    await using bench = await setUp((settings) =>
      createEtcdStore({ ...settings, endpoints: ["http://127.0.0.1:1", etcd.endpoint], prefix: newPrefix() }),
    );
    const revision = await bench.store.create("/a", bytes("1"), { cause: alice });
    expect((await bench.store.get("/a"))?.revision).toBe(revision);
  });
});

test("a store whose etcd can't be reached isn't opened", async () => {
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const tasks = createTasks({ turn });
  const clock = createManualClock({ start: noon, tasks, turn });
  const opening = createEtcdStore({ clock, tasks, endpoints: ["http://127.0.0.1:1"], prefix: "/a" });
  await expect(opening).rejects.toMatchObject({ reason: "Unavailable", message: expect.stringContaining("Cannot write to etcd") });
});

async function createAll(store: Store, keys: readonly string[]): Promise<void> {
  for (let from = 0; from < keys.length; from += 500) {
    await Promise.all(keys.slice(from, from + 500).map((key): Promise<Revision> => store.create(key, bytes(key), { cause: alice })));
  }
}

function etcdctl(endpoint: string, ...command: readonly string[]): string {
  const { stdout, status, stderr } = spawnSync("etcdctl", ["--endpoints", endpoint, ...command], {
    env: { ...process.env, ETCDCTL_API: "3" },
  });
  if (status !== 0) throw new Error(`etcdctl ${command.join(" ")} failed: ${stderr.toString()}`);
  return stdout.toString();
}
