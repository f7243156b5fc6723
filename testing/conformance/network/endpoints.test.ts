import { EndpointSliceKind, EndpointsKind, PodKind, ServiceKind } from "@kubets/api";
import { expect, test } from "vitest";
import { exerciseOperations } from "../api-operations.ts";
import { conformanceCluster, namesIn, record } from "../conformance-cluster.ts";
import { aPod, podReady } from "../workloads.ts";

const cluster = conformanceCluster({ nodes: 1 });

/** A Service with a named port, and two Pods that it selects, which have that port. */
async function aServiceWithPods(namespace: string): Promise<readonly string[]> {
  const pods = cluster.client.resource(PodKind).in(namespace);
  const ports = [{ name: "http", containerPort: 8080 }];
  for (const name of ["pod1", "pod2"])
    await pods.create(aPod(name, { app: "web" }, { containers: [{ name: "web", image: "web:1", ports }] }));
  const spec = { selector: { app: "web" }, ports: [{ name: "main", port: 80, targetPort: "http" }] };
  await cluster.client
    .resource(ServiceKind)
    .in(namespace)
    .create({ metadata: { name: "web" }, spec });
  return Promise.all(["pod1", "pod2"].map(async (name) => (await podReady(cluster, namespace, name)).status.podIP!));
}

test("NE-011 the slices of a Service list the Pods that it selects, and go with it", async () => {
  const namespace = await cluster.namespace();
  const addresses = await aServiceWithPods(namespace);
  const slices = cluster.client.resource(EndpointSliceKind).in(namespace);
  const labelSelector = "kubernetes.io/service-name=web";
  await cluster.until(async () => {
    const { items } = await slices.list({ labelSelector });
    expect(items.flatMap(({ ports }) => ports)).toMatchObject([{ name: "main", port: 8080, protocol: "TCP" }]);
    const endpoints = items.flatMap((slice) => slice.endpoints);
    expect(endpoints.flatMap((endpoint) => endpoint.addresses).toSorted()).toEqual([...addresses].sort());
    expect(endpoints.map(({ conditions }) => conditions?.ready)).toEqual([true, true]);
    expect(endpoints.map(({ targetRef }) => `${targetRef?.kind} ${targetRef?.name}`).toSorted()).toEqual(["Pod pod1", "Pod pod2"]);
  });
  await cluster.client.resource(PodKind).in(namespace).delete("pod1", { gracePeriodSeconds: 0 });
  await cluster.until(async () => {
    const { items } = await slices.list({ labelSelector });
    expect(items.flatMap(({ endpoints }) => endpoints.map(({ targetRef }) => targetRef?.name))).toEqual(["pod2"]);
  });
  await cluster.client.resource(ServiceKind).in(namespace).delete("web");
  await cluster.until(async () => expect(await namesIn(slices)).toEqual([]));
});

test("NE-018 the Endpoints of a Service list the Pods that it selects, and go with it", async () => {
  const namespace = await cluster.namespace();
  const addresses = await aServiceWithPods(namespace);
  const endpoints = cluster.client.resource(EndpointsKind).in(namespace);
  await cluster.until(async () => {
    const { subsets } = await endpoints.get("web");
    expect(subsets).toMatchObject([{ ports: [{ name: "main", port: 8080 }] }]);
    expect(subsets?.[0]?.addresses?.map(({ ip }) => ip)).toEqual([...addresses].sort());
  });
  await cluster.client.resource(ServiceKind).in(namespace).delete("web");
  await cluster.until(async () => expect(await namesIn(endpoints)).toEqual([]));
});

test("NE-015 EndpointSlices take every operation", async () => {
  const slices = cluster.client.resource(EndpointSliceKind).in(await cluster.namespace());
  const draft = (metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> }) => ({
    metadata,
    addressType: "IPv4" as const,
    ports: [{ name: "http", port: 80 }],
    endpoints: [{ addresses: ["192.0.2.1"] }],
  });
  await exerciseOperations(cluster, slices, { run: "ne-015", draft });
});

test("NE-017 a watch sees Endpoints made, updated, patched, and deleted as a collection", async () => {
  const endpoints = cluster.client.resource(EndpointsKind).in(await cluster.namespace());
  const labelSelector = "conformance=ne-017";
  const subsets = (ip: string) => [{ addresses: [{ ip }], ports: [{ name: "http", port: 80, protocol: "TCP" as const }] }];
  await using recording = await record(endpoints, { labelSelector });
  const created = await endpoints.create({
    metadata: { name: "custom", labels: { conformance: "ne-017" } },
    subsets: subsets("192.0.2.1"),
  });
  await endpoints.update({ ...created, subsets: subsets("192.0.2.2") });
  await endpoints.patch("custom", { subsets: subsets("192.0.2.3") }, { type: "merge" });
  expect((await endpoints.get("custom")).subsets).toMatchObject(subsets("192.0.2.3"));
  await endpoints.deleteCollection({ labelSelector });
  await cluster.until(async () => expect(recording.told).toEqual(["ADDED custom", "MODIFIED custom", "MODIFIED custom", "DELETED custom"]));
});

test("NE-030 new Services have endpoints soon", async () => {
  const namespace = await cluster.namespace();
  const services = cluster.client.resource(ServiceKind).in(namespace);
  const endpoints = cluster.client.resource(EndpointsKind).in(namespace);
  await cluster.client
    .resource(PodKind)
    .in(namespace)
    .create(aPod("web", { app: "web" }));
  await podReady(cluster, namespace, "web");
  const seconds: number[] = [];
  for (let index = 0; index < 40; index++) {
    const name = `latency-${index}`;
    await services.create({ metadata: { name }, spec: { selector: { app: "web" }, ports: [{ port: 80 }] } });
    // The check is made once a second, the first time at once.
    let waited = -1;
    await cluster.until(async () => {
      waited++;
      expect((await endpoints.get(name)).subsets?.[0]?.addresses).toHaveLength(1);
    });
    seconds.push(waited);
  }
  seconds.sort((a, b) => a - b);
  expect(seconds[20]).toBeLessThan(20);
  expect(seconds[36]).toBeLessThan(50);
});

test("NE-016 Endpoints that people write are mirrored into a slice, which follows and goes with them", async () => {
  const namespace = await cluster.namespace();
  await cluster.client
    .resource(ServiceKind)
    .in(namespace)
    .create({ metadata: { name: "hand-made" }, spec: { ports: [{ name: "http", port: 80, protocol: "TCP" }] } });
  const endpoints = cluster.client.resource(EndpointsKind).in(namespace);
  const mirrored = async (): Promise<unknown> => {
    const { items } = await cluster.client
      .resource(EndpointSliceKind)
      .in(namespace)
      .list({ labelSelector: "kubernetes.io/service-name=hand-made" });
    return items.map((slice) => [
      slice.metadata.labels?.["endpointslice.kubernetes.io/managed-by"],
      slice.endpoints.map(({ addresses, conditions }) => [...addresses, conditions?.ready]),
      (slice.ports ?? []).map(({ name, port }) => [name, port]),
    ]);
  };
  const by = "endpointslicemirroring-controller.k8s.io";
  const created = await endpoints.create({
    metadata: { name: "hand-made" },
    subsets: [{ addresses: [{ ip: "10.1.2.3" }], ports: [{ name: "http", port: 80, protocol: "TCP" }] }],
  });
  await cluster.until(async () => expect(await mirrored()).toEqual([[by, [["10.1.2.3", true]], [["http", 80]]]]));
  await endpoints.update({
    ...created,
    subsets: [{ addresses: [{ ip: "10.2.3.4" }], ports: [{ name: "http", port: 8080, protocol: "TCP" }] }],
  });
  await cluster.until(async () => expect(await mirrored()).toEqual([[by, [["10.2.3.4", true]], [["http", 8080]]]]));
  await endpoints.delete("hand-made");
  await cluster.until(async () => expect(await mirrored()).toEqual([]));
});
