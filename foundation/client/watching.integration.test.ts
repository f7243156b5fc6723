import { type ConfigMap, ConfigMapKind } from "@kubets/api";
import type { WatchEvent } from "@kubets/machinery";
import { expect, test } from "vitest";
import type { Watching } from "./client.ts";
import { type ServedWorld, startServer } from "./testing/api-server.ts";

/** `ADDED a`. */
const told = (events: readonly WatchEvent<ConfigMap>[]): readonly string[] =>
  events.map(({ type, object }) => `${type} ${object.metadata.name}`);

type Take = (events: readonly WatchEvent<ConfigMap>[]) => void;

const ways: readonly (readonly [string, (watching: Watching<ConfigMap>, take: Take) => Promise<void>])[] = [
  ["that is iterated", iterate],
  ["that is brought", (watching, take) => watching.forEach(take)],
];

async function iterate(watching: Watching<ConfigMap>, take: Take): Promise<void> {
  for await (const batch of watching) take(batch);
}

async function change(s: ServedWorld): Promise<void> {
  const maps = s.client.resource(ConfigMapKind).in("default");
  await maps.create({ metadata: { name: "b" } });
  await maps.patch("a", { data: { k: "2" } }, { type: "merge" });
  await maps.delete("b");
  await s.tasks.settle();
}

test.each(ways)("a watch %s begins with what is there, tells what happens in order, and ends when its time is over", async (_way, read) => {
  await using s = await startServer();
  const maps = s.client.resource(ConfigMapKind).in("default");
  await maps.create({ metadata: { name: "a" } });
  const come: string[] = [];
  const ended = read(maps.watch({ resourceVersion: "0", timeoutSeconds: 60 }), (events) => void come.push(...told(events)));
  await s.tasks.settle();
  expect(come).toEqual(["ADDED a"]);
  await change(s);
  expect(come).toEqual(["ADDED a", "ADDED b", "MODIFIED a", "DELETED b"]);
  await s.clock.advance(60_000);
  await ended;
  await change(s);
  expect(come).toHaveLength(4);
});

test.each(ways)("a watch %s is told why it was aborted, at once, and nothing afterwards", async (_way, read) => {
  await using s = await startServer();
  const caller = new AbortController();
  const come: string[] = [];
  const maps = s.client.resource(ConfigMapKind).in("default");
  const ended = read(maps.watch({ resourceVersion: "0", signal: caller.signal }), (events) => void come.push(...told(events)));
  await maps.create({ metadata: { name: "a" } });
  await s.tasks.settle();
  caller.abort(new Error("enough"));
  await expect(ended).rejects.toThrow("enough");
  await change(s);
  expect({ come, pending: s.tasks.pending() }).toEqual({ come: ["ADDED a"], pending: [] });
});

test.each(ways)("whoever throws at an event of a watch %s ends it, and hurts no other watch", async (_way, read) => {
  await using s = await startServer();
  const maps = s.client.resource(ConfigMapKind).in("default");
  const caller = new AbortController();
  const come: string[] = [];
  const failing = read(maps.watch({ resourceVersion: "0" }), () => {
    throw new Error("can't read this");
  });
  const failure = failing.catch((error: unknown) => error);
  const other = read(maps.watch({ resourceVersion: "0", signal: caller.signal }), (events) => void come.push(...told(events)));
  await s.tasks.settle();
  await maps.create({ metadata: { name: "a" } });
  expect(await failure).toMatchObject({ message: "can't read this" });
  await change(s);
  expect(come).toEqual(["ADDED a", "ADDED b", "MODIFIED a", "DELETED b"]);
  caller.abort();
  await other.catch(() => {});
});

test.each(ways)("a watch %s from a revision that the server doesn't know any more is refused as expired", async (_way, read) => {
  await using s = await startServer();
  const maps = s.client.resource(ConfigMapKind).in("default");
  const { metadata } = await maps.create({ metadata: { name: "a" } });
  await maps.create({ metadata: { name: "b" } });
  await s.restart();
  await expect(read(maps.watch({ resourceVersion: metadata.resourceVersion }), () => {})).rejects.toMatchObject({
    code: 410,
    reason: "Expired",
  });
});

test.each(ways)("when the server closes, a watch %s ends", async (_way, read) => {
  await using s = await startServer();
  const ended = read(s.client.resource(ConfigMapKind).watch({ resourceVersion: "0" }), () => {});
  await s.tasks.settle();
  await s.restart();
  await ended;
});

test("what came of one commit is brought in one piece, when all of it can be read", async () => {
  await using s = await startServer();
  const maps = s.client.resource(ConfigMapKind).in("default");
  const caller = new AbortController();
  const pieces: (readonly string[])[] = [];
  const ended = maps.watch({ resourceVersion: "0", signal: caller.signal }).forEach((events) => void pieces.push(told(events)));
  await s.tasks.settle();
  await Promise.all(["a", "b", "c"].map((name) => maps.create({ metadata: { name } })));
  await s.tasks.settle();
  expect(pieces).toEqual([["ADDED a", "ADDED b", "ADDED c"]]);
  caller.abort();
  await ended.catch(() => {});
});
