import {
  ConfigMapKind,
  type CronJob,
  CronJobKind,
  DaemonSetKind,
  EndpointSliceKind,
  type Job,
  JobKind,
  kinds,
  NamespaceKind,
  NodeKind,
  type Pod,
  PodDisruptionBudgetKind,
  PodKind,
  ReplicaSetKind,
  ServiceKind,
} from "@kubets/api";
import { type Instant, parseTime } from "@kubets/machinery";
import { programsByImage } from "@kubets/testkit";
import { expect, test } from "vitest";
import { cronJobController } from "../cronjob/index.ts";
import { daemonSetController } from "../daemonset/index.ts";
import { disruptionController } from "../disruption/index.ts";
import { endpointSliceController } from "../endpointslice/index.ts";
import { garbageCollector } from "../garbage-collector/index.ts";
import { jobController } from "../job/index.ts";
import { namespaceController } from "../namespace/index.ts";
import { any, attempt, isActive, isReady, kill, oneOf, patch, selector, template } from "./testing/acting.ts";
import { type Scenario, simulate } from "./testing/simulate.ts";

/** Nodes come and go from the set that it selects, its template changes, its Pods are killed: one Pod a node, but for lost answers. */
const aDaemonSet: Scenario = {
  controllers: () => [daemonSetController()],
  cluster: { nodes: 4 },
  follows: [any(DaemonSetKind), any(PodKind)],
  async setUp({ cluster }) {
    await cluster.client
      .resource(DaemonSetKind)
      .in("default")
      .create({ metadata: { name: "web" }, spec: { selector, template: template("web:1") } });
  },
  async meddle(world) {
    const luck = world.random.fraction();
    if (luck < 0.4) return kill(world, oneOf(world, world.of(PodKind)));
    if (luck < 0.7)
      return patch(world, any(DaemonSetKind), "web", { spec: { template: template(oneOf(world, ["web:1", "web:2", "web:3"])) } });
    const nodes = (await world.cluster.client.resource(NodeKind).list()).items;
    const labels = { off: world.random.fraction() < 0.5 ? "yes" : null };
    await world.cluster.client.resource(NodeKind).patch(oneOf(world, nodes).metadata.name, { metadata: { labels } }, { type: "merge" });
  },
  check({ kind, object, previous }, world) {
    if (kind.kind !== "Pod" || object === undefined || previous !== undefined) return undefined;
    const active = world.of(PodKind).filter(isActive).length;
    return active > 4 + world.mishaps.lostAnswers ? `${active} Pods on 4 nodes` : undefined;
  },
  async unreached({ cluster }) {
    const { status, metadata } = await cluster.client.resource(DaemonSetKind).in("default").get("web");
    const pods = (await cluster.client.resource(PodKind).in("default").list()).items.filter(isReady);
    const counts = [status.desiredNumberScheduled, status.numberReady, status.updatedNumberScheduled, status.numberAvailable, pods.length];
    const nodes = new Set(pods.map(({ spec }) => spec.nodeName));
    return status.observedGeneration === metadata.generation && counts.every((each) => each === 4) && nodes.size === 4 ? [] : counts;
  },
};

/** However its Pods end: no more at once than may be, and each that ended is counted once. */
const aJob: Scenario = {
  controllers: () => [jobController],
  cluster: {
    programs: [
      ({ container, pod }) =>
        container.image === "dice" ? { runFor: 3_000, exitCode: pod.metadata.name.charCodeAt(5) % 3 === 0 ? 1 : 0 } : undefined,
    ],
  },
  follows: [any(JobKind), any(PodKind)],
  async setUp({ cluster }) {
    const podTemplate = { spec: { restartPolicy: "Never" as const, containers: [{ name: "web", image: "dice" }] } };
    await cluster.client
      .resource(JobKind)
      .in("default")
      .create({ metadata: { name: "work" }, spec: { parallelism: 3, completions: 12, backoffLimit: 1000, template: podTemplate } });
  },
  async meddle(world) {
    if (world.random.fraction() < 0.5) return kill(world, oneOf(world, world.of(PodKind).filter(isActive)));
    await attempt(patch(world, any(JobKind), "work", { spec: { parallelism: oneOf(world, [1, 2, 3]) } }), "Invalid");
  },
  check({ kind, object, previous }, world) {
    if (kind.kind === "Job" && previous !== undefined && object !== undefined) {
      const count = ({ status }: Job): number => (status.succeeded ?? 0) + (status.failed ?? 0);
      return count(object as Job) < count(previous as Job) ? "a Pod that was counted is counted no more" : undefined;
    }
    if (kind.kind !== "Pod" || previous !== undefined) return undefined;
    const active = world.of(PodKind).filter(isActive).length;
    return active > 3 + world.mishaps.lostAnswers ? `${active} Pods at once, of 3` : undefined;
  },
  async unreached({ cluster }) {
    const { status } = await cluster.client.resource(JobKind).in("default").get("work");
    const pods = (await cluster.client.resource(PodKind).in("default").list()).items;
    const held = pods.filter(({ metadata }) => (metadata.finalizers ?? []).length > 0);
    const isDone = status.conditions?.some(({ type, status: holds }) => type === "Complete" && holds === "True") === true;
    return isDone && (status.succeeded ?? 0) >= 12 && held.length === 0 ? [] : { status, held: held.length };
  },
};

const minute = 60_000;
const start = Date.UTC(2026, 10, 22, 12) as Instant;

/** Every minute, and never two at once: each run is made once. */
const aCronJob: Scenario = {
  controllers: () => [cronJobController],
  beside: ["job"],
  cluster: { startTime: start, programs: [programsByImage({ tick: { runFor: 20_000 } })] },
  rounds: 120,
  follows: [any(CronJobKind), any(JobKind)],
  async setUp({ cluster }) {
    const podTemplate = { spec: { restartPolicy: "Never" as const, containers: [{ name: "web", image: "tick" }] } };
    const spec = { schedule: "* * * * *", concurrencyPolicy: "Forbid" as const, jobTemplate: { spec: { template: podTemplate } } };
    await cluster.client
      .resource(CronJobKind)
      .in("default")
      .create({ metadata: { name: "tick" }, spec });
  },
  async meddle() {
    // Time goes by.
  },
  check({ kind, object, previous }, world) {
    if (kind.kind === "CronJob" && object !== undefined && previous !== undefined) {
      const last = ({ status }: CronJob): number => parseTime(status.lastScheduleTime ?? "") ?? 0;
      return last(object as CronJob) < last(previous as CronJob) ? "the last run lies before one that was told" : undefined;
    }
    if (kind.kind !== "Job" || previous !== undefined || object === undefined) return undefined;
    const running = world.of(JobKind).filter(({ status }) => status.completionTime === undefined);
    return running.length > 1 ? `${running.map(({ metadata }) => metadata.name).join(" and ")} run at once` : undefined;
  },
  async unreached({ cluster }) {
    const { status } = await cluster.client.resource(CronJobKind).in("default").get("tick");
    const lag = cluster.clock.now() - (parseTime(status.lastScheduleTime ?? "") ?? 0);
    const jobs = (await cluster.client.resource(JobKind).in("default").list()).items;
    return lag <= 2 * minute && jobs.length >= 3 && jobs.length <= 4 ? [] : { status, jobs: jobs.length };
  },
};

/** Pods are evicted as fast as the budget lets: never fewer are ready than it says. */
const aBudget: Scenario = {
  controllers: () => [disruptionController],
  beside: ["replicaset"],
  cluster: { programs: [() => ({ startDelay: 800 })] },
  rounds: 60,
  follows: [any(PodKind), any(PodDisruptionBudgetKind)],
  async setUp({ cluster }) {
    const client = cluster.client;
    const spec = { replicas: 5, selector, template: template("web:1") };
    await client
      .resource(ReplicaSetKind)
      .in("default")
      .create({ metadata: { name: "web" }, spec });
    await cluster.clock.advance("1m");
    await client
      .resource(PodDisruptionBudgetKind)
      .in("default")
      .create({ metadata: { name: "web" }, spec: { minAvailable: 4, selector } });
  },
  async meddle(world) {
    for (const pod of world.of(PodKind).slice(0, 3)) {
      const { name, namespace = "" } = pod.metadata;
      const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace } };
      const asked = world.cluster.client.resource(PodKind).in(namespace).subresource(name, "eviction").create(eviction);
      await attempt(asked, "TooManyRequests", "NotFound", "InternalError");
    }
  },
  check({ kind, object, previous }, world) {
    if (kind.kind !== "Pod" || previous === undefined || !isReady(previous as Pod)) return undefined;
    if (object !== undefined && isReady(object as Pod)) return undefined;
    const ready = world.of(PodKind).filter(isReady).length;
    return ready < 4 ? `only ${ready} Pods are ready, of 4` : undefined;
  },
  async unreached({ cluster }) {
    const { status } = await cluster.client.resource(PodDisruptionBudgetKind).in("default").get("web");
    return status.currentHealthy === 5 && status.disruptionsAllowed === 1 && status.desiredHealthy === 4 ? [] : status;
  },
};

const owned = (name: string, uid: string) => ({ apiVersion: "v1", kind: "ConfigMap", name, uid });

const deletedByHand = new Set<string>();

/** Owners go, and what they own; nothing goes that has an owner left. */
const owners: Scenario = {
  controllers: () => [garbageCollector(kinds)],
  follows: [any(ConfigMapKind)],
  async setUp() {
    // People make what there is.
  },
  async meddle(world) {
    const maps = world.cluster.client.resource(ConfigMapKind).in("default");
    const deleteByHand = (name: string): Promise<void> => {
      deletedByHand.add(name);
      return attempt(maps.delete(name, { propagationPolicy: "Background" }), "NotFound");
    };
    const present = world.of(ConfigMapKind).filter(({ metadata }) => metadata.labels?.["run"] === "owners");
    if (world.random.fraction() < 0.3 && present.length > 0) return deleteByHand(oneOf(world, present).metadata.name);
    const parents = present.filter(() => world.random.fraction() < 0.3);
    const ownerReferences = parents.map(({ metadata }) => owned(metadata.name, metadata.uid));
    const name = `map-${world.random.fraction().toString(36).slice(2, 10)}`;
    await maps.create({ metadata: { name, labels: { run: "owners" }, ...(ownerReferences.length > 0 ? { ownerReferences } : {}) } });
  },
  check({ object, previous }, world) {
    const isLeaving = object === undefined && previous !== undefined;
    if (!isLeaving || previous.metadata.ownerReferences === undefined) return undefined;
    const left = new Set(world.of(ConfigMapKind).map(({ metadata }) => metadata.uid));
    const hasOwner = previous.metadata.ownerReferences.some(({ uid }) => left.has(uid)) && !deletedByHand.has(previous.metadata.name);
    return hasOwner ? `${previous.metadata.name} went although it has an owner` : undefined;
  },
  async unreached({ cluster }) {
    const { items } = await cluster.client.resource(ConfigMapKind).in("default").list();
    const uids = new Set(items.map(({ metadata }) => metadata.uid));
    const orphans = items.filter(({ metadata }) => metadata.ownerReferences?.every(({ uid }) => !uids.has(uid)) === true);
    return orphans.map(({ metadata }) => metadata.name);
  },
};

/** Namespaces are filled and deleted: each goes with all that is in it, and nothing else does. */
const namespaces: Scenario = {
  controllers: () => [namespaceController(kinds)],
  rounds: 120,
  follows: [any(NamespaceKind), any(ConfigMapKind)],
  async setUp({ cluster }) {
    await cluster.client
      .resource(ConfigMapKind)
      .in("default")
      .create({ metadata: { name: "stays" } });
  },
  async meddle(world) {
    const { client } = world.cluster;
    const name = `team-${Math.floor(world.random.fraction() * 4)}`;
    const luck = world.random.fraction();
    if (luck < 0.4) return attempt(client.resource(NamespaceKind).create({ metadata: { name } }), "AlreadyExists");
    if (luck < 0.5) return attempt(client.resource(NamespaceKind).delete(name), "NotFound", "Conflict");
    await attempt(
      client
        .resource(ConfigMapKind)
        .in(name)
        .create({ metadata: { generateName: "map-" } as never }),
      "NotFound",
      "Forbidden",
    );
  },
  check({ kind, object, previous }, world) {
    if (kind.kind === "ConfigMap") return object === undefined && previous?.metadata.name === "stays" ? "what stays went" : undefined;
    if (object !== undefined || previous === undefined) return undefined;
    const left = world.of(ConfigMapKind).filter(({ metadata }) => metadata.namespace === previous.metadata.name);
    return left.length > 0 ? `${previous.metadata.name} went before ${left.length} of its objects` : undefined;
  },
  async unreached({ cluster }) {
    const { items } = await cluster.client.resource(NamespaceKind).list();
    return items.flatMap(({ metadata, status }) => (status.phase === "Terminating" ? [metadata.name] : []));
  },
};

/** Pods of a Service come, go and become ready: in the end its slices name each ready one once. */
const slices: Scenario = {
  controllers: () => [endpointSliceController],
  beside: ["replicaset"],
  cluster: { programs: [() => ({ startDelay: 500 })] },
  follows: [any(EndpointSliceKind), any(PodKind)],
  async setUp({ cluster }) {
    const { client } = cluster;
    const spec = { replicas: 4, selector, template: template("web:1") };
    await client
      .resource(ReplicaSetKind)
      .in("default")
      .create({ metadata: { name: "web" }, spec });
    await client
      .resource(ServiceKind)
      .in("default")
      .create({ metadata: { name: "web" }, spec: { selector: { app: "web" }, ports: [{ port: 80 }] } });
  },
  async meddle(world) {
    if (world.random.fraction() < 0.5) return kill(world, oneOf(world, world.of(PodKind)));
    await patch(world, any(ReplicaSetKind), "web", { spec: { replicas: oneOf(world, [1, 4, 7]) } });
  },
  check({ kind, object }, world) {
    if (kind.kind !== "EndpointSlice" || object === undefined) return undefined;
    const mine = world.of(EndpointSliceKind).filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === "web");
    return mine.length > 1 + world.mishaps.lostAnswers ? `${mine.length} slices for a handful of Pods` : undefined;
  },
  async unreached({ cluster }) {
    const { client } = cluster;
    const pods = (await client.resource(PodKind).in("default").list()).items.filter(isReady);
    const all = (await client.resource(EndpointSliceKind).in("default").list({ labelSelector: "kubernetes.io/service-name=web" })).items;
    const addresses = all.flatMap(({ endpoints = [] }) =>
      endpoints.flatMap((each) => (each.conditions?.ready === true ? each.addresses : [])),
    );
    const wanted = pods.map(({ status }) => status.podIP ?? "").toSorted();
    return JSON.stringify(addresses.toSorted()) === JSON.stringify(wanted) ? [] : { addresses, wanted };
  },
};

test.each(
  Object.entries({
    "a DaemonSet": aDaemonSet,
    "a Job": aJob,
    "a CronJob": aCronJob,
    "a PodDisruptionBudget": aBudget,
    "garbage collection": owners,
    "deletion of namespaces": namespaces,
    "a Service's slices": slices,
  }).flatMap(([name, scenario]) => [1, 2].map((seed) => [name, seed, scenario] as const)),
)(
  "whatever gets lost and whoever restarts, %s keeps its rules at every revision and gets where it should (seed %i)",
  async (_, seed, scenario) => {
    deletedByHand.clear();
    const { revisions, ...findings } = await simulate(scenario, seed);
    expect(findings).toEqual({ wrong: [], unreached: [] });
    expect(revisions).toBeGreaterThan(10);
  },
);
