import { createHash } from "node:crypto";
import { DeploymentKind, JobKind, PodDisruptionBudgetKind, PodKind } from "@kubets/api";
import { type Instant, isStatus, seededRandom } from "@kubets/machinery";
import type { Revision, Store } from "@kubets/store";
import { createMemoryStore } from "@kubets/store/memory";
import { causeOf, keyOf, revisionOf, writesSince } from "../recent-writes.ts";
import { everyRevision } from "../revision-view.ts";
import { startCluster } from "../start-cluster.ts";
import { createRolloutLimits, declared } from "./rollout-limits.ts";

const { replicas, minAvailable, maxSurge, maxUnavailable, parallelism, completions } = declared;
export const rolloutManifest: string = `
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: web }
spec: { minAvailable: ${minAvailable}, selector: { matchLabels: { app: web } } }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: ${replicas}
  strategy: { rollingUpdate: { maxSurge: ${maxSurge}, maxUnavailable: ${maxUnavailable} } }
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: "web:1" }] }
---
apiVersion: batch/v1
kind: Job
metadata: { name: work }
spec:
  parallelism: ${parallelism}
  completions: ${completions}
  template: { spec: { restartPolicy: OnFailure, containers: [{ name: work, image: "work:1" }] } }
`;

export interface Told {
  /** SHA-256 of every write: key, revision, cause and bytes. */
  readonly history: string;
  /** Invariants that a revision broke. */
  readonly broken: readonly string[];
  readonly evictions: number;
  readonly refusals: number;
  /** Names and images of the Deployment's Pods in the end. */
  readonly end: readonly string[];
  /** How many completions the Job counts in the end. */
  readonly succeeded: number;
}

/**
 * A Deployment is rolled, beside a Job at work, while one node is drained under a PodDisruptionBudget and another one fails and comes
 * back; when which of it happens, and how long Pods take to start and work, is a matter of the seed.
 */
export async function seededRollout(seed: number): Promise<Told> {
  const chance = seededRandom(seed);
  const within = (milliseconds: number): number => Math.floor(chance.fraction() * milliseconds);
  const startDelay = 500 + within(4000);
  const runFor = 10_000 + within(50_000);
  let store: Store | undefined;
  await using cluster = await startCluster({
    nodes: 3,
    seed,
    startTime: Date.UTC(2027, 0, 1) as Instant,
    heartbeat: "10s",
    programs: [
      ({ pod, container }) => ({
        startDelay: startDelay + (pod.metadata.name.charCodeAt(pod.metadata.name.length - 1) % 7) * 300,
        ...(container.image === "work:1" ? { runFor } : {}),
      }),
    ],
    store: async (surroundings) => (store = createMemoryStore(surroundings)),
  });
  const pods = cluster.client.resource(PodKind).in("default");
  await cluster.apply(rolloutManifest);
  await cluster.clock.advance("1m");
  await cluster.client
    .resource(DeploymentKind)
    .in("default")
    .patch("web", { spec: { template: { spec: { containers: [{ name: "web", image: "web:2" }] } } } }, { type: "strategic" });
  // A node that has something to lose.
  const { items: before } = await pods.list(web);
  const drained = before[within(before.length)]!.spec.nodeName!;
  const failing = `simulated-${(Number(drained.at(-1)) + 1 + within(2)) % 3}`;
  let [evictions, refusals] = [0, 0];
  const failsAt = 2 + within(4);
  for (let step = 0; step <= 12; step++) {
    // The first turn comes before the rollout could have moved away what there is to evict.
    if (step > 0) await cluster.clock.advance(500 + within(3000));
    if (step === failsAt) cluster.controlPlane.simulatedNodes!.node(failing).fail();
    for (const { metadata, spec } of (await pods.list(web)).items) {
      if (spec.nodeName !== drained || metadata.deletionTimestamp !== undefined) continue;
      const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: metadata.name, namespace: "default" } };
      try {
        await pods.subresource(metadata.name, "eviction").create(eviction);
        evictions++;
      } catch (error) {
        if (!isStatus(error, "TooManyRequests")) throw error;
        refusals++;
      }
      await cluster.settle();
    }
  }
  await cluster.controlPlane.simulatedNodes!.node(failing).restore();
  await cluster.clock.advance("6m");
  const end = (await pods.list(web)).items.map(
    ({ metadata, spec, status }) => `${metadata.name} ${spec.containers[0]!.image} ${status.phase}`,
  );
  await cluster.client.resource(PodDisruptionBudgetKind).in("default").get("web");
  const { status } = await cluster.client.resource(JobKind).in("default").get("work");
  if (cluster.failures.length > 0) throw new AggregateError(cluster.failures.map(({ error }) => error));
  return { ...(await judged(store!)), evictions, refusals, end, succeeded: status.succeeded ?? 0 };
}

const web = { labelSelector: "app=web" };

/** Goes through every revision. */
async function judged(store: Store): Promise<Pick<Told, "history" | "broken">> {
  const hash = createHash("sha256");
  for (const event of await writesSince(store, "/", 0 as Revision)) {
    hash.update(JSON.stringify([keyOf(event), revisionOf(event), causeOf(event), event.type]));
    if (event.type === "put") hash.update(event.entry.value);
  }
  const broken: string[] = [];
  const limits = createRolloutLimits();
  for await (const view of everyRevision(store)) broken.push(...limits(view).map((problem) => `${view.revision}: ${problem}`));
  return { history: hash.digest("hex"), broken };
}
