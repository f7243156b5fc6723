import { type PersistentVolume, type PersistentVolumeClaim, PersistentVolumeClaimKind, PersistentVolumeKind } from "@kubets/api";
import type { DraftObject, ResourceClient } from "@kubets/client";
import type { KubernetesObject } from "@kubets/machinery";
import { expect, test } from "vitest";
import { exerciseStatus } from "../api-operations.ts";
import { conformanceCluster, namesIn, refusal } from "../conformance-cluster.ts";

const cluster = conformanceCluster();
const volumes = (): ResourceClient<PersistentVolume> => cluster.client.resource(PersistentVolumeKind);

const aVolume = (run: string): DraftObject<PersistentVolume> => ({
  metadata: { name: `pv-${run}`, labels: { run } },
  spec: {
    capacity: { storage: "2Gi" },
    accessModes: ["ReadWriteOnce"],
    persistentVolumeReclaimPolicy: "Retain",
    storageClassName: "",
    csi: { driver: "e2e.example.com", volumeHandle: run },
  },
});
const aClaim = (run: string): DraftObject<PersistentVolumeClaim> => ({
  metadata: { name: `pvc-${run}`, labels: { run } },
  spec: {
    accessModes: ["ReadWriteOnce"],
    storageClassName: "",
    volumeName: `pv-${run}`,
    resources: { requests: { storage: "1Gi" } },
  },
});

/** Waits until both are bound to one another, and nothing changes them any more. */
async function bound(claims: ResourceClient<PersistentVolumeClaim>, run: string): Promise<void> {
  await cluster.until(async () => {
    expect(await claims.get(`pvc-${run}`)).toMatchObject({ status: { phase: "Bound", capacity: { storage: "2Gi" } } });
    expect(await volumes().get(`pv-${run}`)).toMatchObject({ spec: { claimRef: { name: `pvc-${run}` } }, status: { phase: "Bound" } });
  });
}

async function goneFrom<T extends KubernetesObject>(resource: ResourceClient<T>, name: string): Promise<void> {
  await cluster.until(async () => expect(await refusal(resource.get(name))).toBe("NotFound"));
}

async function relabel<T extends KubernetesObject>(resource: ResourceClient<T>, name: string): Promise<void> {
  const patched = await resource.patch(name, { metadata: { labels: { patched: name } } }, { type: "merge" });
  expect(patched.metadata.labels).toMatchObject({ patched: name });
  const labels = { ...patched.metadata.labels, updated: name };
  const updated = await resource.update({ ...patched, metadata: { ...patched.metadata, labels } } as unknown as DraftObject<T>);
  expect(updated.metadata.labels).toMatchObject({ patched: name, updated: name });
}

test("ST-045 a PersistentVolume and its claim are made, bound, listed, changed, held while in use, and deleted, one by one and as collections", async () => {
  const claims = cluster.client.resource(PersistentVolumeClaimKind).in(await cluster.namespace());
  const run = "st-045";
  const labelSelector = `run=${run}`;
  await volumes().create(aVolume(run));
  await claims.create(aClaim(run));
  await bound(claims, run);
  expect(await namesIn(volumes(), { labelSelector })).toEqual([`pv-${run}`]);
  expect(await namesIn(claims, { labelSelector })).toEqual([`pvc-${run}`]);
  await relabel(volumes(), `pv-${run}`);
  await relabel(claims, `pvc-${run}`);
  expect((await volumes().get(`pv-${run}`)).metadata.finalizers).toContain("kubernetes.io/pv-protection");
  expect((await claims.get(`pvc-${run}`)).metadata.finalizers).toContain("kubernetes.io/pvc-protection");

  // A volume that is bound waits for its claim.
  await volumes().delete(`pv-${run}`);
  await cluster.until(async () => {
    const { metadata, status } = await volumes().get(`pv-${run}`);
    expect([metadata.deletionTimestamp, status.phase]).toEqual([expect.any(String), "Bound"]);
  });
  await claims.delete(`pvc-${run}`);
  await goneFrom(claims, `pvc-${run}`);
  await goneFrom(volumes(), `pv-${run}`);

  await volumes().create(aVolume(run));
  await claims.create(aClaim(run));
  await bound(claims, run);
  await claims.deleteCollection({ labelSelector });
  await goneFrom(claims, `pvc-${run}`);
  await volumes().deleteCollection({ labelSelector });
  await goneFrom(volumes(), `pv-${run}`);
});

test("ST-044 the status of a PersistentVolume and of a claim is read, patched and replaced by itself", async () => {
  const claims = cluster.client.resource(PersistentVolumeClaimKind).in(await cluster.namespace());
  const run = "st-044";
  await volumes().create(aVolume(run));
  await claims.create(aClaim(run));
  await bound(claims, run);
  await exerciseStatus(claims, `pvc-${run}`);

  const name = `pv-${run}`;
  const before = (await volumes().subresource(name, "status").get()) as PersistentVolume;
  const patch = { status: { message: "patched", reason: "E2E patched" } };
  expect(await volumes().patch(name, patch, { type: "merge", subresource: "status" })).toMatchObject({ ...patch, spec: before.spec });
  const present = await volumes().get(name);
  const replaced = { ...present, status: { ...present.status, message: "replaced", reason: "E2E replaced" } };
  expect((await volumes().updateStatus(replaced)).status).toMatchObject({ message: "replaced", reason: "E2E replaced", phase: "Bound" });
  await claims.delete(`pvc-${run}`);
  await volumes().delete(name);
});
