import { EventKind, findPodCondition, PersistentVolumeClaimKind, PersistentVolumeKind, PodKind, StorageClassKind } from "@kubets/api";
import { type Cluster, startCluster } from "@kubets/testkit";
import { expect, test } from "vitest";

const claim = (name: string, more = "") => `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: ${name} }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } }${more} }
`;
const pod = (name: string, claimName: string) => `
apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec:
  terminationGracePeriodSeconds: 0
  containers: [{ name: main, image: "main:1", volumeMounts: [{ name: data, mountPath: /data }] }]
  volumes: [{ name: data, persistentVolumeClaim: { claimName: ${claimName} } }]
`;
const claimsOf = ({ client }: Cluster) => client.resource(PersistentVolumeClaimKind).in("default");
const podsOf = ({ client }: Cluster) => client.resource(PodKind).in("default");
const eventsAbout = async ({ client }: Cluster, name: string): Promise<readonly string[]> =>
  (await client.resource(EventKind).in("default").list()).items
    .filter(({ involvedObject }) => involvedObject.name === name)
    .map(({ reason, message }) => `${reason}: ${message}`);

test("a claim that names no class waits for its Pod, gets a volume where the Pod goes, and takes the volume with it", async () => {
  await using cluster = await startCluster({ nodes: 3, seed: 1 });
  await cluster.apply(claim("data"));
  await cluster.settle();
  expect(await claimsOf(cluster).get("data")).toMatchObject({ spec: { storageClassName: "standard" }, status: { phase: "Pending" } });

  await cluster.apply(pod("web", "data"));
  await cluster.settle();
  const { spec, status } = await podsOf(cluster).get("web");
  expect(status.phase).toBe("Running");
  const bound = await claimsOf(cluster).get("data");
  expect(bound).toMatchObject({ status: { phase: "Bound", capacity: { storage: "1Gi" }, accessModes: ["ReadWriteOnce"] } });
  const volumes = cluster.client.resource(PersistentVolumeKind);
  const volume = await volumes.get(bound.spec.volumeName!);
  expect(volume).toMatchObject({
    metadata: { name: `pvc-${bound.metadata.uid}`, annotations: { "pv.kubernetes.io/provisioned-by": "kubets.dev/host-path" } },
    spec: {
      claimRef: { name: "data", uid: bound.metadata.uid },
      persistentVolumeReclaimPolicy: "Delete",
      storageClassName: "standard",
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: [spec.nodeName] }] }],
        },
      },
    },
    status: { phase: "Bound" },
  });
  expect((await eventsAbout(cluster, "data")).toSorted()).toEqual([
    "ExternalProvisioning: Waiting for a volume to be created either by the external provisioner 'kubets.dev/host-path' or manually by the system administrator.",
    'Provisioning: External provisioner is provisioning volume for claim "default/data"',
    `ProvisioningSucceeded: Successfully provisioned volume pvc-${bound.metadata.uid}`,
    "WaitForFirstConsumer: waiting for first consumer to be created before binding",
    "WaitForPodScheduled: waiting for pod web to be scheduled",
  ]);

  await podsOf(cluster).delete("web");
  await claimsOf(cluster).delete("data");
  await cluster.settle();
  expect((await volumes.list()).items).toEqual([]);
  expect((await claimsOf(cluster).list()).items).toEqual([]);
  expect(cluster.failures).toEqual([]);
});

test("a claim that is in use goes when its Pod does, and takes no new one meanwhile", async () => {
  await using cluster = await startCluster({ nodes: 1, seed: 1 });
  await cluster.apply(claim("data") + "---" + pod("first", "data"));
  await cluster.settle();
  await claimsOf(cluster).delete("data");
  await cluster.apply(pod("second", "data"));
  await cluster.settle();
  expect((await claimsOf(cluster).get("data")).metadata.finalizers).toEqual(["kubernetes.io/pvc-protection"]);
  const second = await podsOf(cluster).get("second");
  expect(findPodCondition(second, "PodScheduled")?.message).toMatch('persistentvolumeclaim "data" is being deleted');
  await podsOf(cluster).delete("first");
  await cluster.settle();
  expect((await claimsOf(cluster).list()).items).toEqual([]);
  expect((await cluster.client.resource(PersistentVolumeKind).list()).items).toEqual([]);
});

test("the next Pod of a claim goes to the node of the claim's volume, however many there are", async () => {
  await using cluster = await startCluster({ nodes: 5, seed: 2 });
  await cluster.apply(claim("data") + "---" + pod("first", "data"));
  await cluster.settle();
  const { nodeName } = (await podsOf(cluster).get("first")).spec;
  await podsOf(cluster).delete("first");
  for (const name of ["second", "third", "fourth"]) await cluster.apply(pod(name, "data"));
  await cluster.settle();
  expect((await podsOf(cluster).list()).items.map(({ spec }) => spec.nodeName)).toEqual([nodeName, nodeName, nodeName]);
});

test("a claim may grow where its class lets it, and not shrink", async () => {
  await using cluster = await startCluster({ nodes: 1, seed: 1 });
  await cluster.apply(claim("data") + "---" + pod("web", "data"));
  await cluster.settle();
  const ask = (storage: string) => claimsOf(cluster).patch("data", { spec: { resources: { requests: { storage } } } }, { type: "merge" });
  await ask("3Gi");
  await cluster.settle();
  const grown = await claimsOf(cluster).get("data");
  expect(grown.status).toMatchObject({ phase: "Bound", capacity: { storage: "3Gi" } });
  expect((await cluster.client.resource(PersistentVolumeKind).get(grown.spec.volumeName!)).spec.capacity).toEqual({ storage: "3Gi" });
  await expect(ask("1Gi")).rejects.toThrow("field can not be less than status.capacity");

  await cluster.client.resource(StorageClassKind).patch("standard", { allowVolumeExpansion: false }, { type: "merge" });
  await expect(ask("4Gi")).rejects.toThrow(
    "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize",
  );
});

test("an ephemeral volume's claim comes and goes with its Pod", async () => {
  await using cluster = await startCluster({ nodes: 1, seed: 1 });
  await cluster.apply(`
apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  terminationGracePeriodSeconds: 0
  containers: [{ name: main, image: "main:1", volumeMounts: [{ name: scratch, mountPath: /scratch }] }]
  volumes:
  - name: scratch
    ephemeral: { volumeClaimTemplate: { spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } } } }
`);
  await cluster.settle();
  expect((await podsOf(cluster).get("web")).status.phase).toBe("Running");
  expect((await claimsOf(cluster).get("web-scratch")).status.phase).toBe("Bound");
  await podsOf(cluster).delete("web");
  await cluster.settle();
  expect((await claimsOf(cluster).list()).items).toEqual([]);
  expect((await cluster.client.resource(PersistentVolumeKind).list()).items).toEqual([]);
});

test("what no directory can be is refused, and the claim says why", async () => {
  await using cluster = await startCluster({ nodes: 1, seed: 1 });
  await cluster.apply(claim("disk", ", volumeMode: Block"));
  await cluster.apply(`
apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  containers: [{ name: main, image: "main:1", volumeDevices: [{ name: data, devicePath: /dev/data }] }]
  volumes: [{ name: data, persistentVolumeClaim: { claimName: disk } }]
`);
  await cluster.settle();
  expect(await eventsAbout(cluster, "disk")).toContain(
    'ProvisioningFailed: failed to provision volume with StorageClass "standard": block volumes are not supported by this provisioner',
  );
  expect((await podsOf(cluster).get("web")).spec.nodeName ?? "").toBe("");
});

test("a claim that came before there was a default class gets it when there is one", async () => {
  await using cluster = await startCluster({ nodes: 1, seed: 1 });
  await cluster.client.resource(StorageClassKind).delete("standard");
  await cluster.apply(claim("early") + "---" + claim("none", ', storageClassName: ""') + "---" + pod("web", "early"));
  await cluster.settle();
  const web = await podsOf(cluster).get("web");
  expect(findPodCondition(web, "PodScheduled")?.message).toMatch("pod has unbound immediate PersistentVolumeClaims");
  await cluster.apply(`
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: late, annotations: { storageclass.kubernetes.io/is-default-class: "true" } }
provisioner: kubets.dev/host-path
volumeBindingMode: WaitForFirstConsumer
`);
  await cluster.settle();
  await cluster.clock.advance("10s");
  await cluster.settle();
  expect((await podsOf(cluster).get("web")).status.phase).toBe("Running");
  expect((await claimsOf(cluster).get("early")).spec.storageClassName).toBe("late");
  expect((await claimsOf(cluster).get("none")).status.phase).toBe("Pending");
});

test("a class that keeps volumes leaves them Released; a volume of a class that binds at once is made without a Pod", async () => {
  await using cluster = await startCluster({ nodes: 2, seed: 1 });
  await cluster.apply(`
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: { name: kept }
provisioner: kubets.dev/host-path
reclaimPolicy: Retain
`);
  await cluster.apply(claim("data", ", storageClassName: kept"));
  await cluster.settle();
  const { spec, status } = await claimsOf(cluster).get("data");
  expect(status.phase).toBe("Bound");
  await claimsOf(cluster).delete("data");
  await cluster.settle();
  const volume = await cluster.client.resource(PersistentVolumeKind).get(spec.volumeName!);
  expect(volume.status.phase).toBe("Released");
  expect(volume.metadata.finalizers).toEqual(["kubernetes.io/pv-protection"]);
});
