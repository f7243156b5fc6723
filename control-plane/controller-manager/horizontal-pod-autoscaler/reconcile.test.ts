import {
  DeploymentKind,
  type HorizontalPodAutoscaler,
  HorizontalPodAutoscalerKind,
  type HorizontalPodAutoscalerStatus,
  type MetricSpec,
  type Pod,
  type Scale,
} from "@kubets/api";
import type { Instant, Kind } from "@kubets/machinery";
import { expect, test } from "vitest";
import { ago, anObject, aPod, noon } from "../testing/objects.ts";
import { newMemory } from "./memory.ts";
import { defaultPodDelays } from "./pod-groups.ts";
import type { Reading } from "./readings.ts";
import { type AutoscalerDecision, failedToRescale, type Observed, reconcile } from "./reconcile.ts";

const cpu: MetricSpec = { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } } };
function autoscaler({
  metrics = [cpu],
  ...spec
}: { readonly metrics?: readonly MetricSpec[]; readonly [more: string]: unknown } = {}): HorizontalPodAutoscaler {
  return anObject(HorizontalPodAutoscalerKind, "web", {
    spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" }, minReplicas: 1, maxReplicas: 10, metrics, ...spec },
  });
}
const scale = (replicas: number, selector = "app=web"): Scale =>
  ({
    apiVersion: "autoscaling/v1",
    kind: "Scale",
    metadata: { name: "web", namespace: "default", resourceVersion: "7" },
    spec: { replicas },
    status: { replicas, selector },
  }) as Scale;
const pods = (count: number): readonly Pod[] =>
  Array.from({ length: count }, (_, index) => {
    const pod = aPod(`p${index}`, {
      readyFor: 3000,
      spec: { containers: [{ name: "web", image: "web:1", resources: { requests: { cpu: "1" } } }] },
    });
    return { ...pod, status: { ...pod.status, startTime: ago(3600) } };
  });
/** Each of so many Pods uses so many thousandths. */
const uses = (count: number, milli: number): Reading => ({
  is: "pods",
  pods: new Map(pods(count).map(({ metadata }) => [metadata.name, { milli, at: (noon - 10_000) as Instant, windowSeconds: 15 }])),
});
const value = (milli: number): Reading => ({ is: "value", milli });
const lost: Reading = { is: "failed", message: "unable to fetch metrics from resource metrics API: gone" };

interface Facts extends Partial<Observed> {
  readonly replicas?: number;
}
const observed = ({ replicas = 2, ...facts }: Facts = {}): Observed => ({
  autoscaler: autoscaler(),
  target: { is: "found", kind: DeploymentKind as unknown as Kind, scale: scale(replicas) },
  readings: [uses(replicas, 500)],
  podsOf: () => pods(replicas),
  rivals: [],
  memory: newMemory,
  settings: { period: 15_000, tolerance: 0.1, delays: defaultPodDelays },
  ...facts,
});
/** The size that is written, if any; events as `reason: message`; the conditions as `type status reason`. */
function told({ actions }: Pick<AutoscalerDecision, "actions">): {
  readonly size: number | undefined;
  readonly events: readonly string[];
  readonly conditions: readonly string[];
  readonly status: HorizontalPodAutoscalerStatus | undefined;
} {
  const status = actions.flatMap((action) =>
    action.verb === "updateStatus" ? [(action.object as HorizontalPodAutoscaler).status] : [],
  )[0];
  return {
    size: actions.flatMap((action) => (action.verb === "subresource" ? [(action.body as Scale).spec.replicas] : []))[0],
    events: actions.flatMap((action) => (action.verb === "event" ? [`${action.reason}: ${action.message}`] : [])),
    conditions: status?.conditions?.map(({ type, status: holds, reason }) => `${type} ${holds} ${reason}`) ?? [],
    status,
  };
}
const decide = (facts?: Facts): ReturnType<typeof told> => told(reconcile(observed(facts), noon));

test("what uses twice as much as it should gets twice as many replicas, and that is told", () => {
  const { size, events, conditions, status } = decide({ readings: [uses(2, 1000)] });
  expect(size).toBe(4);
  expect(events).toEqual(["SuccessfulRescale: New size: 4; reason: cpu resource utilization (percentage of request) above target"]);
  expect(conditions).toEqual([
    "AbleToScale True SucceededRescale",
    "ScalingActive True ValidMetricFound",
    "ScalingLimited False DesiredWithinRange",
  ]);
  expect(status).toMatchObject({
    currentReplicas: 2,
    desiredReplicas: 4,
    lastScaleTime: ago(0),
    currentMetrics: [{ type: "Resource", resource: { name: "cpu", current: { averageUtilization: 100, averageValue: "1" } } }],
  });
});

test("the scale that is written is the one that was read", () => {
  const [action] = reconcile(observed({ readings: [uses(2, 1000)] }), noon).actions;
  expect(action).toMatchObject({
    verb: "subresource",
    subresource: "scale",
    method: "update",
    namespace: "default",
    name: "web",
    body: { metadata: { resourceVersion: "7" }, spec: { replicas: 4 } },
  });
});

test("less is asked for five minutes before there are fewer", () => {
  const idle = observed({ replicas: 4, readings: [uses(4, 100)] });
  const first = reconcile(idle, noon);
  expect(told(first)).toMatchObject({ size: undefined, conditions: expect.arrayContaining(["AbleToScale True ScaleDownStabilized"]) });
  const later = (noon + 300_001) as Instant;
  const second = reconcile({ ...idle, memory: first.memory }, later);
  expect(told(second)).toMatchObject({ size: 1, events: ["SuccessfulRescale: New size: 1; reason: All metrics below target"] });
});

test("what is right stays, and is written once", () => {
  const first = decide();
  expect(first).toMatchObject({ size: undefined, events: [], status: { currentReplicas: 2, desiredReplicas: 2 } });
  const written = { ...autoscaler(), status: first.status! };
  expect(reconcile(observed({ autoscaler: written }), noon).actions).toEqual([]);
});

test.each<readonly [string, Facts, number | undefined, string]>([
  ["above its most", { replicas: 12 }, 10, "SuccessfulRescale: New size: 10; reason: Current number of replicas above Spec.MaxReplicas"],
  [
    "below its fewest",
    { replicas: 1, autoscaler: autoscaler({ minReplicas: 3 }) },
    3,
    "SuccessfulRescale: New size: 3; reason: Current number of replicas below Spec.MinReplicas",
  ],
])("a number %s is corrected without any metric", (_what, facts, size, event) => {
  expect(decide({ ...facts, readings: [lost] })).toMatchObject({ size, events: [event] });
});

test("a target of no replicas is left alone", () => {
  expect(decide({ replicas: 0 })).toMatchObject({
    size: undefined,
    events: [],
    conditions: ["AbleToScale True SucceededGetScale", "ScalingActive False ScalingDisabled"],
  });
});

test("a target that may have none comes back when it is asked for", () => {
  const queue: MetricSpec = { type: "External", external: { metric: { name: "queue" }, target: { type: "Value", value: "10" } } };
  const asked = autoscaler({ minReplicas: 0, metrics: [queue] });
  expect(decide({ replicas: 0, autoscaler: asked, readings: [value(25_000)] })).toMatchObject({
    size: 3,
    events: ["SuccessfulRescale: New size: 3; reason: external metric queue(nil) above target"],
  });
});

const requests: MetricSpec = { type: "Pods", pods: { metric: { name: "requests" }, target: { type: "AverageValue", averageValue: "10" } } };
const described = { apiVersion: "networking.k8s.io/v1", kind: "Ingress", name: "main" };
const hits: MetricSpec = {
  type: "Object",
  object: { describedObject: described, metric: { name: "hits" }, target: { type: "Value", value: "100" } },
};
const queueShare: MetricSpec = {
  type: "External",
  external: { metric: { name: "queue", selector: { matchLabels: { of: "web" } } }, target: { type: "AverageValue", averageValue: "30" } },
};
const log: MetricSpec = {
  type: "ContainerResource",
  containerResource: { name: "memory", container: "web", target: { type: "AverageValue", averageValue: "100Mi" } },
};

test.each<readonly [string, MetricSpec, Reading, number, object, string]>([
  [
    "a metric of Pods",
    requests,
    uses(2, 20_000),
    4,
    { pods: { metric: { name: "requests" }, current: { averageValue: "20" } } },
    "pods metric requests",
  ],
  [
    "a metric of an object",
    hits,
    value(200_000),
    4,
    { object: { metric: { name: "hits" }, describedObject: described, current: { value: "200" } } },
    "Ingress metric hits",
  ],
  [
    "a share of an external metric",
    queueShare,
    value(90_000),
    3,
    { external: { metric: { name: "queue", selector: { matchLabels: { of: "web" } } }, current: { averageValue: "45" } } },
    "external metric queue(&LabelSelector{MatchLabels:map[string]string{of: web,},MatchExpressions:[]LabelSelectorRequirement{},})",
  ],
  [
    "a resource of a container",
    log,
    uses(2, 200 * 1024 * 1024 * 1000),
    4,
    { containerResource: { name: "memory", container: "web", current: { averageValue: "209715200" } } },
    "memory resource",
  ],
])("replicas follow %s", (_what, metric, reading, size, status, name) => {
  const outcome = decide({ autoscaler: autoscaler({ metrics: [metric] }), readings: [reading] });
  expect(outcome.size).toBe(size);
  expect(outcome.status?.currentMetrics).toEqual([{ type: metric.type, ...status }]);
  expect(outcome.events).toEqual([`SuccessfulRescale: New size: ${size}; reason: ${name} above target`]);
});

test("of several metrics the one that asks for most counts", () => {
  const outcome = decide({ autoscaler: autoscaler({ metrics: [cpu, requests] }), readings: [uses(2, 750), uses(2, 20_000)] });
  expect(outcome).toMatchObject({ size: 4, events: ["SuccessfulRescale: New size: 4; reason: pods metric requests above target"] });
});

test("a metric that isn't known doesn't keep others from asking for more, but for fewer", () => {
  const both = autoscaler({ metrics: [cpu, requests] });
  const more = decide({ autoscaler: both, readings: [uses(2, 1000), lost] });
  expect(more.size).toBe(4);
  expect(more.events[0]).toMatch(/^FailedGetPodsMetric: unable to get metric requests: /);
  const fewer = decide({ autoscaler: both, readings: [uses(2, 100), lost] });
  expect(fewer).toMatchObject({
    size: undefined,
    conditions: ["AbleToScale True SucceededGetScale", "ScalingActive False FailedGetPodsMetric"],
  });
  expect(fewer.status?.currentMetrics).toHaveLength(1);
});

test("without metrics nothing changes, and everything says why", () => {
  const problem =
    "failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: gone";
  const { size, events, status } = decide({ readings: [lost] });
  expect(size).toBeUndefined();
  expect(events).toEqual([
    `FailedGetResourceMetric: ${problem}`,
    `FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: ${problem}`,
  ]);
  expect(status?.conditions?.[1]).toMatchObject({ message: `the HPA was unable to compute the replica count: ${problem}` });
});

test.each<readonly [string, Facts, readonly string[], string]>([
  [
    "has no scale",
    { target: { is: "failed", message: 'deployments.apps "web" not found' } },
    ["AbleToScale False FailedGetScale"],
    'FailedGetScale: deployments.apps "web" not found',
  ],
  [
    "has no selector",
    { target: { is: "found", kind: DeploymentKind as unknown as Kind, scale: scale(2, "") } },
    ["AbleToScale True SucceededGetScale", "ScalingActive False InvalidSelector"],
    "SelectorRequired: selector is required",
  ],
  [
    "has Pods that another scales as well",
    { rivals: ["{other default}"] },
    ["AbleToScale True SucceededGetScale", "ScalingActive False AmbiguousSelector"],
    "AmbiguousSelector: pods by selector app=web are controlled by multiple HPAs: [{other default} {web default}]",
  ],
])("a target that %s is left alone, and that is told", (_what, facts, conditions, event) => {
  const outcome = decide(facts);
  expect(outcome).toMatchObject({ size: undefined, conditions });
  expect(outcome.events[0]).toBe(event);
});

test("a size that couldn't be written is told of", () => {
  const seen = observed({ readings: [uses(2, 1000)] });
  const { actions } = reconcile(seen, noon);
  const decision = failedToRescale(seen, actions, "the server is busy", noon)!;
  expect(told(decision)).toMatchObject({
    conditions: ["AbleToScale False FailedUpdateScale"],
    events: [
      "FailedRescale: New size: 4; reason: cpu resource utilization (percentage of request) above target; error: the server is busy",
    ],
  });
  expect(decision.requeueAfter).toBe(15_000);
});
