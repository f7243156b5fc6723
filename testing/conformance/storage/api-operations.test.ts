import { CSIDriverKind, CSINodeKind, CSIStorageCapacityKind, VolumeAttachmentKind, VolumeAttributesClassKind } from "@kubets/api";
import { expect, test } from "vitest";
import { exerciseOperations } from "../api-operations.ts";
import { conformanceCluster } from "../conformance-cluster.ts";

const cluster = conformanceCluster();
const driver = "disks.example.com";

test("ST-001 CSIDrivers take every operation", async () => {
  await exerciseOperations(cluster, cluster.client.resource(CSIDriverKind), {
    run: "st-001",
    draft: (metadata) => ({ metadata, spec: { volumeLifecycleModes: ["Ephemeral"] } }),
  });
});

test("ST-003 CSINodes take every operation", async () => {
  const nodes = cluster.client.resource(CSINodeKind);
  const drivers = [{ name: driver, nodeID: "1" }];
  await exerciseOperations(cluster, nodes, { run: "st-003", draft: (metadata) => ({ metadata, spec: { drivers } }) });
  const created = await nodes.create({ metadata: { name: "machine" }, spec: { drivers: [] } });
  await nodes.update({ ...created, spec: { drivers } });
  expect((await nodes.get("machine")).spec).toEqual({ drivers });
});

test("ST-004 CSIStorageCapacities take every operation", async () => {
  const capacities = cluster.client.resource(CSIStorageCapacityKind).in(await cluster.namespace());
  await exerciseOperations(cluster, capacities, { run: "st-004", draft: (metadata) => ({ metadata, storageClassName: "fast" }) });
});

// Of a volume that no PersistentVolume stands for: of others the controller takes away what no Pod needs.
const inlineVolumeSpec = { accessModes: ["ReadWriteOnce"] as const, csi: { driver, volumeHandle: "volume" } };
const spec = { attacher: driver, nodeName: "elsewhere", source: { inlineVolumeSpec } };

test("ST-089 a VolumeAttachment's status is read, patched and updated", async () => {
  const attachments = cluster.client.resource(VolumeAttachmentKind);
  await attachments.create({ metadata: { name: "st-089" }, spec });
  await attachments.patch("st-089", { status: { attached: true } }, { type: "merge", subresource: "status" });
  const patched = await attachments.get("st-089");
  expect(patched.status).toEqual({ attached: true });
  await attachments.updateStatus({ ...patched, status: { attached: false } });
  expect(await attachments.subresource("st-089", "status").get()).toMatchObject({ spec, status: { attached: false } });
  await attachments.delete("st-089");
});

test("ST-090 VolumeAttachments take every operation", async () => {
  await exerciseOperations(cluster, cluster.client.resource(VolumeAttachmentKind), {
    run: "st-090",
    draft: (metadata) => ({ metadata, spec }),
  });
});

test("ST-091 VolumeAttributesClasses take every operation", async () => {
  await exerciseOperations(cluster, cluster.client.resource(VolumeAttributesClassKind), {
    run: "st-091",
    draft: (metadata) => ({ metadata, driverName: driver, parameters: { iops: "1000" } }),
  });
});
