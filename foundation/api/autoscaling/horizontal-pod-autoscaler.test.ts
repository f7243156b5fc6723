import { expect, test } from "vitest";
import { asRead, type Body, problemsOf, rowOf } from "../testing/kind-under-test.ts";
import { AutoscalingV1HorizontalPodAutoscalerKind } from "./horizontal-pod-autoscaler-v1.ts";
import { HorizontalPodAutoscalerKind } from "./horizontal-pod-autoscaler.ts";

const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "web" };
const spec = { scaleTargetRef, maxReplicas: 10 };
const cpu = { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } } };
const pods = { type: "Pods", pods: { metric: { name: "requests" }, target: { type: "AverageValue", averageValue: "100" } } };
const external = {
  type: "External",
  external: { metric: { name: "queue", selector: { matchLabels: { q: "a" } } }, target: { type: "Value", value: "30" } },
};

test("without metrics, Pods should use 80 percent of the CPU that they ask for", () => {
  expect(asRead(HorizontalPodAutoscalerKind, { spec }).spec).toMatchObject({
    minReplicas: 1,
    metrics: [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } } }],
  });
});

test("what is said of behavior is completed", () => {
  const behavior = { scaleUp: { selectPolicy: "Min" }, scaleDown: { stabilizationWindowSeconds: 60 } };
  expect(asRead(HorizontalPodAutoscalerKind, { spec: { ...spec, behavior } }).spec.behavior).toEqual({
    scaleUp: {
      stabilizationWindowSeconds: 0,
      selectPolicy: "Min",
      policies: [
        { type: "Pods", value: 4, periodSeconds: 15 },
        { type: "Percent", value: 100, periodSeconds: 15 },
      ],
    },
    scaleDown: { stabilizationWindowSeconds: 60, selectPolicy: "Max", policies: [{ type: "Percent", value: 100, periodSeconds: 15 }] },
  });
});

const source = "must populate information for the given metric source";
test.each([
  [{ ...spec, metrics: [cpu, pods, external] }, []],
  [
    { ...spec, maxReplicas: 0 },
    [
      "spec.maxReplicas: Invalid value: 0: must be greater than 0",
      "spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`",
    ],
  ],
  [{ maxReplicas: 1 }, ["spec.scaleTargetRef.kind: Required value", "spec.scaleTargetRef.name: Required value"]],
  [{ ...spec, minReplicas: 0 }, ["spec.minReplicas: Invalid value: 0: must be greater than or equal to 1"]],
  [{ ...spec, metrics: [{ type: "Pods" }] }, [`spec.metrics[0].pods: Required value: ${source}`]],
  [{ ...spec, metrics: [{ ...cpu, pods: pods.pods }] }, ["spec.metrics[0].pods: Forbidden: must populate the given metric source only"]],
  [
    { ...spec, metrics: [{ type: "Magic" }] },
    ['spec.metrics[0].type: Unsupported value: "Magic": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"'],
  ],
  [
    { ...spec, metrics: [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization" } } }] },
    ["spec.metrics[0].resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization"],
  ],
  [
    { ...spec, metrics: [{ type: "Pods", pods: { metric: {}, target: { type: "AverageValue", averageValue: "0" } } }] },
    [
      "spec.metrics[0].pods.metric.name: Required value: must specify a metric name",
      'spec.metrics[0].pods.target.averageValue: Invalid value: "0": must be positive',
    ],
  ],
  [
    { ...spec, behavior: { scaleUp: { stabilizationWindowSeconds: 4000, policies: [{ type: "Pods", value: 0, periodSeconds: 1801 }] } } },
    [
      "spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 4000: must be less than or equal to 3600",
      "spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero",
      "spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800",
    ],
  ],
] as readonly (readonly [Body, readonly string[]])[])("an autoscaler of %j", (given, problems) => {
  expect(problemsOf(HorizontalPodAutoscalerKind, { spec: given })).toEqual(problems);
});

const stored = {
  spec: { ...spec, metrics: [cpu, pods, external], behavior: { scaleDown: { policies: [{ type: "Pods", value: 1, periodSeconds: 60 }] } } },
  status: {
    currentReplicas: 3,
    desiredReplicas: 4,
    currentMetrics: [{ type: "Resource", resource: { name: "cpu", current: { averageUtilization: 70, averageValue: "70m" } } }],
    conditions: [{ type: "AbleToScale", status: "True", lastTransitionTime: "2026-06-01T11:00:00Z", reason: "ReadyForNewScale" }],
  },
};

test("what autoscaling/v1 has no fields for stands in annotations there, and comes back from them", () => {
  const { fromStored, toStored } = AutoscalingV1HorizontalPodAutoscalerKind.storedAs!;
  const autoscaler = asRead(HorizontalPodAutoscalerKind, stored);
  const first = fromStored(autoscaler);
  expect(first).toMatchObject({
    apiVersion: "autoscaling/v1",
    spec: { ...spec, minReplicas: 1, targetCPUUtilizationPercentage: 50 },
    status: { currentReplicas: 3, desiredReplicas: 4, currentCPUUtilizationPercentage: 70 },
  });
  expect(first.metadata.annotations).toEqual({
    "autoscaling.alpha.kubernetes.io/behavior":
      '{"ScaleUp":{"StabilizationWindowSeconds":0,"SelectPolicy":"Max","Policies":[{"Type":"Pods","Value":4,"PeriodSeconds":15},{"Type":"Percent","Value":100,"PeriodSeconds":15}],"Tolerance":null},"ScaleDown":{"StabilizationWindowSeconds":null,"SelectPolicy":"Max","Policies":[{"Type":"Pods","Value":1,"PeriodSeconds":60}],"Tolerance":null}}',
    "autoscaling.alpha.kubernetes.io/conditions":
      '[{"type":"AbleToScale","status":"True","lastTransitionTime":"2026-06-01T11:00:00Z","reason":"ReadyForNewScale"}]',
    "autoscaling.alpha.kubernetes.io/current-metrics":
      '[{"type":"Resource","resource":{"name":"cpu","currentAverageUtilization":70,"currentAverageValue":"70m"}}]',
    "autoscaling.alpha.kubernetes.io/metrics":
      '[{"type":"Pods","pods":{"metricName":"requests","targetAverageValue":"100"}},{"type":"External","external":{"metricName":"queue","metricSelector":{"matchLabels":{"q":"a"}},"targetValue":"30"}}]',
  });
  // The CPU comes last, as upstream puts it.
  expect(toStored(first)).toEqual({ ...autoscaler, spec: { ...autoscaler.spec, metrics: [pods, external, cpu] } });
});

test("annotations that can't be read count as absent", () => {
  const { toStored } = AutoscalingV1HorizontalPodAutoscalerKind.storedAs!;
  const annotations = {
    "autoscaling.alpha.kubernetes.io/metrics": '[{"type":5}]',
    "autoscaling.alpha.kubernetes.io/behavior": "{",
    a: "b",
  };
  expect(toStored(asRead(AutoscalingV1HorizontalPodAutoscalerKind, { metadata: { annotations }, spec }))).toMatchObject({
    metadata: { annotations: { a: "b" } },
    spec: { metrics: [{ resource: { target: { averageUtilization: 80 } } }] },
  });
});

test("a table shows at most two metrics, the same in both versions", () => {
  const row = {
    Name: "web",
    Reference: "Deployment/web",
    Targets: "cpu: 70%/50%, <unknown>/100 + 1 more...",
    MinPods: 1,
    MaxPods: 10,
    Replicas: 3,
    Age: "60s",
  };
  expect(rowOf(HorizontalPodAutoscalerKind, stored)).toEqual(row);
  const body = {
    spec: { ...spec, targetCPUUtilizationPercentage: 50 },
    status: { currentReplicas: 3, currentCPUUtilizationPercentage: 70 },
  };
  expect(rowOf(AutoscalingV1HorizontalPodAutoscalerKind, body)).toEqual({ ...row, Targets: "cpu: 70%/50%" });
});
