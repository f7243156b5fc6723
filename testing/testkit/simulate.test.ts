import { type ConfigMap, ConfigMapKind } from "@kubets/api";
import { type Controller, watch } from "@kubets/client";
import type { Instant, Kind } from "@kubets/machinery";
import { Agent, request } from "undici";
import { load } from "js-yaml";
import { expect, test } from "vitest";
import type { Faults } from "./faults.ts";
import { simulate, type SimulationFailure } from "./simulate.ts";
import { startCluster } from "./start-cluster.ts";

const startTime = Date.UTC(2027, 0, 1) as Instant;

/** Copies what a map says into its annotation, with the time at which it did. */
const copyText = (onReconcile: (now: Instant) => void = () => {}): Controller<ConfigMap> => ({
  name: "copy-text",
  watches: [watch(ConfigMapKind)],
  observe(key, caches) {
    const map = caches.of(ConfigMapKind).get(key);
    return map?.data?.["text"] === undefined || map.metadata.annotations?.["copy"] === map.data["text"] ? undefined : map;
  },
  reconcile({ metadata, data }, now) {
    onReconcile(now);
    const { namespace = "default", name } = metadata;
    const patch = { metadata: { annotations: { copy: data?.["text"] } } };
    return { actions: [{ verb: "patch", kind: ConfigMapKind as unknown as Kind, namespace, name, type: "merge", patch }] };
  },
});

const kindsOfFault: readonly (readonly [string, Faults])[] = [
  ["conflict", { conflicts: 0.5 }],
  ["lost request", { lostRequests: 0.3 }],
  ["lost answer", { lostAnswers: 0.5 }],
  ["dropped watch", { droppedWatches: 0.3 }],
  ["late", { late: 0.8 }],
  ["crash", { crashes: 0.5 }],
  ["clock skew", { clockSkew: 60_000 }],
];

test.each(kindsOfFault)("an operator that is right comes through, whatever goes wrong: %s", async (kind, faults) => {
  const seen: Instant[] = [];
  const hit = new Set<string>();
  const { faults: count } = await simulate({
    seeds: [1, 2, 3],
    faults,
    operators: () => [copyText((now) => seen.push(now))],
    cluster: { nodes: 0, controllers: false, scheduler: false, startTime },
    async run(cluster) {
      const maps = cluster.client.resource(ConfigMapKind).in("default");
      for (const text of ["one", "two", "three", "four"]) {
        await maps.create({ metadata: { name: text }, data: { text } });
        await cluster.clock.advance("5s");
      }
      for (const each of cluster.faults!.injected) hit.add(each.kind);
    },
    async end({ client }) {
      const { items } = await client.resource(ConfigMapKind).in("default").list();
      expect(items.map(({ metadata, data }) => metadata.annotations?.["copy"] === data?.["text"])).toEqual([true, true, true, true]);
    },
  });
  expect([[...hit], count > 0]).toEqual([[kind], true]);
  if (kind === "clock skew") expect(seen.some((now) => (now - startTime) % 5000 !== 0)).toBe(true);
});

test("the same seed goes wrong in the same way, another one in another", async () => {
  const told = async (seed: number): Promise<string> => {
    const failure = await simulate({
      seeds: [seed],
      operators: () => [copyText()],
      cluster: { nodes: 0, controllers: false, scheduler: false, startTime },
      shrinkingRuns: 0,
      async run({ client, clock }) {
        await client
          .resource(ConfigMapKind)
          .in("default")
          .create({ metadata: { name: "a" }, data: { text: "b" } });
        await clock.advance("1m");
        throw new Error("enough");
      },
    }).catch((error: unknown) => error);
    return (failure as SimulationFailure).message;
  };
  const first = await told(1);
  expect(first).toContain("Seed 1: enough\n");
  expect(await told(1)).toBe(first);
  expect((await told(2)).split("\n").slice(1)).not.toEqual(first.split("\n").slice(1));
});

test("a client over HTTPS meets conflicts, errors and answers that come too late, and the cluster keeps what was done", async () => {
  await using cluster = await startCluster({
    nodes: 0,
    controllers: false,
    scheduler: false,
    seed: 3,
    faults: { conflicts: 0.3, lostRequests: 0.2, lostAnswers: 0.3 },
  });
  const { clusters, users } = load(await cluster.kubeconfig) as {
    readonly clusters: readonly [{ readonly cluster: Readonly<Record<string, string>> }];
    readonly users: readonly [{ readonly user: Readonly<Record<string, string>> }];
  };
  const pem = (text: string | undefined): string => Buffer.from(text ?? "", "base64").toString();
  const [{ user }] = users;
  const dispatcher = new Agent({
    connect: {
      ca: pem(clusters[0].cluster["certificate-authority-data"]),
      cert: pem(user["client-certificate-data"]),
      key: pem(user["client-key-data"]),
    },
  });
  const statuses = new Set<number>();
  for (let index = 0; index < 60; index++) {
    const target = `${await cluster.url}/api/v1/namespaces/default/configmaps/counted`;
    const { statusCode, body } = await request(`${target}?fieldManager=counter`, {
      method: "PATCH",
      dispatcher,
      headers: { "content-type": "application/apply-patch+yaml" },
      body: JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "counted" }, data: { index: `${index}` } }),
    });
    await body.dump();
    statuses.add(statusCode);
  }
  await dispatcher.close();
  expect(statuses.difference(new Set([201]))).toEqual(new Set([200, 409, 500, 504]));
  expect(new Set(cluster.faults!.injected.map(({ kind }) => kind))).toEqual(new Set(["conflict", "lost request", "lost answer"]));
  cluster.faults!.end();
  await cluster.settle();
  expect(Number((await cluster.client.resource(ConfigMapKind).in("default").get("counted")).data?.["index"])).toBeGreaterThan(30);
});
