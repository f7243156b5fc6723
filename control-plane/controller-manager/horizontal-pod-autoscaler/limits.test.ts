import { type HorizontalPodAutoscaler, HorizontalPodAutoscalerKind } from "@kubets/api";
import type { Instant } from "@kubets/machinery";
import { expect, test } from "vitest";
import { anObject, noon } from "../testing/objects.ts";
import { limit } from "./limits.ts";
import { type Memory, newMemory, type TimedCount } from "./memory.ts";

const autoscaler = (behavior?: object): HorizontalPodAutoscaler => ({
  ...anObject<HorizontalPodAutoscaler>(HorizontalPodAutoscalerKind, "web", {
    spec: { scaleTargetRef: { kind: "Deployment", name: "web", apiVersion: "apps/v1" }, minReplicas: 2, maxReplicas: 100 },
  }),
  spec: {
    scaleTargetRef: { kind: "Deployment", name: "web", apiVersion: "apps/v1" },
    minReplicas: 2,
    maxReplicas: 100,
    ...(behavior === undefined ? {} : { behavior }),
  },
});
/** Entries of numbers and how many seconds ago they were. */
const entries = (...all: readonly (readonly [replicas: number, secondsAgo: number])[]): readonly TimedCount[] =>
  all.map(([replicas, seconds]) => ({ replicas, at: (noon - seconds * 1000) as Instant }));
function outcome(behavior: object | undefined, [current, wish]: readonly [number, number], memory: Partial<Memory> = {}): string {
  const { replicas, able, limited } = limit(autoscaler(behavior), { current, wish }, { ...newMemory, ...memory }, noon);
  return [replicas, able.reason, limited.reason, ...(limited.holds ? ["limited"] : [])].join(" ");
}
const pods = (value: number, periodSeconds = 60): object => ({ type: "Pods", value, periodSeconds });
const percent = (value: number, periodSeconds = 60): object => ({ type: "Percent", value, periodSeconds });
const rules = (scaleUp: object, scaleDown: object = {}): object => ({
  scaleUp: { stabilizationWindowSeconds: 0, selectPolicy: "Max", policies: [pods(1000)], ...scaleUp },
  scaleDown: { stabilizationWindowSeconds: 0, selectPolicy: "Max", policies: [percent(100)], ...scaleDown },
});

test.each<readonly [string, readonly [number, number], Partial<Memory>, string]>([
  ["what is within range", [3, 5], {}, "5 ReadyForNewScale DesiredWithinRange"],
  ["not more than twice as many at once, or four", [3, 50], {}, "6 ReadyForNewScale ScaleUpLimit limited"],
  ["four from one", [1, 50], {}, "4 ReadyForNewScale ScaleUpLimit limited"],
  ["not more than the most", [80, 150], {}, "100 ReadyForNewScale TooManyReplicas limited"],
  ["not fewer than the fewest", [4, 1], {}, "2 ReadyForNewScale TooFewReplicas limited"],
  ["the highest of five minutes", [9, 3], { recommendations: entries([8, 299], [20, 301]) }, "8 ScaleDownStabilized DesiredWithinRange"],
])("without behavior: %s", (_rule, numbers, memory, expected) => {
  expect(outcome(undefined, numbers, memory)).toBe(expected);
});

test.each<readonly [string, object, readonly [number, number], Partial<Memory>, string]>([
  ["by Pods", rules({ policies: [pods(3)] }), [10, 50], {}, "13 ReadyForNewScale ScaleUpLimit limited"],
  ["by percent, rounded up", rules({ policies: [percent(25)] }), [10, 50], {}, "13 ReadyForNewScale ScaleUpLimit limited"],
  ["by the larger change", rules({ policies: [pods(3), percent(50)] }), [10, 50], {}, "15 ReadyForNewScale ScaleUpLimit limited"],
  [
    "by the smaller change",
    rules({ policies: [pods(3), percent(50)], selectPolicy: "Min" }),
    [10, 50],
    {},
    "13 ReadyForNewScale ScaleUpLimit limited",
  ],
  ["not at all", rules({ selectPolicy: "Disabled" }), [10, 50], {}, "10 ReadyForNewScale ScaleUpLimit limited"],
  [
    "from what there was when the period began",
    rules({ policies: [pods(4)] }),
    [13, 50],
    { raised: entries([3, 30], [9, 61]) },
    "14 ReadyForNewScale ScaleUpLimit limited",
  ],
  [
    "what was taken in the period may come back",
    rules({ policies: [pods(4)] }),
    [6, 50],
    { lowered: entries([4, 30]) },
    "14 ReadyForNewScale ScaleUpLimit limited",
  ],
  [
    "the lowest of the window",
    rules({ stabilizationWindowSeconds: 60 }),
    [5, 9],
    { recommendations: entries([7, 59], [1, 61]) },
    "7 ScaleUpStabilized DesiredWithinRange",
  ],
  [
    "the window looks back below as well: then nothing changes",
    rules({ stabilizationWindowSeconds: 60 }),
    [5, 9],
    { recommendations: entries([3, 30]) },
    "5 ScaleUpStabilized DesiredWithinRange",
  ],
])("more of them with behavior: %s", (_rule, behavior, numbers, memory, expected) => {
  expect(outcome(behavior, numbers, memory)).toBe(expected);
});

test.each<readonly [string, object, readonly [number, number], Partial<Memory>, string]>([
  ["by Pods", rules({}, { policies: [pods(3)] }), [50, 5], {}, "47 ReadyForNewScale ScaleDownLimit limited"],
  ["by percent, rounded down", rules({}, { policies: [percent(10)] }), [55, 5], {}, "49 ReadyForNewScale ScaleDownLimit limited"],
  ["by the larger change", rules({}, { policies: [pods(3), percent(50)] }), [50, 5], {}, "25 ReadyForNewScale ScaleDownLimit limited"],
  [
    "by the smaller change",
    rules({}, { policies: [pods(3), percent(50)], selectPolicy: "Min" }),
    [50, 5],
    {},
    "47 ReadyForNewScale ScaleDownLimit limited",
  ],
  ["not at all", rules({}, { selectPolicy: "Disabled" }), [50, 5], {}, "50 ReadyForNewScale ScaleDownLimit limited"],
  [
    "from what there was when the period began",
    rules({}, { policies: [pods(4)] }),
    [47, 5],
    { lowered: entries([3, 30]) },
    "46 ReadyForNewScale ScaleDownLimit limited",
  ],
  ["down to the fewest", rules({}), [50, 1], {}, "2 ReadyForNewScale TooFewReplicas limited"],
  [
    "the highest of the window",
    rules({}, { stabilizationWindowSeconds: 120 }),
    [50, 5],
    { recommendations: entries([40, 119], [50, 121]) },
    "40 ScaleDownStabilized DesiredWithinRange",
  ],
  [
    "five minutes when it says none",
    { scaleUp: { policies: [] }, scaleDown: { policies: [percent(100)], selectPolicy: "Max" } },
    [50, 5],
    { recommendations: entries([44, 299]) },
    "44 ScaleDownStabilized DesiredWithinRange",
  ],
])("fewer of them with behavior: %s", (_rule, behavior, numbers, memory, expected) => {
  expect(outcome(behavior, numbers, memory)).toBe(expected);
});
