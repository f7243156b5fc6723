import { ConfigMapKind } from "@kubets/api";
import { expect, test } from "vitest";
import { conformanceCluster, record } from "../conformance-cluster.ts";

const cluster = conformanceCluster();

const value = (text: string): object => ({ data: { value: text } });

test("AM-094 a watch from the last version that another has seen goes on without a gap or a repetition", async () => {
  const maps = cluster.client.resource(ConfigMapKind).in(await cluster.namespace());
  let seen: string;
  {
    await using first = await record(maps, { fieldSelector: "metadata.name=a" });
    await maps.create({ metadata: { name: "a" }, data: {} });
    await maps.patch("a", value("1"), { type: "merge" });
    await cluster.until(async () => expect(first.told).toEqual(["ADDED a", "MODIFIED a"]));
    seen = first.events.at(-1)!.object.metadata.resourceVersion;
  }
  await maps.patch("a", value("2"), { type: "merge" });
  await using second = await record(maps, { fieldSelector: "metadata.name=a", resourceVersion: seen });
  await maps.delete("a");
  await cluster.until(async () => expect(second.told).toEqual(["MODIFIED a", "DELETED a"]));
  expect(second.events[0]!.object.data).toEqual({ value: "2" });
});

test("AM-095 a watch from an older version tells just what came after it", async () => {
  const maps = cluster.client.resource(ConfigMapKind).in(await cluster.namespace());
  await maps.create({ metadata: { name: "a" }, data: {} });
  const { metadata } = await maps.patch("a", value("1"), { type: "merge" });
  await maps.patch("a", value("2"), { type: "merge" });
  await maps.delete("a");
  await using recording = await record(maps, { fieldSelector: "metadata.name=a", resourceVersion: metadata.resourceVersion });
  await cluster.until(async () => expect(recording.told).toEqual(["MODIFIED a", "DELETED a"]));
});

test("AM-096 each watch by label tells of what matches it, and of nothing else", async () => {
  const maps = cluster.client.resource(ConfigMapKind).in(await cluster.namespace());
  await using ofA = await record(maps, { labelSelector: "watched=a" });
  await using ofB = await record(maps, { labelSelector: "watched=b" });
  await using ofBoth = await record(maps, { labelSelector: "watched in (a,b)" });
  await maps.create({ metadata: { name: "a", labels: { watched: "a" } } });
  await maps.patch("a", value("1"), { type: "merge" });
  await maps.delete("a");
  await maps.create({ metadata: { name: "b", labels: { watched: "b" } } });
  await maps.delete("b");
  const [aboutA, aboutB] = [
    ["ADDED a", "MODIFIED a", "DELETED a"],
    ["ADDED b", "DELETED b"],
  ];
  await cluster.until(async () => expect([ofA.told, ofB.told, ofBoth.told]).toEqual([aboutA, aboutB, [...aboutA!, ...aboutB!]]));
});

test("AM-097 what leaves a selector is told as deleted, and what enters it again as added", async () => {
  const maps = cluster.client.resource(ConfigMapKind).in(await cluster.namespace());
  await using recording = await record(maps, { labelSelector: "watched=yes" });
  const relabel = (watched: string) => maps.patch("a", { metadata: { labels: { watched } } }, { type: "merge" });
  await maps.create({ metadata: { name: "a", labels: { watched: "yes" } } });
  await relabel("no");
  await maps.patch("a", value("unseen"), { type: "merge" });
  await relabel("yes");
  await maps.patch("a", value("seen"), { type: "merge" });
  await maps.delete("a");
  await cluster.until(async () => expect(recording.told).toEqual(["ADDED a", "DELETED a", "ADDED a", "MODIFIED a", "DELETED a"]));
  expect(recording.events[2]!.object.data).toEqual({ value: "unseen" });
});

test("AM-098 watches that begin at different versions tell the same events in the same order", async () => {
  const maps = cluster.client.resource(ConfigMapKind).in(await cluster.namespace());
  const { metadata } = await maps.create({ metadata: { name: "first" } });
  const versions = [metadata.resourceVersion];
  for (let round = 0; round < 20; round++) {
    const name = `map-${round % 4}`;
    const written = round < 4 ? await maps.create({ metadata: { name } }) : await maps.patch(name, value(String(round)), { type: "merge" });
    versions.push(written.metadata.resourceVersion);
  }
  await maps.delete("map-1");
  const recordings = await Promise.all(versions.map((resourceVersion) => record(maps, { resourceVersion })));
  await using stack = new AsyncDisposableStack();
  for (const recording of recordings) stack.use(recording);
  await cluster.until(async () => {
    const told = recordings.map(({ events }) => events.map(({ type, object }) => `${type} ${object.metadata.resourceVersion}`));
    expect(told[0]).toHaveLength(21);
    for (const [index, each] of told.entries()) expect(each).toEqual(told[0]!.slice(index));
  });
});
