import {
  DeploymentKind,
  type HorizontalPodAutoscaler,
  HorizontalPodAutoscalerKind,
  kinds,
  type Pod,
  PodKind,
  ResourceClaimTemplateKind,
  ResourceQuotaKind,
  ResourceV1ResourceClaimKind,
} from "@kubets/api";
import { expect, test } from "vitest";
import { horizontalPodAutoscalerController } from "../horizontal-pod-autoscaler/index.ts";
import { resourceClaimController } from "../resourceclaim/index.ts";
import { resourceQuotaController } from "../resourcequota/index.ts";
import { any, attempt, isActive, isReady, kill, oneOf, patch, selector, template } from "./testing/acting.ts";
import { type Scenario, simulate } from "./testing/simulate.ts";

const mostPods = 5;

/** As many people as want make Pods under a quota: there are never more than it allows, and in the end it counts what there is. */
const aQuota: Scenario = {
  controllers: () => [resourceQuotaController(kinds)],
  follows: [any(PodKind), any(ResourceQuotaKind)],
  rounds: 80,
  async setUp({ cluster }) {
    await cluster.client
      .resource(ResourceQuotaKind)
      .in("default")
      .create({ metadata: { name: "few" }, spec: { hard: { pods: `${mostPods}` } } });
    await cluster.clock.advance("30s");
  },
  async meddle(world) {
    if (world.random.fraction() < 0.3) return kill(world, oneOf(world, world.of(PodKind)));
    const pods = world.cluster.client.resource(PodKind).in("default");
    const spec = template("web:1").spec;
    const made = Array.from({ length: 3 }, () => pods.create({ metadata: { generateName: "web-" } as never, spec }));
    await Promise.all(made.map((each) => attempt(each, "Forbidden", "Conflict", "InternalError")));
  },
  check({ kind, object, previous }, world) {
    if (kind.kind !== "Pod" || previous !== undefined || object === undefined) return undefined;
    const { length } = world.of(PodKind);
    // A quota holds from its controller's first count on.
    const isCounted = world.of(ResourceQuotaKind).some(({ status }) => status.hard !== undefined);
    return isCounted && length > mostPods ? `${length} Pods, the quota allows ${mostPods}` : undefined;
  },
  async unreached({ cluster }) {
    const { status } = await cluster.client.resource(ResourceQuotaKind).in("default").get("few");
    const { length } = (await cluster.client.resource(PodKind).in("default").list()).items;
    return status.used?.["pods"] === `${length}` && status.hard?.["pods"] === `${mostPods}` ? [] : { status, length };
  },
};

/** Pods that want a claim of their own come and go: each gets one, never two, and what nobody needs any more goes. */
const claims: Scenario = {
  controllers: () => [resourceClaimController],
  beside: ["generic-garbage-collector", "replicaset"],
  follows: [any(PodKind), any(ResourceV1ResourceClaimKind)],
  async setUp({ cluster }) {
    const devices = { requests: [{ name: "gpu", exactly: { deviceClassName: "gpu" } }] };
    await cluster.client
      .resource(ResourceClaimTemplateKind)
      .in("default")
      .create({ metadata: { name: "one" }, spec: { spec: { devices } } });
  },
  async meddle(world) {
    if (world.random.fraction() < 0.4) return kill(world, oneOf(world, world.of(PodKind)));
    const spec = { ...template("web:1").spec, resourceClaims: [{ name: "gpu", resourceClaimTemplateName: "one" }] };
    await world.cluster.client
      .resource(PodKind)
      .in("default")
      .create({ metadata: { generateName: "web-" } as never, spec });
  },
  check({ kind, object, previous }, world) {
    if (kind.kind !== "ResourceClaim" || previous !== undefined || object === undefined) return undefined;
    const owner = object.metadata.ownerReferences?.[0]?.uid;
    const same = world.of(ResourceV1ResourceClaimKind).filter(({ metadata }) => metadata.ownerReferences?.[0]?.uid === owner);
    return same.length > 1 + world.mishaps.lostAnswers ? `${same.length} claims for one Pod` : undefined;
  },
  async unreached({ cluster }) {
    const pods = (await cluster.client.resource(PodKind).in("default").list()).items.filter(isActive);
    const claimed = (await cluster.client.resource(ResourceV1ResourceClaimKind).in("default").list()).items;
    const named = (pod: Pod): string | undefined => pod.status.resourceClaimStatuses?.[0]?.resourceClaimName;
    const without = pods.filter((pod) => !claimed.some(({ metadata }) => metadata.name === named(pod)));
    const uids = new Set(pods.map(({ metadata }) => metadata.uid));
    const orphans = claimed.filter(({ metadata }) => !uids.has(metadata.ownerReferences?.[0]?.uid ?? ""));
    return without.length === 0 && orphans.length === 0 ? [] : { without: without.length, orphans: orphans.length };
  },
};

const [fewest, most] = [2, 9];
let load = 100;

/** The load swings: there are never fewer or more replicas than the autoscaler may ask for, and in the end as many as the load wants. */
const anAutoscaler: Scenario = {
  controllers: () => [horizontalPodAutoscalerController({ kinds })],
  beside: ["deployment", "replicaset"],
  cluster: { metricsServer: true, programs: [() => ({ usage: () => ({ cpu: `${load}m` }) })] },
  pace: 60_000,
  follows: [any(DeploymentKind), any(HorizontalPodAutoscalerKind)],
  async setUp({ cluster }) {
    load = 100;
    const { spec } = template("web:1");
    const containers = spec.containers.map((container) => ({ ...container, resources: { requests: { cpu: "100m" } } }));
    await cluster.client
      .resource(DeploymentKind)
      .in("default")
      .create({ metadata: { name: "web" }, spec: { replicas: 3, selector, template: { ...template("web:1"), spec: { containers } } } });
    const scaler: Partial<HorizontalPodAutoscaler["spec"]> = {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
      minReplicas: fewest,
      maxReplicas: most,
      metrics: [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 100 } } }] as never,
    };
    await cluster.client
      .resource(HorizontalPodAutoscalerKind)
      .in("default")
      .create({ metadata: { name: "web" }, spec: scaler as never });
  },
  async meddle(world) {
    load = oneOf(world, [20, 100, 180]);
    if (world.random.fraction() < 0.2)
      await patch(world, any(HorizontalPodAutoscalerKind), "web", { metadata: { labels: { seen: `${load}` } } });
  },
  check({ kind, object }) {
    if (kind.kind !== "Deployment" || object === undefined) return undefined;
    const { replicas } = (object as { readonly spec?: { readonly replicas?: number } }).spec ?? {};
    return replicas === undefined || replicas < fewest || replicas > most ? `${replicas} replicas, of ${fewest} to ${most}` : undefined;
  },
  async calm() {
    load = 20;
  },
  async unreached({ cluster }) {
    const { spec } = await cluster.client.resource(DeploymentKind).in("default").get("web");
    const { status } = await cluster.client.resource(HorizontalPodAutoscalerKind).in("default").get("web");
    const { length } = (await cluster.client.resource(PodKind).in("default").list()).items.filter(isReady);
    return [spec.replicas, status.desiredReplicas, length].every((each) => each === fewest) ? [] : [spec.replicas, status, length];
  },
};

test.each(
  Object.entries({ "a quota": aQuota, "claims of Pods": claims, "an autoscaler": anAutoscaler }).flatMap(([name, scenario]) =>
    [1, 2].map((seed) => [name, seed, scenario] as const),
  ),
)(
  "whatever gets lost and whoever restarts, %s keeps its rules at every revision and gets where it should (seed %i)",
  async (_, seed, scenario) => {
    const { revisions, ...findings } = await simulate(scenario, seed);
    expect(findings).toEqual({ wrong: [], unreached: [] });
    expect(revisions).toBeGreaterThan(10);
  },
);
