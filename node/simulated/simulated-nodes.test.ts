import { NodeKind, findPodCondition, isPodReady, LeaseKind, PodKind } from "@kubets/api";
import { formatMicroTime } from "@kubets/machinery";
import { expect, test } from "vitest";
import { programsByImage } from "./index.ts";
import { aCluster, podSpec } from "./testing/cluster.ts";
import { noon } from "./testing/objects.ts";

test("a simulated node registers as a kubelet does", async () => {
  await using fixture = await aCluster({
    nodes: [{ name: "a", zone: "east", labels: { disk: "ssd" }, capacity: { cpu: "4" }, allocatable: { cpu: "3500m" } }],
  });
  const { metadata, spec, status } = await fixture.node("a");
  expect(metadata.labels).toMatchObject({
    "kubernetes.io/hostname": "a",
    "kubernetes.io/arch": "amd64",
    "kubernetes.io/os": "linux",
    "topology.kubernetes.io/zone": "east",
    disk: "ssd",
  });
  expect(spec).toMatchObject({ podCIDR: "10.128.0.0/24", podCIDRs: ["10.128.0.0/24"] });
  expect(status).toMatchObject({
    capacity: { cpu: "4", memory: "256Gi", pods: "110" },
    allocatable: { cpu: "3500m", memory: "256Gi", pods: "110" },
    addresses: [
      { type: "InternalIP", address: "172.16.0.1" },
      { type: "Hostname", address: "a" },
    ],
    nodeInfo: { kubeletVersion: "v1.36.0", operatingSystem: "linux", architecture: "amd64" },
  });
  expect(status.conditions?.map(({ type, status }) => `${type} ${status}`)).toEqual([
    "MemoryPressure False",
    "DiskPressure False",
    "PIDPressure False",
    "Ready True",
  ]);
});

test("Leases are renewed every ten seconds, the status every five minutes", async () => {
  await using fixture = await aCluster({ nodes: 3 });
  const { cluster } = fixture;
  const leases = cluster.client.resource(LeaseKind).in("kube-node-lease");
  const ages = async (): Promise<readonly number[]> =>
    (await leases.list()).items.map(({ spec }) => (cluster.clock.now() - Date.parse(spec.renewTime!)) / 1000);
  expect(await ages()).toEqual([0, 0, 0]);
  await cluster.clock.advance("1m");
  for (const age of await ages()) expect(age).toBeLessThan(10);
  const [lease] = (await leases.list()).items;
  expect(lease).toMatchObject({
    metadata: { name: "simulated-0", ownerReferences: [{ kind: "Node", name: "simulated-0" }] },
    spec: { holderIdentity: "simulated-0", leaseDurationSeconds: 40 },
  });
  const heartbeat = async (): Promise<string | undefined> =>
    (await fixture.node("simulated-0")).status.conditions?.at(-1)?.lastHeartbeatTime;
  const before = await heartbeat();
  await cluster.clock.advance("3m");
  expect(await heartbeat()).toBe(before);
  await cluster.clock.advance("2m");
  expect(await heartbeat()).not.toBe(before);
});

test("a node is registered with its status, as a kubelet does it, and is ready at once", async () => {
  await using fixture = await aCluster({ nodes: 1 });
  const { cluster } = fixture;
  const { metadata, status } = await cluster.client.resource(NodeKind).get("simulated-0");
  const ready = status.conditions?.find(({ type }) => type === "Ready")?.status;
  expect({ ready, writes: metadata.managedFields?.map(({ subresource = "" }) => subresource) }).toEqual({ ready: "True", writes: [""] });
});

test("Pods get addresses of their node's range, and give them back; those on the node's network share its own", async () => {
  await using fixture = await aCluster({ nodes: 2 });
  const { cluster } = fixture;
  const address = async (name: string, spec = {}): Promise<string | undefined> => (await fixture.run(name, spec)).status.podIP;
  expect([
    await address("a"),
    await address("b"),
    await address("c", { nodeName: "simulated-1" }),
    await address("d", { hostNetwork: true }),
  ]).toEqual(["10.128.0.2", "10.128.0.3", "10.128.1.2", "172.16.0.1"]);
  await cluster.client.resource(PodKind).in("default").delete("a");
  await cluster.settle();
  expect(await address("e")).toBe("10.128.0.2");
});

test("a deleted Pod ends within its grace period, then its object is gone", async () => {
  await using fixture = await aCluster({ programs: [programsByImage({ slow: { stopsWithin: 12_000 } })] });
  const { cluster } = fixture;
  await fixture.run("a", { image: "slow" });
  await cluster.client.resource(PodKind).in("default").delete("a");
  await cluster.clock.advance("11s");
  expect((await fixture.pod("a")).metadata.deletionTimestamp).toBeDefined();
  await cluster.clock.advance("1s");
  await expect(fixture.pod("a")).rejects.toMatchObject({ reason: "NotFound" });
});

test("a Pod that a finalizer keeps shows how it ended", async () => {
  await using fixture = await aCluster();
  const { cluster } = fixture;
  const pods = cluster.client.resource(PodKind).in("default");
  await pods.create({ metadata: { name: "a", finalizers: ["example.com/keep"] }, spec: podSpec({}) });
  await cluster.settle();
  await pods.delete("a");
  await cluster.clock.advance("1m");
  const { status } = await fixture.pod("a");
  expect([status.phase, status.containerStatuses?.[0]?.state.terminated?.exitCode]).toEqual(["Succeeded", 0]);
});

test("a Pod costs few writes from its creation to its end", async () => {
  await using fixture = await aCluster({ programs: [programsByImage({ job: { runFor: 5_000 } })] });
  const { cluster } = fixture;
  const revision = async (): Promise<number> =>
    Number((await cluster.client.resource(PodKind).in("default").list()).metadata.resourceVersion);
  const before = await revision();
  await fixture.run("a", { image: "job", restartPolicy: "Never" });
  await cluster.clock.advance("6s");
  expect((await fixture.pod("a")).status.phase).toBe("Succeeded");
  await cluster.client.resource(PodKind).in("default").delete("a");
  await cluster.settle();
  // Created, running, done, deleted; the Lease is renewed in between.
  expect((await revision()) - before).toBeLessThanOrEqual(6);
});

test("a partitioned node is silent while its Pods go on; when it is back it tells what happened", async () => {
  await using fixture = await aCluster({ programs: [programsByImage({ job: { runFor: 30_000 } })] });
  const { cluster, nodes } = fixture;
  await fixture.run("a", { image: "job", restartPolicy: "Never" });
  nodes.node("simulated-0").partition();
  await cluster.client
    .resource(PodKind)
    .in("default")
    .create({ metadata: { name: "b" }, spec: podSpec({}) });
  await cluster.clock.advance("5m");
  const lease = await cluster.client.resource(LeaseKind).in("kube-node-lease").get("simulated-0");
  expect([lease.spec.renewTime, (await fixture.pod("a")).status.phase, (await fixture.pod("b")).status.phase]).toEqual([
    formatMicroTime(noon),
    "Running",
    "Pending",
  ]);
  await nodes.node("simulated-0").restore();
  await cluster.settle();
  const ended = await fixture.pod("a");
  expect([
    ended.status.phase,
    ended.status.containerStatuses?.[0]?.state.terminated?.finishedAt,
    (await fixture.pod("b")).status.phase,
  ]).toEqual(["Succeeded", "2026-01-01T12:00:30Z", "Running"]);
});

test("a Pod that was deleted while its node was cut off ends when the node is back", async () => {
  await using fixture = await aCluster();
  const { cluster, nodes } = fixture;
  await fixture.run("a");
  nodes.node("simulated-0").partition();
  await cluster.client.resource(PodKind).in("default").delete("a");
  await cluster.clock.advance("10m");
  expect((await fixture.pod("a")).metadata.deletionTimestamp).toBeDefined();
  await nodes.node("simulated-0").restore();
  await cluster.settle();
  await expect(fixture.pod("a")).rejects.toMatchObject({ reason: "NotFound" });
});

test("a node that lost power restarts its containers when it is back", async () => {
  await using fixture = await aCluster();
  const { cluster, nodes } = fixture;
  await fixture.run("a");
  nodes.node("simulated-0").fail();
  await cluster.clock.advance("10m");
  await nodes.node("simulated-0").restore();
  await cluster.settle();
  const pod = await fixture.pod("a");
  expect([isPodReady(pod), pod.status.containerStatuses?.[0]]).toMatchObject([
    true,
    {
      restartCount: 1,
      lastState: { terminated: { exitCode: 255, reason: "Unknown" } },
      state: { running: { startedAt: "2026-01-01T12:10:00Z" } },
    },
  ]);
});

test("a container can be ended from outside", async () => {
  await using fixture = await aCluster();
  const { cluster, nodes } = fixture;
  await fixture.run("a", { restartPolicy: "Never" });
  nodes.exit("default/a", "main", { exitCode: 137, reason: "OOMKilled" });
  await cluster.settle();
  const pod = await fixture.pod("a");
  expect([pod.status.phase, pod.status.containerStatuses?.[0]?.state.terminated]).toMatchObject([
    "Failed",
    { exitCode: 137, reason: "OOMKilled" },
  ]);
});

test("a node that joins takes Pods, also those that were bound to its name before", async () => {
  await using fixture = await aCluster();
  const { cluster, nodes } = fixture;
  expect((await fixture.run("a", { nodeName: "late" })).status.phase).toBe("Pending");
  await nodes.add({ name: "late" });
  await cluster.settle();
  expect([(await fixture.pod("a")).status.phase, nodes.names]).toEqual(["Running", ["simulated-0", "late"]]);
});

test("a simulation that ends leaves everything in place, and the next one goes on with it", async () => {
  await using fixture = await aCluster({ programs: [programsByImage({ job: { runFor: 60_000 } })] });
  const { cluster, nodes } = fixture;
  const before = await fixture.run("a", { image: "job", restartPolicy: "Never" });
  await nodes.stop();
  await cluster.clock.advance("20s");
  await fixture.again();
  expect((await fixture.pod("a")).metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  await cluster.clock.advance("40s");
  const { status } = await fixture.pod("a");
  expect([status.phase, status.podIP, status.containerStatuses?.[0]?.restartCount]).toEqual(["Succeeded", before.status.podIP, 0]);
  expect(cluster.failures).toEqual([]);
});

test("what others say of a Pod in its conditions stays", async () => {
  await using fixture = await aCluster();
  const { cluster } = fixture;
  await fixture.run("a");
  const condition = { type: "example.com/seen", status: "True" };
  await cluster.client
    .resource(PodKind)
    .in("default")
    .patch("a", { status: { conditions: [condition] } }, { type: "strategic", subresource: "status" });
  fixture.nodes.exit("default/a", "main", { exitCode: 1 });
  await cluster.settle();
  const pod = await fixture.pod("a");
  expect([pod.status.containerStatuses?.[0]?.restartCount, findPodCondition(pod, "example.com/seen")?.status]).toEqual([1, "True"]);
});

test("five hundred nodes in one process run a thousand Pods, each with an address of its own", { timeout: 120_000 }, async () => {
  await using fixture = await aCluster({ nodes: 500 });
  const { cluster } = fixture;
  const pods = cluster.client.resource(PodKind).in("default");
  for (let batch = 0; batch < 10; batch++) {
    await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        pods.create({
          metadata: { name: `pod-${batch}-${index}` },
          spec: podSpec({ nodeName: `simulated-${(batch * 100 + index) % 500}` }),
        }),
      ),
    );
  }
  await cluster.settle({ seconds: 100 });
  const { items } = await pods.list();
  expect([items.length, items.filter(isPodReady).length, new Set(items.map(({ status }) => status.podIP)).size]).toEqual([
    1_000, 1_000, 1_000,
  ]);
});
