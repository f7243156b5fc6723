import {
  ControllerRevisionKind,
  isPodReady,
  type Pod,
  PersistentVolumeClaimKind,
  PodKind,
  type Scale,
  type StatefulSet,
  StatefulSetKind,
} from "@kubets/api";
import type { DraftObject } from "@kubets/client";
import type { Draft } from "@kubets/machinery";
import { expect, test } from "vitest";
import { exerciseStatus } from "../api-operations.ts";
import { conformanceCluster, namesIn, record } from "../conformance-cluster.ts";
import { podTemplate } from "../workloads.ts";

const cluster = conformanceCluster({ nodes: 2 });
const setsIn = (namespace: string) => cluster.client.resource(StatefulSetKind).in(namespace);
const podsIn = (namespace: string) => cluster.client.resource(PodKind).in(namespace);

const warm = "example.com/warm";
function aStatefulSet(
  name: string,
  { replicas, gated = false, ...spec }: Partial<Draft<StatefulSet["spec"]>> & { readonly replicas: number; readonly gated?: boolean },
): DraftObject<StatefulSet> {
  const template = podTemplate(name);
  const gates = gated ? { readinessGates: [{ conditionType: warm }] } : {};
  return {
    metadata: { name, labels: { app: name } },
    spec: {
      replicas,
      serviceName: name,
      selector: { matchLabels: { app: name } },
      template: { ...template, spec: { ...template.spec!, ...gates } },
      ...spec,
    },
  };
}

const claimTemplate = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name: "data" },
  spec: { accessModes: ["ReadWriteOnce" as const], resources: { requests: { storage: "1Gi" } } },
};

async function rolledOut(namespace: string, name: string): Promise<StatefulSet> {
  await cluster.until(async () => {
    const { metadata, spec, status } = await setsIn(namespace).get(name);
    expect(status).toMatchObject({ observedGeneration: metadata.generation, replicas: spec.replicas });
    expect([status.readyReplicas ?? 0, status.updatedReplicas ?? 0, status.availableReplicas]).toEqual(Array(3).fill(spec.replicas));
    expect(status.currentRevision).toBe(status.updateRevision);
  });
  return setsIn(namespace).get(name);
}

/** Makes a Pod with a readiness gate ready, or not ready any more. */
async function setWarm(namespace: string, name: string, isWarm: boolean): Promise<void> {
  const patch = { status: { conditions: [{ type: warm, status: isWarm ? "True" : "False" }] } };
  await podsIn(namespace).patch(name, patch, { type: "strategic", subresource: "status" });
}

const imagesIn = async (namespace: string): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries((await podsIn(namespace).list()).items.map(({ metadata, spec }) => [metadata.name, spec.containers[0]!.image ?? ""]));
const newImage = (image: string) => ({ spec: { template: { spec: { containers: [{ name: "web", image }] } } } });

test("AP-053 a StatefulSet that scales in parallel comes and goes although its Pods are not ready", async () => {
  const namespace = await cluster.namespace();
  await setsIn(namespace).create(aStatefulSet("web", { replicas: 1, gated: true, podManagementPolicy: "Parallel" }));
  await cluster.until(async () => expect(await namesIn(podsIn(namespace))).toEqual(["web-0"]));
  await setsIn(namespace).patch("web", { spec: { replicas: 3 } }, { type: "merge" });
  await cluster.until(async () => expect(await namesIn(podsIn(namespace))).toEqual(["web-0", "web-1", "web-2"]));
  for (const name of ["web-0", "web-1", "web-2"]) await setWarm(namespace, name, true);
  await rolledOut(namespace, "web");
  await setWarm(namespace, "web-1", false);
  await setsIn(namespace).patch("web", { spec: { replicas: 0 } }, { type: "merge" });
  await cluster.until(async () => expect(await namesIn(podsIn(namespace))).toEqual([]));
});

test("AP-054 Pods come from the lowest number up and go from the highest down, and both halt at one that isn't well", async () => {
  const namespace = await cluster.namespace();
  await using told = await record(podsIn(namespace));
  await setsIn(namespace).create(aStatefulSet("web", { replicas: 3, gated: true }));
  for (const name of ["web-0", "web-1", "web-2"]) {
    await cluster.until(async () => expect(await namesIn(podsIn(namespace))).toContain(name));
    expect((await namesIn(podsIn(namespace))).at(-1)).toBe(name);
    await setWarm(namespace, name, true);
  }
  await rolledOut(namespace, "web");
  for (const name of ["web-0", "web-1", "web-2"]) await setWarm(namespace, name, false);
  await cluster.until(async () => expect((await podsIn(namespace).list()).items.some(isPodReady)).toBe(false));
  await setsIn(namespace).patch("web", { spec: { replicas: 0 } }, { type: "merge" });
  await cluster.until(async () => expect((await setsIn(namespace).get("web")).status.observedGeneration).toBe(2));
  expect(await namesIn(podsIn(namespace))).toEqual(["web-0", "web-1", "web-2"]);
  for (const name of ["web-0", "web-1", "web-2"]) await setWarm(namespace, name, true);
  await cluster.until(async () => expect(await namesIn(podsIn(namespace))).toEqual([]));
  expect(told.told.filter((line) => !line.startsWith("MODIFIED"))).toEqual([
    "ADDED web-0",
    "ADDED web-1",
    "ADDED web-2",
    "DELETED web-2",
    "DELETED web-1",
    "DELETED web-0",
  ]);
});

test("AP-056 the scale of a StatefulSet reads, updates and patches its replicas", async () => {
  const namespace = await cluster.namespace();
  await setsIn(namespace).create(aStatefulSet("web", { replicas: 1 }));
  await rolledOut(namespace, "web");
  const scale = (await setsIn(namespace).subresource("web", "scale").get()) as Scale;
  expect(scale).toMatchObject({ spec: { replicas: 1 }, status: { replicas: 1, selector: "app=web" } });
  await setsIn(namespace)
    .subresource("web", "scale")
    .update({ ...scale, spec: { replicas: 2 } });
  expect((await setsIn(namespace).get("web")).spec.replicas).toBe(2);
  await setsIn(namespace).patch("web", { spec: { replicas: 4 } }, { type: "merge", subresource: "scale" });
  expect((await rolledOut(namespace, "web")).status.replicas).toBe(4);
});

test("AP-057 StatefulSets are listed by label, patched, and deleted as a collection", async () => {
  const namespace = await cluster.namespace();
  await setsIn(namespace).create(aStatefulSet("web", { replicas: 1 }));
  await rolledOut(namespace, "web");
  const patch = { metadata: { labels: { patched: "yes" } }, spec: { replicas: 2, ...newImage("web:2").spec } };
  await setsIn(namespace).patch("web", patch, { type: "strategic" });
  await rolledOut(namespace, "web");
  const labelSelector = "patched=yes";
  expect(await namesIn(setsIn(namespace), { labelSelector })).toEqual(["web"]);
  expect(await imagesIn(namespace)).toEqual({ "web-0": "web:2", "web-1": "web:2" });
  await setsIn(namespace).deleteCollection({ labelSelector });
  await cluster.until(async () => expect(await namesIn(setsIn(namespace))).toEqual([]));
});

test("AP-058 a partition holds an update back: a canary first, then the rest in phases, and a Pod below it is made anew as it was", async () => {
  const namespace = await cluster.namespace();
  const rolling = (partition: number) => ({ updateStrategy: { type: "RollingUpdate" as const, rollingUpdate: { partition } } });
  await setsIn(namespace).create(aStatefulSet("web", { replicas: 3, ...rolling(3) }));
  await rolledOut(namespace, "web");
  await setsIn(namespace).patch("web", newImage("web:2"), { type: "strategic" });
  const held = async (images: readonly string[]) =>
    cluster.until(async () => {
      const { metadata, status } = await setsIn(namespace).get("web");
      expect(status).toMatchObject({ observedGeneration: metadata.generation, readyReplicas: 3 });
      expect(Object.values(await imagesIn(namespace))).toEqual(images);
    });
  await held(["web:1", "web:1", "web:1"]);
  const { status } = await setsIn(namespace).get("web");
  expect(status.updateRevision).not.toBe(status.currentRevision);
  await setsIn(namespace).patch("web", { spec: rolling(2) }, { type: "merge" });
  await held(["web:1", "web:1", "web:2"]);
  for (const name of ["web-0", "web-2"]) await podsIn(namespace).delete(name, { gracePeriodSeconds: 0 });
  await held(["web:1", "web:1", "web:2"]);
  const revisionOf = async (name: string) => (await podsIn(namespace).get(name)).metadata.labels?.["controller-revision-hash"];
  expect([await revisionOf("web-0"), await revisionOf("web-2")]).toEqual([status.currentRevision, status.updateRevision]);
  await setsIn(namespace).patch("web", { spec: rolling(0) }, { type: "merge" });
  const done = await rolledOut(namespace, "web");
  expect(done.status.currentRevision).toBe(status.updateRevision);
  expect(Object.values(await imagesIn(namespace))).toEqual(["web:2", "web:2", "web:2"]);
});

test("AP-059 a new template rolls from the highest number down, and the old one comes back as the revision that it was", async () => {
  const namespace = await cluster.namespace();
  await setsIn(namespace).create(aStatefulSet("web", { replicas: 3 }));
  const first = (await rolledOut(namespace, "web")).status.currentRevision;
  await using told = await record(podsIn(namespace));
  await setsIn(namespace).patch("web", newImage("web:2"), { type: "strategic" });
  const second = (await rolledOut(namespace, "web")).status.currentRevision;
  expect(second).not.toBe(first);
  expect(told.told.filter((line) => line.startsWith("DELETED"))).toEqual(["DELETED web-2", "DELETED web-1", "DELETED web-0"]);
  await setsIn(namespace).patch("web", newImage("web:1"), { type: "strategic" });
  expect((await rolledOut(namespace, "web")).status.currentRevision).toBe(first);
  expect(Object.values(await imagesIn(namespace))).toEqual(["web:1", "web:1", "web:1"]);
  const revisions = (await cluster.client.resource(ControllerRevisionKind).in(namespace).list()).items;
  expect(Object.fromEntries(revisions.map(({ metadata, revision }) => [metadata.name, revision]))).toEqual({ [first!]: 3, [second!]: 2 });
});

test("AP-060 the status of a StatefulSet is read, updated and patched apart from it", async () => {
  const namespace = await cluster.namespace();
  await setsIn(namespace).create(aStatefulSet("web", { replicas: 1 }));
  await rolledOut(namespace, "web");
  await exerciseStatus(setsIn(namespace), "web");
});

test("AP-055 a Pod that failed is made anew in its place", async () => {
  const namespace = await cluster.namespace();
  await setsIn(namespace).create(aStatefulSet("web", { replicas: 1 }));
  await rolledOut(namespace, "web");
  const evicted = await podsIn(namespace).get("web-0");
  await podsIn(namespace).patch("web-0", { status: { phase: "Failed", reason: "Evicted" } }, { type: "merge", subresource: "status" });
  await cluster.until(async () => expect((await podsIn(namespace).get("web-0")).metadata.uid).not.toBe(evicted.metadata.uid));
  await rolledOut(namespace, "web");
});

test("each Pod keeps its name, its host name and its claims", async () => {
  const namespace = await cluster.namespace();
  const set = aStatefulSet("web", { replicas: 2, podManagementPolicy: "Parallel", volumeClaimTemplates: [claimTemplate] });
  const containers = [{ name: "web", image: "web:1", volumeMounts: [{ name: "data", mountPath: "/data" }] }];
  const template = { ...set.spec!.template!, spec: { containers } };
  await setsIn(namespace).create({ ...set, spec: { ...set.spec!, template } });
  const claims = cluster.client.resource(PersistentVolumeClaimKind).in(namespace);
  await cluster.until(async () => expect(await namesIn(claims)).toEqual(["data-web-0", "data-web-1"]));
  const identity = ({ metadata, spec }: Pod) => ({
    index: metadata.labels?.["apps.kubernetes.io/pod-index"],
    host: `${spec.hostname}.${spec.subdomain}`,
    claim: spec.volumes?.find(({ name }) => name === "data")?.persistentVolumeClaim?.claimName,
  });
  const before = await podsIn(namespace).get("web-1");
  expect(identity(before)).toEqual({ index: "1", host: "web-1.web", claim: "data-web-1" });
  await podsIn(namespace).delete("web-1", { gracePeriodSeconds: 0 });
  await cluster.until(async () => expect((await podsIn(namespace).get("web-1")).metadata.uid).not.toBe(before.metadata.uid));
  expect(identity(await podsIn(namespace).get("web-1"))).toEqual(identity(before));
});

test("claims go with a StatefulSet that says so, and with the Pods that a scale-down takes", async () => {
  const namespace = await cluster.namespace();
  const claims = cluster.client.resource(PersistentVolumeClaimKind).in(namespace);
  await setsIn(namespace).create(
    aStatefulSet("web", {
      replicas: 2,
      podManagementPolicy: "Parallel",
      volumeClaimTemplates: [claimTemplate],
      persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Delete" },
    }),
  );
  await cluster.until(async () => expect(await namesIn(claims)).toEqual(["data-web-0", "data-web-1"]));
  await setsIn(namespace).patch("web", { spec: { replicas: 1 } }, { type: "merge" });
  await cluster.until(async () => expect(await namesIn(claims)).toEqual(["data-web-0"]));
  const whenDeleted = { spec: { persistentVolumeClaimRetentionPolicy: { whenDeleted: "Delete", whenScaled: "Retain" } } };
  await setsIn(namespace).patch("web", whenDeleted, { type: "merge" });
  await cluster.until(async () =>
    expect((await claims.get("data-web-0")).metadata.ownerReferences).toMatchObject([{ kind: "StatefulSet" }]),
  );
  await setsIn(namespace).delete("web");
  await cluster.until(async () => expect(await namesIn(claims)).toEqual([]));
});
