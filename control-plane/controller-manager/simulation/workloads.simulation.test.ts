import {
  type Deployment,
  DeploymentKind,
  type Pod,
  PodKind,
  type ReplicaSet,
  ReplicaSetKind,
  type StatefulSet,
  StatefulSetKind,
} from "@kubets/api";
import { expect, test } from "vitest";
import { deploymentController } from "../deployment/index.ts";
import { replicaSetController } from "../replicaset/index.ts";
import { statefulSetController } from "../statefulset/index.ts";
import { any, isActive, isReady, kill, oneOf, patch, selector, template } from "./testing/acting.ts";
import { type Scenario, simulate } from "./testing/simulate.ts";

const sizes = [0, 1, 3, 5, 8];

/** However it is scaled and its Pods are killed: a Pod too many only where the answer to a creation was lost. */
const aReplicaSet: Scenario = {
  controllers: () => [replicaSetController],
  follows: [any(ReplicaSetKind), any(PodKind)],
  async setUp({ cluster }) {
    const spec = { replicas: 3, selector, template: template("web:1") };
    await cluster.client
      .resource(ReplicaSetKind)
      .in("default")
      .create({ metadata: { name: "web" }, spec });
  },
  async meddle(world) {
    if (world.random.fraction() < 0.5) return patch(world, any(ReplicaSetKind), "web", { spec: { replicas: oneOf(world, sizes) } });
    await kill(world, oneOf(world, world.of(PodKind)));
  },
  check({ kind, previous }, world) {
    if (kind.kind !== "Pod" || previous !== undefined) return undefined;
    const active = world.of(PodKind).filter(isActive).length;
    const most = Math.max(...sizes) + world.mishaps.lostAnswers;
    return active > most ? `${active} Pods, of ${most}` : undefined;
  },
  async unreached({ cluster }) {
    const { spec, status } = await cluster.client.resource(ReplicaSetKind).in("default").get("web");
    const pods = (await cluster.client.resource(PodKind).in("default").list()).items.filter(isActive);
    const facts = [pods.length, status.replicas, status.readyReplicas ?? 0, status.availableReplicas ?? 0];
    return facts.every((each) => each === spec.replicas) ? [] : facts;
  },
};

const maxSurge = 2;
const maxUnavailable = 1;
const replicas = 6;

/** However often its template changes, while Pods start and stop slowly: never more than the surge, never fewer than may be missing. */
const aRollout: Scenario = {
  controllers: () => [deploymentController, replicaSetController],
  cluster: { programs: [() => ({ startDelay: 700, pull: 300 })] },
  follows: [any(DeploymentKind), any(ReplicaSetKind), any(PodKind)],
  async setUp({ cluster }) {
    const strategy = { type: "RollingUpdate" as const, rollingUpdate: { maxSurge, maxUnavailable } };
    await cluster.client
      .resource(DeploymentKind)
      .in("default")
      .create({ metadata: { name: "web" }, spec: { replicas, selector, strategy, template: template("web:1") } });
    await cluster.clock.advance("5m");
  },
  async meddle(world) {
    const image = `web:${1 + Math.floor(world.random.fraction() * 4)}`;
    await patch(world, any(DeploymentKind), "web", { spec: { template: template(image) } });
  },
  check(step, world) {
    const replicaSets = world.of(ReplicaSetKind);
    const total = replicaSets.reduce((sum, { spec }) => sum + spec.replicas, 0);
    if (total > replicas + maxSurge) return `${total} Pods are declared, of ${replicas} and ${maxSurge}`;
    const image = (replicaSet: ReplicaSet): string => replicaSet.spec.template.spec.containers[0]!.image!;
    const images = replicaSets.map(image);
    if (new Set(images).size < images.length) return `two ReplicaSets of one template: ${images.join(", ")}`;
    const isLost = ({ previous, object }: typeof step): boolean =>
      previous !== undefined && isReady(previous as Pod) && (object === undefined || !isReady(object as Pod));
    const ready = world.of(PodKind).filter(isReady).length;
    return step.kind.kind === "Pod" && isLost(step) && ready < replicas - maxUnavailable ? `only ${ready} Pods are ready` : undefined;
  },
  async unreached({ cluster }) {
    const { spec, status, metadata } = await cluster.client.resource(DeploymentKind).in("default").get("web");
    const pods = (await cluster.client.resource(PodKind).in("default").list()).items.filter(isActive);
    const images = new Set(pods.map((pod) => pod.spec.containers[0]!.image));
    const facts: Pick<Deployment["status"], "observedGeneration" | "replicas" | "updatedReplicas" | "availableReplicas"> = status;
    const isReached =
      facts.observedGeneration === metadata.generation &&
      [facts.replicas, facts.updatedReplicas, facts.availableReplicas, pods.length].every((count) => count === replicas) &&
      images.size === 1 &&
      images.has(spec.template.spec.containers[0]!.image);
    return isReached ? [] : { ...facts, pods: pods.length, images: [...images] };
  },
};

const ordinalOf = ({ metadata }: Pod): number => Number(metadata.name.slice("web-".length));

/** Scaled and rolled: a Pod is made only when all below it are ready, and a roll takes one at a time. */
const anOrderedSet: Scenario = {
  controllers: () => [statefulSetController],
  follows: [any(StatefulSetKind), any(PodKind)],
  async setUp({ cluster }) {
    await cluster.client
      .resource(StatefulSetKind)
      .in("default")
      .create({ metadata: { name: "web" }, spec: { replicas: 3, serviceName: "web", selector, template: template("web:1") } });
  },
  async meddle(world) {
    const image = `web:${1 + Math.floor(world.random.fraction() * 3)}`;
    const spec = world.random.fraction() < 0.5 ? { replicas: oneOf(world, [1, 3, 5]) } : { template: template(image) };
    await patch(world, any(StatefulSetKind), "web", { spec });
  },
  check({ kind, previous, object }, world) {
    if (kind.kind !== "Pod") return undefined;
    const others = world.of(PodKind);
    if (previous === undefined && object !== undefined) {
      const below = others.filter((pod) => ordinalOf(pod) < ordinalOf(object as Pod));
      const ready = below.filter(isReady).length;
      if (ready < ordinalOf(object as Pod)) return `${object.metadata.name} was made with ${ready} ready Pods below it`;
    }
    const leaving = others.filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
    return leaving.length > 1 ? `${leaving.map(({ metadata }) => metadata.name).join(" and ")} are going at once` : undefined;
  },
  async unreached({ cluster }) {
    const set: StatefulSet = await cluster.client.resource(StatefulSetKind).in("default").get("web");
    const pods = (await cluster.client.resource(PodKind).in("default").list()).items.filter(isReady);
    const images = new Set(pods.map((pod) => pod.spec.containers[0]!.image));
    const { status, spec } = set;
    const isReached =
      pods.length === spec.replicas &&
      status.replicas === spec.replicas &&
      (status.updatedReplicas ?? 0) === spec.replicas &&
      status.currentRevision === status.updateRevision &&
      images.size === 1 &&
      images.has(spec.template.spec.containers[0]!.image);
    return isReached ? [] : { status, pods: pods.map(({ metadata }) => metadata.name), images: [...images] };
  },
};

test.each(
  Object.entries({ "a ReplicaSet": aReplicaSet, "a rollout": aRollout, "an ordered StatefulSet": anOrderedSet }).flatMap(
    ([name, scenario]) => [1, 2, 3].map((seed) => [name, seed, scenario] as const),
  ),
)(
  "whatever gets lost and whoever restarts, %s keeps its rules at every revision and gets where it should (seed %i)",
  async (_, seed, scenario) => {
    const { revisions, ...findings } = await simulate(scenario, seed);
    expect(findings).toEqual({ wrong: [], unreached: [] });
    expect(revisions).toBeGreaterThan(30);
  },
);
