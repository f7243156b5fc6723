import { createHash } from "node:crypto";
import { DeploymentKind, type Pod, PodDisruptionBudgetKind, PodKind } from "@kubets/api";
import { type Instant, isStatus, seededRandom } from "@kubets/machinery";
import type { Revision, Store, StoreEvent } from "@kubets/store";
import { createMemoryStore } from "@kubets/store/memory";
import { startCluster } from "../start-cluster.ts";

const replicas = 4;
const minAvailable = 3;
const maxSurge = 1;
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
  strategy: { rollingUpdate: { maxSurge: ${maxSurge}, maxUnavailable: 1 } }
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: "web:1" }] }
`;

export interface Told {
  /** SHA-256 of every write: key, revision, cause and bytes. */
  readonly history: string;
  /** Invariants that a revision broke. */
  readonly broken: readonly string[];
  readonly evictions: number;
  readonly refusals: number;
  /** Names and images of the Pods in the end. */
  readonly end: readonly string[];
}

/**
 * A Deployment is rolled while one node is drained under a PodDisruptionBudget and another one fails and comes back; when which of it
 * happens, and how long Pods take to start, is a matter of the seed.
 */
export async function seededRollout(seed: number): Promise<Told> {
  const chance = seededRandom(seed);
  const within = (milliseconds: number): number => Math.floor(chance.fraction() * milliseconds);
  const startDelay = 500 + within(4000);
  let store: Store | undefined;
  await using cluster = await startCluster({
    nodes: 3,
    seed,
    startTime: Date.UTC(2027, 0, 1) as Instant,
    heartbeat: "10s",
    programs: [({ pod }) => ({ startDelay: startDelay + (pod.metadata.name.charCodeAt(pod.metadata.name.length - 1) % 7) * 300 })],
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
  const { items: before } = await pods.list();
  const drained = before[within(before.length)]!.spec.nodeName!;
  const failing = `simulated-${(Number(drained.at(-1)) + 1 + within(2)) % 3}`;
  let [evictions, refusals] = [0, 0];
  const failsAt = 2 + within(4);
  for (let step = 0; step < 12; step++) {
    await cluster.clock.advance(500 + within(3000));
    if (step === failsAt) cluster.controlPlane.simulatedNodes!.node(failing).fail();
    for (const { metadata, spec } of (await pods.list()).items) {
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
  const end = (await pods.list()).items.map(
    ({ metadata, spec, status }) => `${metadata.name} ${spec.containers[0]!.image} ${status.phase}`,
  );
  await cluster.client.resource(PodDisruptionBudgetKind).in("default").get("web");
  if (cluster.failures.length > 0) throw new AggregateError(cluster.failures.map(({ error }) => error));
  return { ...(await judged(store!)), evictions, refusals, end };
}

/** Goes through every revision. */
async function judged(store: Store): Promise<Pick<Told, "history" | "broken">> {
  const hash = createHash("sha256");
  const broken: string[] = [];
  const alive = new Map<string, Pod>();
  const created = new Set<string>();
  const current = await store.currentRevision();
  for await (const batch of store.watch({ prefix: "/", after: 0 as Revision, signal: new AbortController().signal })) {
    for (const event of batch.events) {
      const [key, value, revision, cause] = partsOf(event);
      hash.update(JSON.stringify([key, revision, cause, event.type]));
      if (value !== undefined) hash.update(value);
      if (!key.startsWith("/registry/pods/")) continue;
      if (value === undefined) alive.delete(key);
      else {
        const pod = JSON.parse(Buffer.from(value).toString()) as Pod;
        if (!alive.has(key) && created.has(key)) broken.push(`${revision}: ${key} was created twice`);
        created.add(key);
        alive.set(key, pod);
      }
      const wanted = [...alive.values()].filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      if (wanted.length > replicas + maxSurge) broken.push(`${revision}: ${wanted.length} Pods, at most ${replicas + maxSurge} may be`);
      // An eviction is a deletion by the administrator: what it leaves must be enough for the budget.
      const isEviction =
        value !== undefined && cause.user === "kubernetes-admin" && alive.get(key)?.metadata.deletionTimestamp !== undefined;
      if (isEviction && wanted.filter(isReady).length < minAvailable)
        broken.push(`${revision}: an eviction left ${wanted.filter(isReady).length} ready Pods, the budget wants ${minAvailable}`);
    }
    if (batch.revision >= current) break;
  }
  return { history: hash.digest("hex"), broken };
}

function partsOf(event: StoreEvent): readonly [string, Uint8Array | undefined, Revision, { readonly user: string }] {
  return event.type === "put"
    ? [event.entry.key, event.entry.value, event.entry.revision, event.entry.cause]
    : [event.key, undefined, event.revision, event.cause];
}

function isReady({ status }: Pod): boolean {
  return status.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") === true;
}
