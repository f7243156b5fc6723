import { EventKind, findPodCondition, NodeKind, type Pod, PodKind } from "@kubets/api";
import { createInformers } from "@kubets/client";
import { type Instant, seededRandom, silent, unmeasured } from "@kubets/machinery";
import { type Cluster, startCluster } from "@kubets/testkit";
import { runScheduler, type RunningScheduler, type SchedulerOptions } from "../scheduler.ts";
import { aNode, aPod, type NodeFacts, type PodFacts } from "./objects.ts";

export const noon: Instant = Date.UTC(2026, 0, 1, 12) as Instant;

/** A scheduler on an API server, and nothing else: no controllers, and nodes that are objects only. */
export interface Fixture extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly scheduler: RunningScheduler;
  addNode(facts: NodeFacts): Promise<void>;
  create(name: string, facts?: PodFacts): Promise<void>;
  pod(name: string): Promise<Pod>;
  /** Where each Pod is, by name. */
  placements(): Promise<Readonly<Record<string, string | undefined>>>;
  /** What the condition `PodScheduled` says. */
  whyNot(name: string): Promise<string | undefined>;
  /** Reasons and messages of the events about a Pod. */
  events(name: string): Promise<readonly string[]>;
}

export async function aCluster({
  nodes = [],
  seed = 2,
  ...options
}: Partial<SchedulerOptions> & { readonly nodes?: readonly NodeFacts[]; readonly seed?: number } = {}): Promise<Fixture> {
  const cluster = await startCluster({ nodes: 0, startTime: noon, seed: 1, controllers: false, scheduler: false });
  const { client } = cluster;
  await cluster.apply('{"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":"default","namespace":"default"}}');
  const surroundings = {
    client,
    clock: cluster.clock,
    random: seededRandom(seed),
    tasks: cluster.tasks,
    logger: silent,
    metrics: unmeasured,
  };
  const informers = createInformers(surroundings);
  const addNode = async (facts: NodeFacts): Promise<void> => {
    const { metadata, spec, status } = aNode(facts);
    const { uid: _, ...named } = metadata;
    const nodes = client.resource(NodeKind);
    await nodes.create({ metadata: named, spec: { ...spec, unschedulable: true } });
    await nodes.patch(metadata.name, { status }, { type: "merge", subresource: "status" });
    // There is no node controller that would take the taint of a new node away.
    await nodes.patch(
      metadata.name,
      { spec: { taints: spec.taints ?? null, unschedulable: spec.unschedulable ?? null } },
      { type: "merge" },
    );
  };
  for (const node of nodes) await addNode(node);
  const scheduler = runScheduler({ ...surroundings, informers, ...options });
  await cluster.settle();
  const pods = client.resource(PodKind).in("default");
  return {
    cluster,
    scheduler,
    addNode,
    async create(name, facts = {}) {
      const { metadata, spec } = aPod({ name, ...facts });
      const { uid: _, ...named } = metadata;
      await pods.create({ metadata: named, spec });
    },
    pod: (name) => pods.get(name),
    async placements() {
      return Object.fromEntries((await pods.list()).items.map(({ metadata, spec }) => [metadata.name, spec.nodeName]));
    },
    async whyNot(name) {
      const condition = findPodCondition(await pods.get(name), "PodScheduled");
      return condition?.status === "False" ? `${condition.reason}: ${condition.message}` : undefined;
    },
    async events(name) {
      const { items } = await client.resource(EventKind).in("default").list();
      return items.filter(({ involvedObject }) => involvedObject.name === name).map(({ reason, message }) => `${reason}: ${message}`);
    },
    async [Symbol.asyncDispose]() {
      await scheduler.stop();
      await informers.stop();
      await cluster[Symbol.asyncDispose]();
    },
  };
}
