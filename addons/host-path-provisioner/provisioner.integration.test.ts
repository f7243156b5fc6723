import { EventKind, PersistentVolumeClaimKind, PersistentVolumeKind, PodKind } from "@kubets/api";
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
