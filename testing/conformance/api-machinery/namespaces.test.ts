import { ConfigMapKind, NamespaceKind, PodKind, ServiceKind } from "@kubets/api";
import { expect, test } from "vitest";
import { conformanceCluster, namesIn, refusal } from "../conformance-cluster.ts";
import { aPod } from "../workloads.ts";

const cluster = conformanceCluster({ nodes: 1 });
const namespaces = () => cluster.client.resource(NamespaceKind);
const gone = (name: string) => cluster.until(async () => expect(await refusal(namespaces().get(name))).toBe("NotFound"));

test("AM-068 a finalizer is added to a namespace and taken away through its subresource", async () => {
  const name = await cluster.namespace();
  const finalizersOf = async () => (await namespaces().get(name)).spec.finalizers;
  const { spec, ...namespace } = await namespaces().get(name);
  const finalizers = [...(spec.finalizers ?? []), "example.com/conformance"];
  await namespaces()
    .subresource(name, "finalize")
    .update({ ...namespace, spec: { finalizers } });
  expect(await finalizersOf()).toEqual(["kubernetes", "example.com/conformance"]);
  const present = await namespaces().get(name);
  await namespaces()
    .subresource(name, "finalize")
    .update({ ...present, spec: { finalizers: ["kubernetes"] } });
  expect(await finalizersOf()).toEqual(["kubernetes"]);
});

test("AM-069 an update of a namespace's labels is kept", async () => {
  const name = await cluster.namespace();
  const namespace = await namespaces().get(name);
  await namespaces().update({ ...namespace, metadata: { ...namespace.metadata, labels: { ...namespace.metadata.labels, team: "a" } } });
  expect((await namespaces().get(name)).metadata.labels).toMatchObject({ team: "a", "kubernetes.io/metadata.name": name });
});

test("AM-070 a namespace's status says that it is active, and takes updates and patches", async () => {
  const name = await cluster.namespace();
  const namespace = await namespaces().get(name);
  expect(namespace.status.phase).toBe("Active");
  const condition = (type: string) => ({ type, status: "True" as const, reason: "E2E", message: "Set by a conformance test" });
  await namespaces().patch(name, { status: { conditions: [condition("StatusPatched")] } }, { type: "merge", subresource: "status" });
  const patched = await namespaces().get(name);
  expect(patched.status.conditions).toMatchObject([{ type: "StatusPatched" }]);
  const conditions = [...(patched.status.conditions ?? []), condition("StatusUpdated")];
  await namespaces().updateStatus({ ...patched, status: { ...patched.status, conditions } });
  expect((await namespaces().get(name)).status.conditions).toMatchObject([{ type: "StatusPatched" }, { type: "StatusUpdated" }]);
});

test("AM-071 a namespace goes with its Pods, and is empty when it is made again", async () => {
  const name = await cluster.namespace();
  await cluster.client.resource(PodKind).in(name).create(aPod("web"));
  await namespaces().delete(name);
  await gone(name);
  await namespaces().create({ metadata: { name } });
  expect(await namesIn(cluster.client.resource(PodKind).in(name))).toEqual([]);
});

test("AM-072 a namespace goes with its Services, and is empty when it is made again", async () => {
  const name = await cluster.namespace();
  const services = cluster.client.resource(ServiceKind).in(name);
  await services.create({ metadata: { name: "web" }, spec: { selector: { app: "web" }, ports: [{ port: 80 }] } });
  await namespaces().delete(name);
  await gone(name);
  await namespaces().create({ metadata: { name } });
  expect(await namesIn(services)).toEqual([]);
});

test("AM-073 a label patched onto a namespace is kept", async () => {
  const name = await cluster.namespace();
  await namespaces().patch(name, { metadata: { labels: { patched: "yes" } } }, { type: "strategic" });
  expect((await namespaces().get(name)).metadata.labels).toMatchObject({ patched: "yes" });
});

test("AM-074 while a Pod is held by a finalizer, nothing else of a namespace that is being deleted goes", async () => {
  const name = await cluster.namespace();
  const pods = cluster.client.resource(PodKind).in(name);
  const maps = cluster.client.resource(ConfigMapKind).in(name);
  const pod = aPod("held");
  await pods.create({ ...pod, metadata: { ...pod.metadata, finalizers: ["example.com/hold"] } });
  await maps.create({ metadata: { name: "settings" } });
  await namespaces().delete(name);
  await cluster.until(async () => expect((await pods.get("held")).metadata.deletionTimestamp).toBeDefined());
  expect((await maps.get("settings")).metadata.deletionTimestamp).toBeUndefined();
  await cluster.until(async () => {
    const { status } = await namespaces().get(name);
    expect(status.phase).toBe("Terminating");
    const said = status.conditions?.filter((condition) => condition.status === "True").map(({ type }) => type);
    expect(said).toEqual(["NamespaceContentRemaining", "NamespaceFinalizersRemaining"]);
  });
  await pods.patch("held", { metadata: { finalizers: null } }, { type: "merge" });
  await gone(name);
});
