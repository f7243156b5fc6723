import { DeploymentKind, isPodReady, PodKind, ReplicaSetKind, type Scale } from "@kubets/api";
import { expect, test } from "vitest";
import { exerciseStatus } from "../api-operations.ts";
import { conformanceCluster, record, refusal } from "../conformance-cluster.ts";
import { aDeployment, aReplicaSet, podTemplate, replicasReady, rolledOut } from "../workloads.ts";

const cluster = conformanceCluster({ nodes: 2 });
const deploymentsIn = (namespace: string) => cluster.client.resource(DeploymentKind).in(namespace);
const replicaSetsIn = (namespace: string) => cluster.client.resource(ReplicaSetKind).in(namespace);
const changeTemplate = (namespace: string, name: string, template: object) =>
  deploymentsIn(namespace).patch(name, { spec: { template } }, { type: "strategic" });

/** How many Pods each template is asked for, by its image. */
async function sizesByImage(namespace: string): Promise<Readonly<Record<string, number>>> {
  const { items } = await replicaSetsIn(namespace).list();
  return Object.fromEntries(items.map(({ spec }) => [spec.template.spec.containers[0]!.image!, spec.replicas]));
}

test("AP-014 the scale of a Deployment reads, updates and patches its replicas", async () => {
  const namespace = await cluster.namespace();
  const deployments = deploymentsIn(namespace);
  await deployments.create(aDeployment("web", { replicas: 1 }));
  await rolledOut(cluster, namespace, "web");
  const scale = (await deployments.subresource("web", "scale").get()) as Scale;
  expect(scale).toMatchObject({ kind: "Scale", spec: { replicas: 1 }, status: { replicas: 1, selector: "app=web" } });
  await deployments.subresource("web", "scale").update({ ...scale, spec: { replicas: 2 } });
  expect((await deployments.get("web")).spec.replicas).toBe(2);
  await deployments.patch("web", { spec: { replicas: 4 } }, { type: "merge", subresource: "scale" });
  expect((await deployments.get("web")).spec.replicas).toBe(4);
  await rolledOut(cluster, namespace, "web");
});

test("AP-015 a Deployment that recreates never runs old and new Pods together", async () => {
  const namespace = await cluster.namespace();
  await deploymentsIn(namespace).create(aDeployment("web", { replicas: 3, strategy: { type: "Recreate" } }));
  await rolledOut(cluster, namespace, "web");
  await using pods = await record(cluster.client.resource(PodKind).in(namespace));
  const { items: old } = await cluster.client.resource(PodKind).in(namespace).list();
  await changeTemplate(namespace, "web", podTemplate("web", { image: "web:2" }));
  await rolledOut(cluster, namespace, "web");
  const alive = new Map(old.map(({ metadata }) => [metadata.name, "web:1"]));
  for (const { type, object } of pods.events) {
    if (type === "DELETED") alive.delete(object.metadata.name);
    else alive.set(object.metadata.name, object.spec.containers[0]!.image!);
    expect(new Set(alive.values()).size).toBeLessThanOrEqual(1);
  }
  expect([...alive.values()]).toEqual(["web:2", "web:2", "web:2"]);
});

test("AP-016 a Deployment adopts a ReplicaSet that matches, goes on from its revision, and rolls its Pods over", async () => {
  const namespace = await cluster.namespace();
  const replicaSet = aReplicaSet("web", { replicas: 1 });
  const annotations = { "deployment.kubernetes.io/revision": "3546343826724305832" };
  await replicaSetsIn(namespace).create({ ...replicaSet, metadata: { ...replicaSet.metadata, annotations } });
  await replicasReady(cluster, namespace, "web", 1);
  await deploymentsIn(namespace).create(aDeployment("web", { replicas: 1, template: podTemplate("web", { image: "web:2" }) }));
  const deployment = await rolledOut(cluster, namespace, "web");
  expect(deployment.metadata.annotations).toMatchObject({ "deployment.kubernetes.io/revision": "3546343826724305833" });
  expect((await replicaSetsIn(namespace).get("web")).metadata.ownerReferences).toMatchObject([{ kind: "Deployment", name: "web" }]);
  expect(await sizesByImage(namespace)).toEqual({ "web:1": 0, "web:2": 1 });
});

test("AP-017 ReplicaSets beyond the history limit are removed", async () => {
  const namespace = await cluster.namespace();
  await replicaSetsIn(namespace).create(aReplicaSet("web", { replicas: 1 }));
  await replicasReady(cluster, namespace, "web", 1);
  const template = podTemplate("web", { image: "web:2" });
  await deploymentsIn(namespace).create(aDeployment("web", { replicas: 1, revisionHistoryLimit: 0, template }));
  await rolledOut(cluster, namespace, "web");
  await cluster.until(async () => expect(await sizesByImage(namespace)).toEqual({ "web:2": 1 }));
});

test("AP-018 scaling while a rollout is stuck shares the replicas by proportion", async () => {
  const namespace = await cluster.namespace();
  const strategy = { type: "RollingUpdate" as const, rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } };
  await deploymentsIn(namespace).create(aDeployment("web", { replicas: 10, strategy }));
  await rolledOut(cluster, namespace, "web");
  await changeTemplate(namespace, "web", podTemplate("web", { image: "web:404", unschedulable: true }));
  await cluster.until(async () => expect(await sizesByImage(namespace)).toEqual({ "web:1": 8, "web:404": 5 }));
  await deploymentsIn(namespace).patch("web", { spec: { replicas: 30 } }, { type: "merge", subresource: "scale" });
  await cluster.until(async () => expect(await sizesByImage(namespace)).toEqual({ "web:1": 20, "web:404": 13 }));
});

test("AP-019 a template changed in the middle of a rollout ends at the newest, past the one between", async () => {
  const namespace = await cluster.namespace();
  await deploymentsIn(namespace).create(aDeployment("web", { replicas: 3 }));
  await rolledOut(cluster, namespace, "web");
  await changeTemplate(namespace, "web", podTemplate("web", { image: "web:stuck", unschedulable: true }));
  await cluster.until(async () => expect(await sizesByImage(namespace)).toMatchObject({ "web:stuck": 1 }));
  await changeTemplate(namespace, "web", { spec: { containers: [{ name: "web", image: "web:3" }], nodeSelector: null } });
  await rolledOut(cluster, namespace, "web");
  expect(await sizesByImage(namespace)).toEqual({ "web:1": 0, "web:stuck": 0, "web:3": 3 });
});

test("AP-020 a watch sees a Deployment made, patched, scaled, its status read and patched, and deleted", async () => {
  const namespace = await cluster.namespace();
  const deployments = deploymentsIn(namespace);
  await using recording = await record(deployments, { labelSelector: "app=web" });
  await deployments.create(aDeployment("web", { replicas: 2 }));
  await rolledOut(cluster, namespace, "web");
  await deployments.patch("web", { metadata: { labels: { patched: "yes" } }, spec: { replicas: 1 } }, { type: "strategic" });
  await rolledOut(cluster, namespace, "web");
  const status = (await deployments.subresource("web", "status").get()) as { readonly status: { readonly readyReplicas: number } };
  expect(status.status.readyReplicas).toBe(1);
  const condition = { type: "Conformance", status: "True", reason: "E2E", message: "Set by a conformance test" };
  await deployments.patch("web", { status: { conditions: [condition] } }, { type: "strategic", subresource: "status" });
  await deployments.delete("web");
  await cluster.until(async () => expect(await refusal(deployments.get("web"))).toBe("NotFound"));
  await cluster.until(async () => expect(recording.told.at(-1)).toBe("DELETED web"));
  expect(recording.told[0]).toBe("ADDED web");
  const seen = recording.events.map(({ object }) => object);
  expect(seen.some(({ spec, status: { readyReplicas } }) => spec.replicas === 2 && readyReplicas === 2)).toBe(true);
  expect(seen.some(({ metadata, spec }) => metadata.labels?.["patched"] === "yes" && spec.replicas === 1)).toBe(true);
  expect(seen.some((each) => each.status.conditions?.some(({ type }) => type === "Conformance") === true)).toBe(true);
});

test("AP-021 a Deployment's status is read, updated and patched, and its controller keeps what it doesn't know", async () => {
  const namespace = await cluster.namespace();
  await deploymentsIn(namespace).create(aDeployment("web", { replicas: 1 }));
  await rolledOut(cluster, namespace, "web");
  await exerciseStatus(deploymentsIn(namespace), "web");
  const { items } = await cluster.client.resource(PodKind).in(namespace).list();
  expect(items.map(isPodReady)).toEqual([true]);
});
