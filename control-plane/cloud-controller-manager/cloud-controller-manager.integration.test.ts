import { type Node, NodeKind, type Service, ServiceKind } from "@kubets/api";
import { createInformers } from "@kubets/client";
import { seededRandom, silent, unmeasured } from "@kubets/machinery";
import { type Cluster, startCluster } from "@kubets/testkit";
import { expect, test } from "vitest";
import { runCloudControllerManager } from "./cloud-controller-manager.ts";
import { createTestCloud, type TestCloud } from "./testing/cloud.ts";

interface Setting extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly cloud: TestCloud;
}

/** A cluster in a cloud of its own. */
async function inACloud(nodes = 2): Promise<Setting> {
  const cluster = await startCluster({ nodes, seed: 1 });
  const cloud = createTestCloud();
  const clientFor = (user: Parameters<Cluster["as"]>[0]) => cluster.controlPlane.clientFor(user, "cloud-controller-manager");
  const surroundings = { clock: cluster.clock, random: seededRandom(1), tasks: cluster.tasks, logger: silent, metrics: unmeasured };
  const informers = createInformers({ ...surroundings, client: clientFor({ name: "system:kube-controller-manager", groups: [] }) });
  const manager = runCloudControllerManager({ ...surroundings, provider: cloud, clientFor, informers });
  await cluster.settle();
  return {
    cluster,
    cloud,
    async [Symbol.asyncDispose]() {
      await manager.stop();
      await informers.stop();
      await cluster[Symbol.asyncDispose]();
    },
  };
}
const serviceOf = (cluster: Cluster): Promise<Service> => cluster.client.resource(ServiceKind).in("default").get("web");
const nodeOf = (cluster: Cluster, name: string): Promise<Node> => cluster.client.resource(NodeKind).get(name);
async function expose(cluster: Cluster): Promise<void> {
  const spec = { type: "LoadBalancer", selector: { app: "web" }, ports: [{ port: 80 }] } as const;
  await cluster.client
    .resource(ServiceKind)
    .in("default")
    .create({ metadata: { name: "web" }, spec });
  await cluster.settle();
}

test("a Service of type LoadBalancer gets its address, follows its nodes, and goes once the cloud has nothing of it", async () => {
  await using setting = await inACloud();
  const { cluster, cloud } = setting;
  await expose(cluster);
  expect((await serviceOf(cluster)).status.loadBalancer.ingress).toMatchObject([{ ip: "192.0.2.1" }]);
  expect(cloud.balanced.get("web")).toEqual(["simulated-0", "simulated-1"]);

  const label = { metadata: { labels: { "node.kubernetes.io/exclude-from-external-load-balancers": "" } } };
  await cluster.client.resource(NodeKind).patch("simulated-1", label, { type: "merge" });
  await cluster.settle();
  expect(cloud.balanced.get("web")).toEqual(["simulated-0"]);

  cloud.problem = "the cloud is busy";
  await cluster.client.resource(ServiceKind).in("default").delete("web");
  await cluster.settle();
  expect((await serviceOf(cluster)).metadata.deletionTimestamp).toBeDefined();
  cloud.problem = undefined;
  await cluster.clock.advance("10s");
  expect([...cloud.balanced.keys()]).toEqual([]);
  await expect(serviceOf(cluster)).rejects.toMatchObject({ reason: "NotFound" });
  expect(cluster.failures).toEqual([]);
});

test("a Service that becomes another type loses its load balancer and keeps nothing of it", async () => {
  await using setting = await inACloud();
  const { cluster, cloud } = setting;
  await expose(cluster);
  await cluster.client
    .resource(ServiceKind)
    .in("default")
    .patch("web", { spec: { type: "ClusterIP" } }, { type: "merge" });
  await cluster.settle();
  const { metadata, status } = await serviceOf(cluster);
  expect([metadata.finalizers ?? [], status.loadBalancer.ingress ?? []]).toEqual([[], []]);
  expect(cloud.balanced.size).toBe(0);
});

test("routes lead to the Pods of each node, and its node says so", async () => {
  await using setting = await inACloud();
  const { cluster, cloud } = setting;
  await cluster.clock.advance("10s");
  expect(cloud.table.map(({ node }) => node).toSorted()).toEqual(["simulated-0", "simulated-1"]);
  const { status, spec } = await nodeOf(cluster, "simulated-0");
  expect(cloud.table.find(({ node }) => node === "simulated-0")?.destination).toBe(spec.podCIDR);
  expect(status.conditions?.find(({ type }) => type === "NetworkUnavailable")).toMatchObject({ status: "False", reason: "RouteCreated" });
});

test("a node of the cloud is completed, marked when its machine is off, and deleted when it is no more", async () => {
  await using setting = await inACloud(1);
  const { cluster, cloud } = setting;
  const addresses = [{ type: "ExternalIP", address: "198.51.100.7" }] as const;
  const machine = { providerID: "test://1", isShutDown: false, type: "large", zone: "a", region: "r", addresses };
  cloud.machines.set("new", machine);
  const taint = { key: "node.cloudprovider.kubernetes.io/uninitialized", value: "true", effect: "NoSchedule" } as const;
  await cluster.client.resource(NodeKind).create({ metadata: { name: "new" }, spec: { taints: [taint] } });
  await cluster.settle();
  const { metadata, spec, status } = await nodeOf(cluster, "new");
  expect(metadata.labels).toMatchObject({ "node.kubernetes.io/instance-type": "large", "topology.kubernetes.io/zone": "a" });
  expect([spec.providerID, spec.taints?.some(({ key }) => key === taint.key) ?? false, status.addresses]).toEqual([
    "test://1",
    false,
    addresses,
  ]);

  cloud.machines.set("new", { ...machine, isShutDown: true });
  await cluster.clock.advance("70s");
  expect((await nodeOf(cluster, "new")).spec.taints?.map(({ key }) => key)).toContain("node.cloudprovider.kubernetes.io/shutdown");
  cloud.machines.delete("new");
  await cluster.clock.advance("10s");
  await expect(nodeOf(cluster, "new")).rejects.toMatchObject({ reason: "NotFound" });
});
