import { type ConfigMap, ConfigMapKind } from "@kubets/api";
import { describe, expect, test } from "vitest";
import { createInformers } from "./informers.ts";
import { type ServedWorld, startServer } from "./testing/api-server.ts";

function start(s: ServedWorld) {
  const informers = createInformers({ ...s, client: s.client });
  s.defer(() => informers.stop());
  return { informers, maps: informers.of(ConfigMapKind) };
}

const create = (s: ServedWorld, name: string, data: ConfigMap["data"] = {}): Promise<ConfigMap> =>
  s.client.resource(ConfigMapKind).in("default").create({ metadata: { name }, data });

const shown = (objects: readonly ConfigMap[]): readonly string[] =>
  objects.map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`).sort();

describe("an informer of the real API server", () => {
  test("is synced when everything has settled, and then follows every write", async () => {
    await using s = await startServer();
    const [a, b] = [await create(s, "a"), await create(s, "b")];
    const { maps } = start(s);
    await s.tasks.settle();
    expect({ isSynced: maps.isSynced, seen: shown(maps.list()) }).toEqual({ isSynced: true, seen: shown([a, b]) });
    const changed = await s.client
      .resource(ConfigMapKind)
      .in("default")
      .update({ ...a, data: { k: "1" } });
    await s.client.resource(ConfigMapKind).in("default").delete("b");
    await s.tasks.settle();
    expect(shown(maps.list())).toEqual(shown([changed]));
  });

  test("reaches the revision of what was just written", async () => {
    await using s = await startServer();
    const { maps } = start(s);
    await maps.synced();
    for (let index = 0; index < 20; index++) {
      const created = await create(s, `m${index}`);
      await maps.reached(Number(created.metadata.resourceVersion));
      expect(maps.get(`default/m${index}`)).toBe(await s.client.resource(ConfigMapKind).in("default").get(`m${index}`));
    }
  });

  test("is right again after the server was restarted, however long it was away", async () => {
    await using s = await startServer();
    const { maps } = start(s);
    const a = await create(s, "a");
    await s.tasks.settle();
    await s.restart();
    const b = await create(s, "b");
    await s.clock.advance(60_000);
    expect(shown(maps.list())).toEqual(shown([a, b]));
  });

  test("lists again when what it missed was compacted", async () => {
    await using s = await startServer();
    const { maps } = start(s);
    const changes: string[] = [];
    const doomed = await create(s, "doomed");
    await s.tasks.settle();
    maps.onChange(({ key, object }) => changes.push(`${object === undefined ? "-" : "+"}${key}`));
    await s.restart();
    await s.client.resource(ConfigMapKind).in("default").delete(doomed.metadata.name);
    await create(s, "kept");
    await s.store.compact(await s.store.currentRevision());
    await s.clock.advance(60_000);
    expect(maps.list().map(({ metadata }) => metadata.name)).toEqual(["kept"]);
    expect(changes).toEqual(["+default/doomed", "-default/doomed", "+default/kept"]);
  });

  test("follows a namespace and a field selector only", async () => {
    await using s = await startServer();
    const informers = createInformers({ ...s, client: s.client });
    s.defer(() => informers.stop());
    const one = informers.of(ConfigMapKind, { namespace: "default", fieldSelector: "metadata.name=a" });
    await informers.synced();
    await create(s, "a");
    await create(s, "b");
    await s.client
      .resource(ConfigMapKind)
      .in("other")
      .create({ metadata: { name: "a" } });
    await s.tasks.settle();
    expect(one.list().map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toEqual(["default/a"]);
  });
});
