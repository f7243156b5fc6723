import { type ConfigMap, ConfigMapKind, EventKind, NamespaceKind, type Secret, SecretKind } from "@kubets/api";
import { unmeasured } from "@kubets/machinery";
import { describe, expect, test } from "vitest";
import { type Action, type Controller, create, deletion, nothing, ownerKey, update, watch } from "./controller.ts";
import { createInformers } from "./informers.ts";
import { type AnyController, runControllers } from "./runner.ts";
import { type ServedWorld, startServer } from "./testing/api-server.ts";

/** Keeps as many Secrets per ConfigMap as its `count` says: a ReplicaSet in miniature. */
interface Observed {
  readonly owner: ConfigMap;
  readonly owned: readonly Secret[];
}

const keeper: Controller<Observed> = {
  name: "keeper",
  watches: [watch(ConfigMapKind), watch(SecretKind, { keys: ownerKey(ConfigMapKind) })],
  observe(key, caches) {
    const owner = caches.of(ConfigMapKind).get(key);
    return owner === undefined ? undefined : { owner, owned: caches.of(SecretKind).byIndex("owner", owner.metadata.uid) };
  },
  reconcile({ owner, owned }) {
    const missing = Number(owner.data?.["count"] ?? 0) - owned.length;
    if (missing > 0) return { actions: Array.from({ length: missing }, () => create(SecretKind, aSecretOf(owner))) };
    if (missing < 0) return { actions: owned.slice(0, -missing).map((secret) => deletion(SecretKind, secret)) };
    if (owner.data?.["seen"] === String(owned.length)) return nothing;
    return { actions: [update(ConfigMapKind, { ...owner, data: { ...owner.data, seen: String(owned.length) } })] };
  },
};

const aSecretOf = ({ metadata: { name, namespace = "", uid } }: ConfigMap) => ({
  metadata: {
    generateName: `${name}-`,
    namespace,
    ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name, uid, controller: true }],
  },
});

function run(s: ServedWorld, ...controllers: readonly AnyController[]) {
  const informers = createInformers({ ...s, client: s.client });
  const runner = runControllers({ ...s, controllers, informers, metrics: unmeasured });
  s.defer(async () => {
    await runner.stop();
    await informers.stop();
  });
  return { informers, runner };
}

const names = async ({ client }: ServedWorld): Promise<readonly string[]> =>
  (await client.resource(SecretKind).list()).items.map(({ metadata }) => metadata.name);

describe("a controller over the real API server", () => {
  test("creates exactly what is missing, however many there are and however late its caches are", async () => {
    await using s = await startServer();
    run(s, keeper);
    const maps = s.client.resource(ConfigMapKind).in("default");
    for (let index = 0; index < 8; index++) await maps.create({ metadata: { name: `owner-${index}` }, data: { count: "40" } });
    await s.tasks.settle();
    expect(await names(s)).toHaveLength(320);
    expect((await maps.get("owner-3")).data).toEqual({ count: "40", seen: "40" });
    for (let index = 0; index < 8; index++) await maps.patch(`owner-${index}`, { data: { count: "3" } }, { type: "merge" });
    await s.tasks.settle();
    expect(await names(s)).toHaveLength(24);
  });

  test("heals what others break", async () => {
    await using s = await startServer();
    run(s, keeper);
    await s.client
      .resource(ConfigMapKind)
      .in("default")
      .create({ metadata: { name: "owner" }, data: { count: "2" } });
    await s.tasks.settle();
    const [first] = await names(s);
    await s.client.resource(SecretKind).in("default").delete(first!);
    await s.tasks.settle();
    expect(await names(s)).toHaveLength(2);
    expect(await names(s)).not.toContain(first);
  });

  test("gets through conflicts with somebody who writes all the time", async () => {
    await using s = await startServer();
    const maps = s.client.resource(ConfigMapKind).in("default");
    await maps.create({ metadata: { name: "owner" }, data: { count: "1" } });
    run(s, keeper);
    for (let round = 0; round < 20; round++) await maps.patch("owner", { data: { noise: String(round) } }, { type: "merge" });
    await s.clock.advance(1_000);
    expect((await maps.get("owner")).data).toEqual({ count: "1", noise: "19", seen: "1" });
    expect(s.logged.filter(({ level }) => level === "error")).toEqual([]);
  });

  test("goes on where it was when the server is restarted under it", async () => {
    await using s = await startServer();
    run(s, keeper);
    const maps = s.client.resource(ConfigMapKind).in("default");
    await maps.create({ metadata: { name: "owner" }, data: { count: "5" } });
    await s.restart();
    await maps.patch("owner", { data: { count: "9" } }, { type: "merge" });
    await s.clock.advance(60_000);
    expect(await names(s)).toHaveLength(9);
  });

  test("a write's cause is the change that led to it", async () => {
    await using s = await startServer();
    run(s, keeper);
    await s.client
      .resource(ConfigMapKind)
      .in("default")
      .create({ metadata: { name: "owner" }, data: { count: "1" } });
    await s.tasks.settle();
    const { entries } = await s.store.list({ prefix: "" });
    const [secret] = await names(s);
    const owner = entries.find(({ key }) => key.endsWith("/default/owner"))!;
    expect(entries.find(({ key }) => key.endsWith(`/default/${secret}`))?.cause).toMatchObject({
      user: "tester",
      actor: "keeper",
      revision: owner.created,
      object: "configmaps/default/owner",
    });
  });

  test("tells events, and counts up those that repeat", async () => {
    await using s = await startServer();
    const teller: Controller<ConfigMap> = {
      name: "teller",
      watches: [watch(ConfigMapKind)],
      observe: (key, caches) => caches.of(ConfigMapKind).get(key),
      reconcile: (about): { readonly actions: readonly Action[] } => ({
        actions: [{ verb: "event", about, type: "Warning", reason: "Seen", message: `Saw ${about.metadata.name}` }],
      }),
    };
    run(s, teller);
    const maps = s.client.resource(ConfigMapKind).in("default");
    const { metadata } = await maps.create({ metadata: { name: "a" } });
    await s.tasks.settle();
    for (let round = 0; round < 3; round++) {
      await s.clock.advance(60_000);
      await maps.patch("a", { data: { round: String(round) } }, { type: "merge" });
      await s.tasks.settle();
    }
    const events = (await s.client.resource(EventKind).list()).items;
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      metadata: { namespace: "default" },
      involvedObject: { apiVersion: "v1", kind: "ConfigMap", namespace: "default", name: "a", uid: metadata.uid },
      type: "Warning",
      reason: "Seen",
      message: "Saw a",
      count: 4,
      firstTimestamp: "2026-01-01T12:00:00Z",
      lastTimestamp: "2026-01-01T12:03:00Z",
      source: { component: "teller-controller" },
    });
  });

  test("the cluster is at rest when it has settled: no key waits, and nothing failed", async () => {
    await using s = await startServer();
    run(s, keeper);
    await s.client.resource(NamespaceKind).create({ metadata: { name: "team" } });
    await s.client
      .resource(ConfigMapKind)
      .in("team")
      .create({ metadata: { name: "owner" }, data: { count: "2" } });
    await s.tasks.settle();
    expect({ pending: s.tasks.pending(), failures: s.tasks.failures, secrets: (await names(s)).length }).toEqual({
      pending: [],
      failures: [],
      secrets: 2,
    });
  });
});
