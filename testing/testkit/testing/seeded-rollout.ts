import { createHash } from "node:crypto";
import { DeploymentKind, JobKind, PodKind, isPodReady, isPodTerminal, PodDisruptionBudgetKind, ReplicaSetKind } from "@kubets/api";
import { type Instant, isStatus, seededRandom } from "@kubets/machinery";
import type { Revision, Store } from "@kubets/store";
import { createMemoryStore } from "@kubets/store/memory";
import { causeOf, keyOf, revisionOf, writesSince } from "../recent-writes.ts";
import { everyRevision, type RevisionView } from "../revision-view.ts";
import { startCluster } from "../start-cluster.ts";

const replicas = 4;
const minAvailable = 3;
const maxSurge = 1;
const maxUnavailable = 1;
const parallelism = 2;
const completions = 5;
const manifest = `
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
  await cluster.apply(manifest);
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
  for (let step = 0; step < 12; step++) {
    await cluster.clock.advance(500 + within(3000));
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
  const created = new Set<string>();
  let guaranteed = 0;
  for await (const view of everyRevision(store)) {
    if (view.previous === undefined && view.object !== undefined && view.key.startsWith("pods/")) {
      if (created.has(view.key)) broken.push(`${view.revision}: ${view.key} was created twice`);
      created.add(view.key);
    }
    broken.push(...limitsOfPods(view).map((problem) => `${view.revision}: ${problem}`));
    // What the ReplicaSets together promise to keep of what is available. Nodes may take from it, the Deployment only down to its limit.
    const before = guaranteed;
    guaranteed = view
      .objects(ReplicaSetKind)
      .reduce((sum, { spec, status }) => sum + Math.min(spec.replicas, status.availableReplicas ?? 0), 0);
    if (view.by === "deployment" && guaranteed < Math.min(before, replicas - maxUnavailable))
      broken.push(
        `${view.revision}: the Deployment keeps ${guaranteed} of ${before} available Pods, at least ${replicas - maxUnavailable} must be`,
      );
  }
  return { history: hash.digest("hex"), broken };
}

function limitsOfPods({ key, by, object, objects }: RevisionView): readonly string[] {
  if (!key.startsWith("pods/")) return [];
  const problems: string[] = [];
  const alive = objects(PodKind).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const serving = alive.filter(({ metadata }) => metadata.labels?.["app"] === "web");
  if (serving.length > replicas + maxSurge) problems.push(`${serving.length} Pods, at most ${replicas + maxSurge} may be`);
  // An eviction is a deletion by the administrator: what it leaves must be enough for the budget.
  const isEviction = by === "kubernetes-admin" && object?.metadata.deletionTimestamp !== undefined;
  const ready = serving.filter(isPodReady).length;
  if (isEviction && ready < minAvailable) problems.push(`an eviction left ${ready} ready Pods, the budget wants ${minAvailable}`);
  const working = objects(PodKind).filter(({ metadata }) => metadata.labels?.["batch.kubernetes.io/job-name"] === "work");
  const active = working.filter((pod) => !isPodTerminal(pod) && pod.metadata.deletionTimestamp === undefined).length;
  if (active > parallelism) problems.push(`${active} Pods work for the Job, at most ${parallelism} may`);
  const succeeded = working.filter(({ status }) => status.phase === "Succeeded").length;
  if (succeeded > completions) problems.push(`${succeeded} Pods have done the Job's work, ${completions} were asked for`);
  return problems;
}
