import type { Pod } from "@kubets/api";
import type { Instant } from "@kubets/machinery";
import { expect, test } from "vitest";
import { ago, aPod, noon, type PodFacts } from "../testing/objects.ts";
import { defaultPodDelays } from "./pod-groups.ts";
import type { PodReading } from "./readings.ts";
import { type Count, type CountContext, countByAverage, countByShare, countByUtilization, countByValue } from "./replica-count.ts";

interface Facts extends PodFacts {
  /** Thousandths of a processor that it uses; absent: nobody knows. */
  readonly uses?: number;
  /** Since how many seconds it runs. */
  readonly age?: number;
  /** When its use was measured, in seconds before noon. */
  readonly measured?: number;
  readonly request?: string;
}
function pod(name: string, { age = 3600, request = "1", readyFor = 3000, ...facts }: Facts): Pod {
  const resources = request === "" ? {} : { requests: { cpu: request } };
  const made = aPod(name, { ...facts, readyFor, spec: { containers: [{ name: "web", image: "web:1", resources }] } });
  return { ...made, status: { ...made.status, startTime: ago(age) } };
}
/** Not ready since so many seconds. */
const unready = (seconds: number): PodFacts["conditions"] => [{ type: "Ready", status: "False", lastTransitionTime: ago(seconds) }];
function notReady(name: string, seconds: number, facts: Facts): Pod {
  const { status, ...rest } = pod(name, facts);
  return { ...rest, status: { ...status, conditions: unready(seconds) as unknown as NonNullable<Pod["status"]["conditions"]> } };
}
const readings = (facts: Readonly<Record<string, number | undefined>>, measured = 10): ReadonlyMap<string, PodReading> =>
  new Map(
    Object.entries(facts).flatMap(([name, milli]) =>
      milli === undefined ? [] : [[name, { milli, at: (noon - measured * 1000) as Instant, windowSeconds: 15 }] as const],
    ),
  );
const context = (pods: readonly Pod[], more: Partial<CountContext> = {}): CountContext => ({
  pods,
  wanted: pods.length,
  present: pods.length,
  tolerance: { up: 0.1, down: 0.1 },
  delays: defaultPodDelays,
  now: noon,
  ...more,
});
/** The count so that `uses` are 50 % of what the Pods ask for, which is 1000 each. */
const utilization = (pods: readonly Pod[], uses: Readonly<Record<string, number | undefined>>, more: Partial<CountContext> = {}): Count =>
  countByUtilization(readings(uses), { resource: "cpu", percent: 50 }, context(pods, more));
const replicas = (count: Count): number | string => (count.is === "count" ? count.replicas : count.message);
const [a, b, c] = [pod("a", {}), pod("b", {}), pod("c", {})];

test.each<readonly [string, Count, number | string]>([
  ["twice as much as it should be doubles them", utilization([a, b], { a: 1000, b: 1000 }), 4],
  ["a little too much changes nothing", utilization([a, b], { a: 550, b: 550 }), 2],
  [
    "a little too much is enough when so little is tolerated",
    utilization([a, b], { a: 550, b: 550 }, { tolerance: { up: 0.05, down: 0.1 } }),
    3,
  ],
  ["half as much halves them", utilization([a, b], { a: 250, b: 250 }), 1],
  ["each direction has a tolerance of its own", utilization([a, b], { a: 250, b: 250 }, { tolerance: { up: 0, down: 0.6 } }), 2],
  ["missing Pods count as idle when there would be more", utilization([a, b, c], { a: 1500, b: 1500 }), 6],
  ["missing Pods count as busy when there would be fewer", utilization([a, b, c], { a: 100, b: 100 }), 3],
  ["what is missing never turns the direction", utilization([a, b], { a: 560 }), 2],
  ["Pods that start count as idle when there would be more", utilization([a, pod("b", { phase: "Pending" })], { a: 1000 }), 2],
  ["Pods that start don't count when there would be fewer", utilization([a, pod("b", { phase: "Pending" })], { a: 250 }), 1],
  ["Pods on their way out don't count", utilization([a, pod("b", { deleting: true })], { a: 1000, b: 0 }, { wanted: 1 }), 2],
  ["Pods that failed don't count", utilization([a, pod("b", { phase: "Failed" })], { a: 1000 }, { wanted: 1 }), 2],
  ["without Pods nothing can be said", utilization([], {}), "no pods returned by selector while calculating replica count"],
  ["without metrics nothing can be said", utilization([a], {}), "did not receive metrics for any ready pods"],
  [
    "without requests nothing can be said",
    utilization([pod("a", { request: "" })], { a: 1 }),
    "missing request for cpu in container web of Pod a",
  ],
])("by utilization %s", (_rule, count, expected) => {
  expect(replicas(count)).toBe(expected);
});

test.each<readonly [string, Pod, number, boolean]>([
  ["is ready since long", a, 10, true],
  ["has just been started and is ready for less than what was measured", pod("a", { age: 60, readyFor: 20 }), 10, false],
  ["has just been started and was ready all the time", pod("a", { age: 60, readyFor: 50 }), 10, true],
  ["has just been started and isn't ready", notReady("a", 60, { age: 60 }), 10, false],
  ["has never been ready", notReady("a", 3595, { age: 3600 }), 10, false],
  ["was ready before", notReady("a", 100, { age: 3600 }), 10, true],
])("the processors that a Pod uses which %s", (_what, one, measured, counts) => {
  const count = countByUtilization(readings({ a: 500 }, measured), { resource: "cpu", percent: 50 }, context([one]));
  expect(count.is === "count").toBe(counts);
});

test("the current utilization and mean are told", () => {
  expect(utilization([a, b], { a: 333, b: 334 })).toEqual({ is: "count", replicas: 2, percent: 33, milli: 333 });
});

test("one container of each Pod", () => {
  const two = {
    containers: [
      { name: "web", resources: { requests: { cpu: "2" } } },
      { name: "log", resources: {} },
    ],
  };
  const pods = [aPod("a", { readyFor: 3000, spec: two })].map((each) => ({ ...each, status: { ...each.status, startTime: ago(3600) } }));
  expect(replicas(countByUtilization(readings({ a: 2000 }), { resource: "cpu", container: "web", percent: 50 }, context(pods)))).toBe(2);
  expect(replicas(countByUtilization(readings({ a: 2000 }), { resource: "cpu", percent: 50 }, context(pods)))).toContain("container log");
});

test.each<readonly [string, Count, number | string]>([
  ["mean of a metric of Pods", countByAverage(readings({ a: 20_000, b: 10_000 }), { resource: "", target: 10_000 }, context([a, b])), 3],
  [
    "missing Pods count as they should be",
    countByAverage(readings({ a: 1000, b: 1000 }), { resource: "", target: 10_000 }, context([a, b, c])),
    2,
  ],
  ["one value", countByValue(15_000, 10_000, context([a, b])), 3],
  ["one value, with Pods that aren't ready", countByValue(15_000, 10_000, context([a, notReady("b", 5, {})])), 2],
  ["one value, from nothing", countByValue(25_000, 10_000, context([], { wanted: 0 })), 3],
  ["one value, nearly right", countByValue(10_900, 10_000, context([a, b])), 2],
  ["a share of a value", countByShare(45_000, 10_000, context([a, b])), 5],
  ["a share of a value, nearly right", countByShare(21_000, 10_000, context([a, b])), 2],
])("by %s", (_what, count, expected) => {
  expect(replicas(count)).toBe(expected);
});
