import {
  CSIDriverKind,
  EventKind,
  NodeKind,
  PersistentVolumeClaimKind,
  PersistentVolumeKind,
  PodKind,
  type VolumeAttachment,
  VolumeAttachmentKind,
} from "@kubets/api";
import { type Cluster, startCluster } from "@kubets/testkit";
import { expect, test } from "vitest";

const unique = "kubernetes.io/csi/disks.example.com^handle";

/** A cluster with a bound volume of a CSI driver. */
async function aCluster(): Promise<Cluster> {
  const cluster = await startCluster({ nodes: 2, seed: 1 });
  const { client } = cluster;
  await client.resource(CSIDriverKind).create({ metadata: { name: "disks.example.com" }, spec: {} });
  await client.resource(PersistentVolumeKind).create({
    metadata: { name: "v" },
    spec: { capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"], csi: { driver: "disks.example.com", volumeHandle: "handle" } },
  });
  await client
    .resource(PersistentVolumeClaimKind)
    .in("default")
    .create({
      metadata: { name: "data" },
      spec: { accessModes: ["ReadWriteOnce"], storageClassName: "", resources: { requests: { storage: "1Gi" } } },
    });
  await cluster.settle();
  return cluster;
}

const run = async (cluster: Cluster, name: string, node: string): Promise<void> => {
  await cluster.client
    .resource(PodKind)
    .in("default")
    .create({
      metadata: { name },
      spec: {
        terminationGracePeriodSeconds: 0,
        nodeName: node,
        containers: [{ name: "main", image: "main:1" }],
        volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }],
      },
    });
  await cluster.settle();
};
const attachments = async ({ client }: Cluster): Promise<readonly VolumeAttachment[]> =>
  (await client.resource(VolumeAttachmentKind).list()).items;
const nodesOf = async (cluster: Cluster): Promise<readonly string[]> => (await attachments(cluster)).map(({ spec }) => spec.nodeName);
/** What the driver does. */
const attached = async (cluster: Cluster): Promise<void> => {
  for (const { metadata } of await attachments(cluster)) {
    await cluster.client
      .resource(VolumeAttachmentKind)
      .patch(metadata.name, { status: { attached: true } }, { type: "merge", subresource: "status" });
  }
  await cluster.settle();
};
const remove = async (cluster: Cluster, name: string): Promise<void> => {
  await cluster.client.resource(PodKind).in("default").delete(name);
  await cluster.settle();
};

test("a driver's volume is attached where a Pod uses it, which the Node then says, and detached when the Pod is gone", async () => {
  await using cluster = await aCluster();
  await run(cluster, "web", "simulated-0");
  expect((await attachments(cluster)).map(({ metadata, spec }) => [metadata.name, spec])).toEqual([
    [
      expect.stringMatching(/^csi-[0-9a-f]{64}$/),
      { attacher: "disks.example.com", nodeName: "simulated-0", source: { persistentVolumeName: "v" } },
    ],
  ]);
  await attached(cluster);
  expect((await cluster.client.resource(NodeKind).get("simulated-0")).status.volumesAttached).toEqual([{ name: unique, devicePath: "" }]);
  await remove(cluster, "web");
  expect(await nodesOf(cluster)).toEqual([]);
  expect((await cluster.client.resource(NodeKind).get("simulated-0")).status.volumesAttached ?? []).toEqual([]);
  expect(cluster.failures).toEqual([]);
});

test("a volume for one node stays with the first, and comes to the second when that lets it go", async () => {
  await using cluster = await aCluster();
  await run(cluster, "first", "simulated-0");
  await run(cluster, "second", "simulated-1");
  expect(await nodesOf(cluster)).toEqual(["simulated-0"]);
  const events = (await cluster.client.resource(EventKind).in("default").list()).items.filter(
    ({ reason }) => reason === "FailedAttachVolume",
  );
  expect(events.map(({ involvedObject, message }) => [involvedObject.name, message])).toEqual([
    ["second", expect.stringMatching("Multi-Attach error")],
  ]);
  await remove(cluster, "first");
  expect(await nodesOf(cluster)).toEqual(["simulated-1"]);
});

test("a node that uses a volume keeps it, for six minutes when it is silent, and not when it is said to be off", async () => {
  await using cluster = await aCluster();
  const nodes = cluster.client.resource(NodeKind);
  await run(cluster, "web", "simulated-0");
  await nodes.patch("simulated-0", { status: { volumesInUse: [unique] } }, { type: "merge", subresource: "status" });
  await remove(cluster, "web");
  expect(await nodesOf(cluster)).toEqual(["simulated-0"]);
  cluster.controlPlane.simulatedNodes!.node("simulated-0").fail();
  // Not Ready after 50 s of silence.
  await cluster.clock.advance("5m");
  expect(await nodesOf(cluster)).toEqual(["simulated-0"]);
  await cluster.clock.advance("3m");
  expect(await nodesOf(cluster)).toEqual([]);

  await run(cluster, "again", "simulated-1");
  await nodes.patch("simulated-1", { status: { volumesInUse: [unique] } }, { type: "merge", subresource: "status" });
  await remove(cluster, "again");
  const taints = [{ key: "node.kubernetes.io/out-of-service", value: "nodeshutdown", effect: "NoExecute" }];
  await nodes.patch("simulated-1", { spec: { taints } }, { type: "merge" });
  await cluster.settle();
  expect(await nodesOf(cluster)).toEqual([]);
});

test("a driver that needs no attaching is left alone", async () => {
  await using cluster = await aCluster();
  await cluster.client.resource(CSIDriverKind).delete("disks.example.com");
  await cluster.client.resource(CSIDriverKind).create({ metadata: { name: "disks.example.com" }, spec: { attachRequired: false } });
  await cluster.settle();
  await run(cluster, "web", "simulated-0");
  expect(await nodesOf(cluster)).toEqual([]);
});
