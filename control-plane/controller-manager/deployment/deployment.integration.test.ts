import { DeploymentKind, isPodReady, type Pod, PodKind, ReplicaSetKind } from "@kubets/api";
import { type Cluster, startCluster } from "@kubets/testkit";
import { expect, test } from "vitest";

const gate = "example.com/warm";

/** Pods of this Deployment are ready only when somebody says that they are warm. */
const manifest = (image: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 4
  progressDeadlineSeconds: 60
  selector: { matchLabels: { app: web } }
  strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } }
  template:
    metadata: { labels: { app: web } }
    spec:
      readinessGates: [{ conditionType: ${gate} }]
      containers: [{ name: web, image: "${image}" }]
`;
const podsOf = async (cluster: Cluster): Promise<readonly Pod[]> =>
  (await cluster.client.resource(PodKind).in("default").list()).items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
async function warm(cluster: Cluster, pod: Pod): Promise<void> {
  const patch = { status: { conditions: [{ type: gate, status: "True" }] } };
  await cluster.client.resource(PodKind).in("default").patch(pod.metadata.name, patch, { type: "strategic", subresource: "status" });
  await cluster.settle();
}
const conditionsOf = async (cluster: Cluster): Promise<readonly string[]> =>
  ((await cluster.client.resource(DeploymentKind).in("default").get("web")).status.conditions ?? [])
    .map(({ type, status, reason }) => `${type} ${status} ${reason}`)
    .toSorted();

async function rolledOut(): Promise<Cluster> {
  const cluster = await startCluster({ nodes: 2, seed: 1 });
  await cluster.apply(manifest("web:1"));
  await cluster.settle();
  for (const pod of await podsOf(cluster)) await warm(cluster, pod);
  return cluster;
}
const rollTo = async (cluster: Cluster, image: string): Promise<void> => {
  const patch = { spec: { template: { spec: { containers: [{ name: "web", image }] } } } };
  await cluster.client.resource(DeploymentKind).in("default").patch("web", patch, { type: "strategic" });
  await cluster.settle();
};

test("a rolling update goes as fast as new Pods become ready, and never below its availability", async () => {
  await using cluster = await rolledOut();
  expect(await conditionsOf(cluster)).toEqual(["Available True MinimumReplicasAvailable", "Progressing True NewReplicaSetAvailable"]);
  await rollTo(cluster, "web:2");
  for (let step = 0; step < 10; step++) {
    const pods = await podsOf(cluster);
    expect(pods.length).toBeLessThanOrEqual(5);
    expect(pods.filter(isPodReady).length).toBeGreaterThanOrEqual(3);
    const cold = pods.find((pod) => !isPodReady(pod));
    if (cold === undefined) break;
    await warm(cluster, cold);
  }
  const end = await podsOf(cluster);
  expect(end.map(({ spec }) => spec.containers[0]!.image)).toEqual(["web:2", "web:2", "web:2", "web:2"]);
  expect(end.every(isPodReady)).toBe(true);
  expect(await conditionsOf(cluster)).toEqual(["Available True MinimumReplicasAvailable", "Progressing True NewReplicaSetAvailable"]);
  expect(cluster.failures).toEqual([]);
});

test("a rollout whose Pods never become ready fails after its deadline, and rolling back heals it", async () => {
  await using cluster = await rolledOut();
  await rollTo(cluster, "web:broken");
  await cluster.clock.advance("62s");
  expect(await conditionsOf(cluster)).toEqual(["Available True MinimumReplicasAvailable", "Progressing False ProgressDeadlineExceeded"]);
  await rollTo(cluster, "web:1");
  for (const pod of await podsOf(cluster)) if (!isPodReady(pod)) await warm(cluster, pod);
  expect(await conditionsOf(cluster)).toEqual(["Available True MinimumReplicasAvailable", "Progressing True NewReplicaSetAvailable"]);
  const { items } = await cluster.client.resource(ReplicaSetKind).in("default").list();
  const revisions = items.map(({ metadata, spec }) => `${metadata.annotations?.["deployment.kubernetes.io/revision"]}: ${spec.replicas}`);
  expect(revisions.toSorted()).toEqual(["2: 0", "3: 4"]);
});

test("a Pod counts as available only after minReadySeconds", async () => {
  await using cluster = await startCluster({ nodes: 1, seed: 1 });
  await cluster.apply(manifest("web:1").replace("replicas: 4", "replicas: 1\n  minReadySeconds: 20"));
  await cluster.settle();
  const [pod] = await podsOf(cluster);
  await warm(cluster, pod!);
  const available = async (): Promise<number> =>
    (await cluster.client.resource(DeploymentKind).in("default").get("web")).status.availableReplicas ?? 0;
  await cluster.clock.advance("19s");
  expect(await available()).toBe(0);
  await cluster.clock.advance("2s");
  expect(await available()).toBe(1);
});
