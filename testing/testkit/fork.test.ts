import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigMapKind, CustomResourceDefinitionKind, DeploymentKind, NodeKind, PodKind } from "@kubets/api";
import { objectKey } from "@kubets/client";
import { defineKind, isStatus, type Kind, kindObject, type KubernetesObject } from "@kubets/machinery";
import { programsByImage } from "@kubets/simulated";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Cluster } from "./cluster.ts";
import { NotSettledError } from "./not-settled.ts";
import { startCluster } from "./start-cluster.ts";

const deployment = (name: string, image = "web:1"): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  replicas: 3
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: { containers: [{ name: web, image: "${image}" }] }
`;

const programs = [programsByImage({ "crash:1": { runFor: 5_000, exitCode: 3 }, "slow:1": { startDelay: 60_000 } })];

const widgets: Kind = defineKind({
  group: "example.com",
  version: "v1",
  kind: "Widget",
  resource: "widgets",
  scope: "Namespaced",
  schema: kindObject<KubernetesObject>("Widget", "Something of one's own.", {}),
});
const widgetDefinition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.example.com }
spec:
  group: example.com
  scope: Namespaced
  names: { plural: widgets, kind: Widget }
  versions:
    - name: v1
      served: true
      storage: true
      schema: { openAPIV3Schema: { type: object, properties: { size: { type: integer } } } }
`;

let cluster: Cluster;
beforeEach(async () => {
  cluster = await startCluster({ nodes: 2, seed: 1, programs, startTime: 1_800_000_000_000 as never });
  await cluster.apply(deployment("web"));
  await cluster.settle();
});
afterEach(async () => {
  expect(cluster.failures).toEqual([]);
  await cluster[Symbol.asyncDispose]();
});

const phases = async (of: Cluster): Promise<Readonly<Record<string, string | undefined>>> =>
  Object.fromEntries((await of.client.resource(PodKind).list()).items.map((pod) => [objectKey(pod), pod.status.phase]));
const revision = async (of: Cluster): Promise<string | undefined> => (await of.client.resource(PodKind).list()).metadata.resourceVersion;

const isReady = async (of: Cluster): Promise<string | undefined> =>
  (await of.client.resource(NodeKind).get("simulated-0")).status.conditions?.find(({ type }) => type === "Ready")?.status;

describe("a fork", () => {
  test("begins as the cluster is, at rest: its controllers come up and write nothing", async () => {
    await using fork = await cluster.fork();
    await fork.settle();
    expect(await revision(fork)).toBe(await revision(cluster));
    expect(await phases(fork)).toEqual(await phases(cluster));
    expect(fork.clock.now()).toBe(cluster.clock.now());
    expect(fork.failures).toEqual([]);
  });

  test("shares what was decoded with the cluster", async () => {
    await using fork = await cluster.fork();
    const [name] = Object.keys(await phases(cluster)).map((key) => key.split("/")[1]!);
    const read = (of: Cluster): Promise<unknown> => of.client.resource(PodKind).in("default").get(name!);
    expect(await read(fork)).toBe(await read(cluster));
  });

  test("and the cluster go their own ways", async () => {
    await using fork = await cluster.fork();
    const before = await phases(cluster);
    await fork.client.resource(DeploymentKind).in("default").delete("web");
    await fork.settle();
    fork.controlPlane.simulatedNodes!.node("simulated-0").fail();
    await fork.clock.advance("1h");
    expect([await phases(fork), await isReady(fork)]).toEqual([{}, "Unknown"]);
    expect(await phases(cluster)).toEqual(before);
    expect(await isReady(cluster)).toBe("True");
    await cluster.apply(deployment("second"));
    await cluster.settle();
    expect(Object.keys(await phases(fork))).toEqual([]);
  });

  test("serves at once what its cluster's definitions declare, and shares no later change of it", async () => {
    await cluster.apply(widgetDefinition);
    await cluster.settle();
    const widgetsOf = (of: Cluster) => of.client.resource(widgets).in("default");
    const sizes = async (of: Cluster): Promise<unknown> =>
      (await widgetsOf(of).list()).items.map((widget) => [widget.metadata.name, (widget as KubernetesObject & { size?: number }).size]);
    await widgetsOf(cluster).create({ metadata: { name: "w" }, size: 1 } as never);
    await cluster.settle();

    await using fork = await cluster.fork();
    expect(await widgetsOf(fork).get("w")).toEqual(await widgetsOf(cluster).get("w"));
    await widgetsOf(fork).patch("w", { size: 2 }, { type: "merge" });
    await widgetsOf(cluster).create({ metadata: { name: "later" }, size: 3 } as never);
    await expect(widgetsOf(fork).create({ metadata: { name: "wrong" }, size: "large" } as never)).rejects.toThrow("size");
    await fork.settle();
    expect([await sizes(fork), await sizes(cluster)]).toEqual([
      [["w", 2]],
      [
        ["later", 3],
        ["w", 1],
      ],
    ]);

    await fork.client.resource(CustomResourceDefinitionKind).delete("widgets.example.com");
    await fork.settle();
    const gone = await widgetsOf(fork)
      .list()
      .catch((error: unknown) => error);
    expect(isStatus(gone, "NotFound")).toBe(true);
    expect(await sizes(cluster)).toHaveLength(2);
  });

  test("of a cluster with the same seed lives the same life again", async () => {
    const live = async (of: Cluster): Promise<unknown> => {
      await of.settle();
      await of.apply(deployment("next"));
      await of.settle();
      await of.clock.advance("5m");
      return phases(of);
    };
    await using first = await cluster.fork();
    await using second = await cluster.fork();
    const lived = await live(first);
    expect(await live(second)).toEqual(lived);
    expect(Object.keys(lived as object)).toHaveLength(6);
  });

  test("knows how far its containers have come", async () => {
    await cluster.apply(deployment("crash", "crash:1"));
    await cluster.apply(deployment("slow", "slow:1"));
    await cluster.settle();
    await cluster.clock.advance("8s");
    await using fork = await cluster.fork();
    const restarts = async (of: Cluster): Promise<readonly (number | undefined)[]> => {
      await of.clock.advance("90s");
      return (await of.client.resource(PodKind).list()).items.map(({ status }) => status.containerStatuses?.[0]?.restartCount);
    };
    expect(await restarts(fork)).toEqual(await restarts(cluster));
    expect(await phases(fork)).toEqual(await phases(cluster));
  });

  test("remembers the past of the cluster", async () => {
    const past = await revision(cluster);
    const before = Object.keys(await phases(cluster));
    await cluster.client.resource(DeploymentKind).in("default").delete("web");
    await cluster.settle();
    await using fork = await cluster.fork();
    const pods = fork.at(past!).resource(PodKind);
    expect((await pods.list()).items.map(objectKey)).toEqual(before);
    expect(objectKey(await pods.in("default").get(before[0]!.split("/")[1]!))).toBe(before[0]);
    const missing = await pods
      .in("default")
      .get("nobody")
      .catch((error: unknown) => error);
    expect(isStatus(missing, "NotFound")).toBe(true);
  });

  test("of a cluster in which something moves is refused, with what moves", async () => {
    await cluster.apply(deployment("moving"));
    const refusal = await cluster.fork().catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(NotSettledError);
    expect((refusal as NotSettledError).message).toMatch(/^Cannot fork the cluster: it is not settled\. Still moving: \d+ × /);
    const advancing = cluster.clock.advance("1m");
    await expect(cluster.snapshot()).rejects.toThrow("Cannot take a snapshot: its clock is being advanced");
    await expect(cluster.clock.advance("1m")).rejects.toThrow("it is being advanced already");
    await advancing;
    await cluster.settle();
  });
});

describe("a snapshot", () => {
  test("is one file, from which a cluster goes on", async () => {
    const folder = mkdtempSync(join(tmpdir(), "kubets-snapshot-"));
    try {
      const path = join(folder, "cluster");
      const snapshot = await cluster.snapshot();
      snapshot.save(path);
      await cluster.client
        .resource(ConfigMapKind)
        .in("default")
        .create({ metadata: { name: "later" } });
      await using restored = await startCluster({ snapshot: path, programs });
      expect(await revision(restored)).toBe(String(snapshot.revision));
      expect(await phases(restored)).toEqual(await phases(cluster));
      expect([restored.clock.now(), restored.seed]).toEqual([snapshot.now, 1]);
      expect((await restored.client.resource(ConfigMapKind).in("default").list()).items.map(objectKey)).not.toContain("default/later");
      await restored.apply(deployment("next"));
      await restored.settle();
      expect(Object.values(await phases(restored))).toEqual(Array.from({ length: 6 }, () => "Running"));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("that isn't one is refused", async () => {
    const folder = mkdtempSync(join(tmpdir(), "kubets-snapshot-"));
    try {
      const path = join(folder, "file");
      for (const [text, problem] of [
        ["anything", "it is not the snapshot of a cluster"],
        ["kubets cluster snapshot 99\n", "its format is 99, this program reads 1"],
        ["kubets cluster snapshot 1\nnonsense", "the file is damaged"],
      ] as const) {
        writeFileSync(path, text);
        await expect(startCluster({ snapshot: path })).rejects.toThrow(`Cannot start from ${path}: ${problem}`);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
