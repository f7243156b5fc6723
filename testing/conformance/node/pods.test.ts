import { findPodCondition, isPodReady, PodKind } from "@kubets/api";
import { expect, test } from "vitest";
import { conformanceCluster, namesIn, record, refusal } from "../conformance-cluster.ts";
import { aPod, podReady } from "../workloads.ts";

const cluster = conformanceCluster({ nodes: 1 });
const podsIn = (namespace: string) => cluster.client.resource(PodKind).in(namespace);

test("NO-055 equal requests and limits make a Pod's class Guaranteed", async () => {
  const amounts = { cpu: "100m", memory: "100Mi" };
  const containers = [{ name: "web", image: "web:1", resources: { requests: amounts, limits: amounts } }];
  const pod = await podsIn(await cluster.namespace()).create(aPod("web", {}, { containers }));
  expect(pod.status.qosClass).toBe("Guaranteed");
});

test("NO-057 a Pod is listed by label, and a watch sees it made, run, marked for deletion and gone", async () => {
  const namespace = await cluster.namespace();
  const pods = podsIn(namespace);
  const labelSelector = "conformance=no-057";
  expect(await namesIn(pods, { labelSelector })).toEqual([]);
  await using recording = await record(pods, { labelSelector });
  await pods.create(aPod("web", { conformance: "no-057" }));
  await podReady(cluster, namespace, "web");
  expect(await namesIn(pods, { labelSelector })).toEqual(["web"]);
  await pods.delete("web", { gracePeriodSeconds: 30 });
  await cluster.until(async () => expect(await refusal(pods.get("web"))).toBe("NotFound"));
  await cluster.until(async () => expect(recording.told.at(-1)).toBe("DELETED web"));
  const phases = recording.events.map(({ type, object }) =>
    type === "MODIFIED" && object.metadata.deletionTimestamp !== undefined ? "marked" : type === "MODIFIED" ? object.status.phase : type,
  );
  expect([...new Set(phases)]).toEqual(["ADDED", "Pending", "Running", "marked", "DELETED"]);
});

test("NO-058 a change of a running Pod's labels is kept", async () => {
  const namespace = await cluster.namespace();
  await podsIn(namespace).create(aPod("web", { time: "1" }));
  const pod = await podReady(cluster, namespace, "web");
  await podsIn(namespace).update({ ...pod, metadata: { ...pod.metadata, labels: { time: "2" } } });
  expect(await namesIn(podsIn(namespace), { labelSelector: "time=2" })).toEqual(["web"]);
  expect(isPodReady(await podsIn(namespace).get("web"))).toBe(true);
});

test("NO-060 Pods are listed by label and deleted as a collection", async () => {
  const namespace = await cluster.namespace();
  const labelSelector = "type=testing";
  for (const name of ["a", "b", "c"]) await podsIn(namespace).create(aPod(name, { type: "testing" }));
  expect(await namesIn(podsIn(namespace), { labelSelector })).toEqual(["a", "b", "c"]);
  await podsIn(namespace).deleteCollection({ labelSelector, gracePeriodSeconds: 0 });
  await cluster.until(async () => expect(await namesIn(podsIn(namespace), { labelSelector })).toEqual([]));
});

test("NO-061 a Pod tells the address of its host", async () => {
  const namespace = await cluster.namespace();
  await podsIn(namespace).create(aPod("web"));
  const { status } = await podReady(cluster, namespace, "web");
  expect(status.hostIP).toMatch(/^\d+(\.\d+){3}$/);
  expect(status.hostIPs).toEqual([{ ip: status.hostIP }]);
});

test("NO-062 a patch of a Pod's status is kept", async () => {
  const namespace = await cluster.namespace();
  await podsIn(namespace).create(aPod("web"));
  await podReady(cluster, namespace, "web");
  const condition = { type: "example.com/Patched", status: "True", reason: "E2E", message: "Set by a conformance test" };
  await podsIn(namespace).patch("web", { status: { conditions: [condition] } }, { type: "strategic", subresource: "status" });
  expect(findPodCondition(await podsIn(namespace).get("web"), "example.com/Patched")).toMatchObject(condition);
});

test("NO-063 a watch sees a Pod made, patched, its status replaced, and deleted", async () => {
  const namespace = await cluster.namespace();
  const pods = podsIn(namespace);
  await using recording = await record(pods, { labelSelector: "conformance=no-063" });
  await pods.create(aPod("web", { conformance: "no-063" }));
  await podReady(cluster, namespace, "web");
  await pods.patch(
    "web",
    { metadata: { labels: { patched: "yes" } }, spec: { containers: [{ name: "web", image: "web:2" }] } },
    { type: "strategic" },
  );
  await cluster.until(async () => expect((await pods.get("web")).spec.containers[0]!.image).toBe("web:2"));
  const pod = await podReady(cluster, namespace, "web");
  const others = pod.status.conditions?.filter(({ type }) => type !== "Ready") ?? [];
  const replaced = await pods.updateStatus({
    ...pod,
    status: { ...pod.status, conditions: [...others, { type: "Ready", status: "False" }] },
  });
  expect(isPodReady(replaced)).toBe(false);
  await pods.delete("web", { gracePeriodSeconds: 1 });
  await cluster.until(async () => expect(recording.told.at(-1)).toBe("DELETED web"));
  expect(recording.told[0]).toBe("ADDED web");
  expect(recording.events.some(({ object }) => object.metadata.labels?.["patched"] === "yes")).toBe(true);
});

test("NO-052 a Pod's generation is the server's to set, and deleting it gracefully raises it", async () => {
  const namespace = await cluster.namespace();
  const pod = aPod("web");
  const created = await podsIn(namespace).create({
    ...pod,
    metadata: { ...pod.metadata, generation: 100, finalizers: ["example.com/hold"] },
  });
  expect(created.metadata.generation).toBe(1);
  await podReady(cluster, namespace, "web");
  await podsIn(namespace).delete("web");
  await cluster.until(async () => expect((await podsIn(namespace).get("web")).metadata.generation).toBe(2));
  await podsIn(namespace).patch("web", { metadata: { finalizers: null } }, { type: "merge" });
  await cluster.until(async () => expect(await namesIn(podsIn(namespace))).toEqual([]));
});

test("NO-054 a Pod's generation rises with its spec alone, and its status follows", async () => {
  const namespace = await cluster.namespace();
  const pods = podsIn(namespace);
  await pods.create(aPod("web"));
  await podReady(cluster, namespace, "web");
  const generations = async () => {
    const { metadata, status } = await pods.get("web");
    return [metadata.generation, status.observedGeneration];
  };
  await cluster.until(async () => expect(await generations()).toEqual([1, 1]));
  await pods.patch("web", { metadata: { labels: { any: "label" } } }, { type: "merge" });
  await cluster.until(async () => expect(await generations()).toEqual([1, 1]));
  await pods.patch("web", { spec: { containers: [{ name: "web", image: "web:2" }] } }, { type: "strategic" });
  await cluster.until(async () => expect(await generations()).toEqual([2, 2]));
  await pods.patch("web", { spec: { activeDeadlineSeconds: 5000 } }, { type: "merge" });
  await cluster.until(async () => expect(await generations()).toEqual([3, 3]));
});

test("NO-053 a Pod's generation counts five hundred changes, and its status follows", async () => {
  const namespace = await cluster.namespace();
  const pods = podsIn(namespace);
  await pods.create(aPod("web", {}, { activeDeadlineSeconds: 5000 }));
  await podReady(cluster, namespace, "web");
  for (let change = 1; change < 500; change++) {
    await pods.patch("web", { spec: { activeDeadlineSeconds: 5000 - change } }, { type: "merge" });
  }
  await cluster.until(async () => {
    const { metadata, status } = await pods.get("web");
    expect([metadata.generation, status.observedGeneration]).toEqual([500, 500]);
  });
});
