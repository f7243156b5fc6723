import { RoleBindingKind } from "@kubets/api";
import { readPath } from "@kubets/client";
import type { Cluster } from "@kubets/testkit";
import { expect, test } from "vitest";
import { type Machine, summary, withMachine } from "./testing/machine.ts";

const api = "/apis/metrics.k8s.io/v1beta1";
const read = (cluster: Cluster, path: string): Promise<unknown> => readPath(cluster.client, api + path);
/** `name cpu memory` of each Pod of a list. */
async function podsAt(cluster: Cluster, path: string): Promise<readonly string[]> {
  const { items } = (await read(cluster, path)) as {
    readonly items: readonly { metadata: { name: string }; containers: readonly { usage: { cpu: string; memory: string } }[] }[];
  };
  return items.map(({ metadata, containers: [main] }) => [metadata.name, main?.usage.cpu, main?.usage.memory].join(" "));
}

test("what Pods and nodes use is served as an aggregated API", async () => {
  await using cluster = await withMachine({ summary, asked: 0 });
  expect(await podsAt(cluster, "/namespaces/default/pods")).toEqual(["db 2000n 4Ki", "web 1000n 2Ki"]);
  expect(await podsAt(cluster, "/pods?labelSelector=app%3Dweb")).toEqual(["web 1000n 2Ki"]);
  expect(await podsAt(cluster, "/namespaces/other/pods")).toEqual([]);
  expect(await read(cluster, "/namespaces/default/pods/web")).toMatchObject({
    kind: "PodMetrics",
    metadata: { name: "web", labels: { app: "web" } },
  });
  const usage = { cpu: "250000000n", memory: "1048576Ki" };
  expect(await read(cluster, "/nodes")).toMatchObject({
    kind: "NodeMetricsList",
    items: [{ metadata: { name: "n1", labels: { zone: "a" } }, usage }],
  });
  expect(await read(cluster, "/nodes/n1")).toMatchObject({ kind: "NodeMetrics", usage });
  await expect(read(cluster, "/nodes/other")).rejects.toMatchObject({ reason: "NotFound" });
  expect(cluster.failures).toEqual([]);
});

test("discovery names it", async () => {
  await using cluster = await withMachine({ summary, asked: 0 });
  const { resources } = (await read(cluster, "")) as { readonly resources: readonly { readonly name: string }[] };
  expect(resources.map(({ name }) => name)).toEqual(["nodes", "pods"]);
});

test("a node is asked once for all who ask within ten seconds", async () => {
  const machine: Machine = { summary, asked: 0 };
  await using cluster = await withMachine(machine);
  for (let time = 0; time < 5; time++) await read(cluster, "/namespaces/default/pods/web");
  expect(machine.asked).toBe(1);
  await cluster.clock.advance("11s");
  await read(cluster, "/namespaces/default/pods/web");
  expect(machine.asked).toBe(2);
});

test("what a node doesn't answer for is missing, and comes back with it", async () => {
  const machine: Machine = { asked: 0 };
  await using cluster = await withMachine(machine);
  expect(await podsAt(cluster, "/namespaces/default/pods")).toEqual([]);
  await expect(read(cluster, "/nodes/n1")).rejects.toMatchObject({ reason: "NotFound" });
  machine.summary = summary;
  expect(await podsAt(cluster, "/namespaces/default/pods")).toHaveLength(2);
});

test("whoever may view may read it, and nobody else", async () => {
  await using cluster = await withMachine({ summary, asked: 0 });
  const ann = { name: "ann", groups: [] };
  await expect(readPath(cluster.as(ann), `${api}/namespaces/default/pods`)).rejects.toMatchObject({ reason: "Forbidden" });
  await cluster.client
    .resource(RoleBindingKind)
    .in("default")
    .create({
      metadata: { name: "ann" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "ann" }],
    });
  await cluster.settle();
  expect(await readPath(cluster.as(ann), `${api}/namespaces/default/pods`)).toMatchObject({ kind: "PodMetricsList" });
  await expect(readPath(cluster.as(ann), `${api}/nodes`)).rejects.toMatchObject({ reason: "Forbidden" });
});
