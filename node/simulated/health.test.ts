import { DeploymentKind, EndpointSliceKind, EventKind, isPodReady, NodeKind, type Pod, PodKind, ServiceKind } from "@kubets/api";
import { expect, test } from "vitest";
import { aCluster, type Fixture } from "./testing/cluster.ts";

const labels = { app: "web" };
const probe = { tcpSocket: { port: 80 as never }, periodSeconds: 5, failureThreshold: 1 };

async function deploy({ cluster }: Fixture, container: object, replicas: number): Promise<void> {
  const template = { metadata: { labels }, spec: { containers: [{ name: "web", image: "web:1", ...container }] } };
  await cluster.client
    .resource(DeploymentKind)
    .in("default")
    .create({ metadata: { name: "web" }, spec: { replicas, selector: { matchLabels: labels }, template } });
  await cluster.settle();
}
const podsOf = async ({ cluster }: Fixture): Promise<readonly Pod[]> => (await cluster.client.resource(PodKind).in("default").list()).items;
const eventsOf = async ({ cluster }: Fixture, reason: string): Promise<readonly string[]> =>
  (await cluster.client.resource(EventKind).in("default").list()).items
    .filter((event) => event.reason === reason && event.source?.component === "kubelet")
    .map(({ type, involvedObject, count, message, source }) => `${type} ${source?.host} ${involvedObject.fieldPath} ×${count} ${message}`);

test("a Pod that isn't ready any more leaves its Service's slice, and comes back when it is", async () => {
  let sick = "";
  await using fixture = await aCluster({
    whole: true,
    nodes: 2,
    programs: [({ pod }) => ({ ready: () => pod.metadata.name !== sick })],
  });
  const { cluster } = fixture;
  await deploy(fixture, { readinessProbe: probe }, 2);
  await cluster.client
    .resource(ServiceKind)
    .in("default")
    .create({ metadata: { name: "web" }, spec: { selector: labels, ports: [{ port: 80 }] } });
  await cluster.settle();
  const slices = cluster.client.resource(EndpointSliceKind).in("default");
  const ready = async (): Promise<Readonly<Record<string, boolean | undefined>>> => {
    const { items } = await slices.list({ labelSelector: "kubernetes.io/service-name=web" });
    const endpoints = items.flatMap((slice) => slice.endpoints ?? []);
    return Object.fromEntries(endpoints.map(({ targetRef, conditions }) => [targetRef!.name!, conditions?.ready]));
  };
  const [first, second] = (await podsOf(fixture)).map(({ metadata }) => metadata.name).toSorted();
  expect(await ready()).toEqual({ [first!]: true, [second!]: true });
  sick = first!;
  await cluster.clock.advance("5s");
  expect(await ready()).toEqual({ [first!]: false, [second!]: true });
  sick = "";
  await cluster.clock.advance("5s");
  expect(await ready()).toEqual({ [first!]: true, [second!]: true });
  expect((await podsOf(fixture)).map(({ status }) => status.containerStatuses![0]!.restartCount)).toEqual([0, 0]);
  expect(cluster.failures).toEqual([]);
});

test("a container that turns unhealthy again and again is told of in Events, on the node that it runs on", async () => {
  await using fixture = await aCluster({ nodes: 1, programs: [() => ({ live: 10_000 })] });
  const { cluster } = fixture;
  await cluster.client
    .resource(PodKind)
    .in("default")
    .create({
      metadata: { name: "a" },
      spec: { nodeName: "simulated-0", containers: [{ name: "web", image: "web:1", livenessProbe: probe }] },
    });
  await cluster.clock.advance("35s");
  expect((await fixture.pod("a")).status.containerStatuses![0]).toMatchObject({ restartCount: 2, state: { running: {} } });
  expect([await eventsOf(fixture, "Killing"), await eventsOf(fixture, "BackOff")]).toEqual([
    ["Normal simulated-0 spec.containers{web} ×2 Container web failed liveness probe, will be restarted"],
    [expect.stringMatching(/^Warning simulated-0 spec.containers\{web\} ×1 Back-off restarting failed container web in pod a_default\(/)],
  ]);
});

test("a node that runs short of memory says so, keeps Pods away and evicts one at a time, whose place others take elsewhere", async () => {
  await using fixture = await aCluster({
    whole: true,
    nodes: [
      { name: "small", capacity: { memory: "1Gi" } },
      { name: "large", capacity: { memory: "64Gi" }, taints: [{ key: "later", effect: "NoSchedule" }] },
    ],
    programs: [() => ({ usage: (running) => ({ memory: `${Math.min(500, Math.floor(running / 1000))}Mi` }) })],
  });
  const { cluster } = fixture;
  await deploy(fixture, {}, 2);
  expect((await podsOf(fixture)).map(({ spec }) => spec.nodeName)).toEqual(["small", "small"]);
  const nodes = cluster.client.resource(NodeKind);
  await nodes.patch("large", { spec: { taints: null } }, { type: "merge" });
  await cluster.clock.advance("8m");
  const condition = async (): Promise<string | undefined> => {
    const { status, spec } = await fixture.node("small");
    const found = status.conditions!.find(({ type }) => type === "MemoryPressure")!;
    return `${found.status} ${found.reason} ${(spec.taints ?? []).map(({ key, effect }) => `${key}:${effect}`).join()}`;
  };
  expect(await condition()).toBe("True KubeletHasInsufficientMemory node.kubernetes.io/memory-pressure:NoSchedule");
  const pods = await podsOf(fixture);
  const evicted = pods.filter(({ status }) => status.phase === "Failed");
  expect(evicted).toMatchObject([
    {
      spec: { nodeName: "small" },
      status: {
        reason: "Evicted",
        message: expect.stringMatching(/^The node was low on resource: memory\. Threshold quantity: 100Mi/) as string,
      },
    },
  ]);
  expect(new Set(pods.filter(isPodReady).map(({ spec }) => spec.nodeName))).toEqual(new Set(["large", "small"]));
  expect(await eventsOf(fixture, "Evicted")).toHaveLength(1);
  await cluster.clock.advance("6m");
  expect(await condition()).toBe("False KubeletHasSufficientMemory ");
  expect(cluster.failures).toEqual([]);
});
