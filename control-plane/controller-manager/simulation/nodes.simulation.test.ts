import { type DaemonSet, DaemonSetKind, type Node, NodeKind, type Pod, PodKind, ReplicaSetKind } from "@kubets/api";
import type { NodeCondition } from "@kubets/api";
import { expect, test } from "vitest";
import { daemonSetController } from "../daemonset/index.ts";
import { nodeLifecycleController } from "../node-lifecycle/index.ts";
import { taintEvictionController } from "../taint-eviction/index.ts";
import { ttlAnnotation, ttlController } from "../ttl/index.ts";
import { any, attempt, isReady, kill, oneOf, patch, selector, template } from "./testing/acting.ts";
import { type Scenario, simulate, type World } from "./testing/simulate.ts";

const readyOf = ({ status }: Node): NodeCondition["status"] | undefined => status.conditions?.find(({ type }) => type === "Ready")?.status;
const drivesAway = ({ spec }: Node): boolean => spec.taints?.some(({ effect }) => effect === "NoExecute") === true;
const nodeOf = ({ of }: World, { spec }: Pod): Node | undefined => of(NodeKind).find(({ metadata }) => metadata.name === spec.nodeName);

/** When nodes were taken back, in milliseconds; a controller may hear of it late, and act on what it knew. */
const takenBack = new WeakMap<World, Map<string, number>>();
const latestNews = 60_000;

function wasGivenUpLately(world: World, { metadata }: Node): boolean {
  const since = takenBack.get(world)?.get(metadata.name);
  return since !== undefined && world.cluster.clock.now() - since < latestNews;
}

/** Nodes fall silent and are heard again: only silent ones are given up, and Pods go only from those. */
const silentNodes: Scenario = {
  controllers: () => [nodeLifecycleController(), taintEvictionController],
  beside: ["replicaset", "pod-garbage-collector"],
  cluster: { nodes: 4 },
  pace: 90_000,
  follows: [any(NodeKind), any(PodKind)],
  async setUp({ cluster }) {
    const spec = { replicas: 6, selector, template: template("web:1") };
    await cluster.client
      .resource(ReplicaSetKind)
      .in("default")
      .create({ metadata: { name: "web" }, spec });
    await cluster.settle();
  },
  async meddle(world) {
    const nodes = world.cluster.controlPlane.simulatedNodes!;
    const node = nodes.node(oneOf(world, nodes.names));
    const luck = world.random.fraction();
    if (luck < 0.25) node.fail();
    else if (luck < 0.5) node.partition();
    else await node.restore();
  },
  check({ kind, object, previous }, world) {
    if (kind.kind === "Node" && object !== undefined && previous !== undefined) {
      const [now, before] = [object as Node, previous as Node];
      const times = takenBack.get(world) ?? new Map<string, number>();
      takenBack.set(world, times);
      if (drivesAway(before) && !drivesAway(now)) times.set(now.metadata.name, world.cluster.clock.now());
      return drivesAway(now) && !drivesAway(before) && readyOf(now) === "True"
        ? `${now.metadata.name} is given up although it is heard`
        : undefined;
    }
    if (kind.kind !== "Pod" || previous === undefined || object === undefined) return undefined;
    const isLeaving = object.metadata.deletionTimestamp !== undefined && previous.metadata.deletionTimestamp === undefined;
    const node = nodeOf(world, object as Pod);
    return isLeaving && node !== undefined && !drivesAway(node) && !wasGivenUpLately(world, node)
      ? `${object.metadata.name} has to go from ${node.metadata.name}, which is well`
      : undefined;
  },
  async calm({ cluster }) {
    const nodes = cluster.controlPlane.simulatedNodes!;
    for (const name of nodes.names) await nodes.node(name).restore();
  },
  async unreached({ cluster }) {
    const nodes = (await cluster.client.resource(NodeKind).list()).items;
    const pods = (await cluster.client.resource(PodKind).in("default").list()).items;
    const unwell = nodes.filter((node) => readyOf(node) !== "True" || (node.spec.taints ?? []).length > 0);
    return unwell.length === 0 && pods.filter(isReady).length === 6 && pods.length === 6
      ? []
      : { unwell: unwell.map(({ metadata, spec }) => [metadata.name, spec.taints]), pods: pods.map(({ status }) => status.phase) };
  },
};

const maxUnavailable = 2;
const nodeCount = 5;

/** A DaemonSet rolls, and rolls again, while its Pods start slowly: it never takes more out of service than it may. */
const aRollingDaemonSet: Scenario = {
  controllers: () => [daemonSetController()],
  cluster: { nodes: nodeCount, programs: [() => ({ startDelay: 900 })] },
  follows: [any(DaemonSetKind), any(PodKind)],
  async setUp({ cluster }) {
    const updateStrategy = { type: "RollingUpdate" as const, rollingUpdate: { maxUnavailable } };
    await cluster.client
      .resource(DaemonSetKind)
      .in("default")
      .create({ metadata: { name: "web" }, spec: { selector, updateStrategy, template: template("web:1") } });
    await cluster.clock.advance("5m");
  },
  async meddle(world) {
    const spec = { template: template(oneOf(world, ["web:1", "web:2", "web:3"])) };
    await patch(world, any(DaemonSetKind), "web", { spec });
  },
  check({ kind, object, previous }, world) {
    if (kind.kind !== "Pod" || previous === undefined || !isReady(previous as Pod)) return undefined;
    if (object !== undefined && isReady(object as Pod)) return undefined;
    const ready = world.of(PodKind).filter(isReady).length;
    return ready < nodeCount - maxUnavailable ? `only ${ready} Pods of ${nodeCount} are ready` : undefined;
  },
  async unreached({ cluster }) {
    const set: DaemonSet = await cluster.client.resource(DaemonSetKind).in("default").get("web");
    const pods = (await cluster.client.resource(PodKind).in("default").list()).items.filter(isReady);
    const images = new Set(pods.map(({ spec }) => spec.containers[0]!.image));
    const isReached =
      pods.length === nodeCount &&
      images.size === 1 &&
      images.has(set.spec.template.spec.containers[0]!.image) &&
      set.status.updatedNumberScheduled === nodeCount;
    return isReached ? [] : { status: set.status, images: [...images] };
  },
};

/** Whoever kills Pods by hand takes them out of service; the DaemonSet then takes none beyond its limit. */
const aDisturbedDaemonSet: Scenario = {
  ...aRollingDaemonSet,
  async meddle(world) {
    if (world.random.fraction() < 0.3) await kill(world, oneOf(world, world.of(PodKind)));
    else await aRollingDaemonSet.meddle(world);
  },
  check: () => undefined,
};

/** Sizes that the cluster had, and until when, in milliseconds. */
const sizesOf = new WeakMap<World, { readonly size: number; readonly until: number }[]>();

/** The steps of the sizes that a cluster takes here, in seconds. */
const fittingIn = (size: number): readonly string[] => [...(size <= 100 ? ["0"] : []), ...(size >= 90 ? ["15"] : [])];

/** The cluster grows and shrinks about a step: nodes are told what fits, as far as a controller can know its size, and no more often than needed. */
const aBreathingCluster: Scenario = {
  controllers: () => [ttlController],
  cluster: { nodes: 0 },
  pace: 60_000,
  follows: [any(NodeKind)],
  async setUp(world) {
    sizesOf.set(world, []);
    const nodes = world.cluster.client.resource(NodeKind);
    for (let number = 0; number < 88; number++) await nodes.create({ metadata: { name: `first-${number}` } });
  },
  async meddle(world) {
    const nodes = world.cluster.client.resource(NodeKind);
    const present = world.of(NodeKind);
    const isGrowing = present.length < 85 || (present.length < 106 && world.random.fraction() < 0.5);
    if (isGrowing)
      for (let count = 0; count < 9; count++)
        await nodes.create({ metadata: { name: `later-${world.random.fraction().toString(36).slice(2)}` } });
    else for (const { metadata } of present.slice(0, 9)) await attempt(nodes.delete(metadata.name), "NotFound");
  },
  check({ object, previous }, world) {
    const [now, size, sizes] = [world.cluster.clock.now(), world.of(NodeKind).length, sizesOf.get(world)!];
    if (object === undefined || previous === undefined) sizes.push({ size: size + (object === undefined ? 1 : -1), until: now });
    const [ttl, before] = [object, previous].map((each) => each?.metadata.annotations?.[ttlAnnotation]);
    if (object === undefined || ttl === before) return undefined;
    const known = [size, ...sizes.filter(({ until }) => now - until < latestNews).map((each) => each.size)];
    const isFitting = known.some((each) => fittingIn(each).includes(ttl ?? ""));
    const wasNeeded = before === undefined || known.some((each) => !fittingIn(each).includes(before));
    return isFitting && wasNeeded
      ? undefined
      : `${object.metadata.name} has ${ttl} after ${before}, of ${[...new Set(known)].join()} nodes`;
  },
  async unreached({ cluster }) {
    const nodes = (await cluster.client.resource(NodeKind).list()).items;
    const ttls = new Set(nodes.map(({ metadata }) => metadata.annotations?.[ttlAnnotation] ?? "none"));
    return [...ttls].filter((ttl) => !fittingIn(nodes.length).includes(ttl));
  },
};

test.each(
  Object.entries({
    "the life of nodes": silentNodes,
    "a DaemonSet that rolls": aRollingDaemonSet,
    "a DaemonSet that rolls while its Pods are killed": aDisturbedDaemonSet,
    "a cluster that grows and shrinks": aBreathingCluster,
  }).flatMap(([name, scenario]) => [1, 2].map((seed) => [name, seed, scenario] as const)),
)(
  "whatever gets lost and whoever restarts, %s keeps its rules at every revision and gets where it should (seed %i)",
  async (_, seed, scenario) => {
    const { revisions, ...findings } = await simulate(scenario, seed);
    expect(findings).toEqual({ wrong: [], unreached: [] });
    expect(revisions).toBeGreaterThan(30);
  },
);
