import { expect, test } from "vitest";
import { type Counted, PodCounts } from "./pod-counts.ts";
import { type PodInfo, podInfo } from "./pod-info.ts";
import { aPod } from "./testing/objects.ts";

const labelled = (app: string): Counted => ({
  among: { namespace: "default", label: ["app", app] },
  weigh: ({ pod }) => (pod.metadata.labels?.["app"] === app ? 1 : 0),
});
const counted = (counts: PodCounts, app: string) => counts.of(app, () => labelled(app));

/** Two slots with Pods; `set` puts one more on a slot. */
function world(maximumCounts?: number) {
  const pods: PodInfo[][] = [[], []];
  const counts = new PodCounts((visit) => pods.forEach((each, slot) => each.forEach((pod) => visit(slot, pod))), maximumCounts);
  counts.grow(2);
  const set = (slot: number, app: string): void => {
    const pod = podInfo(aPod({ labels: { app } }));
    pods[slot]!.push(pod);
    counts.count(slot, pod, 1);
  };
  return { counts, set };
}

test("what is counted is kept up to date as Pods come, and is the same for all who ask the same", () => {
  const { counts, set } = world();
  set(0, "web");
  const web = counted(counts, "web");
  set(1, "web");
  set(1, "db");
  expect([...web.values]).toEqual([1, 1]);
  expect(counted(counts, "web")).toBe(web);
});

test("a counter for which there was no more room counts again when somebody follows it, and says so", () => {
  const { counts, set } = world(2);
  const web = counted(counts, "web");
  counted(counts, "db");
  set(0, "web");
  const before = web.version;
  web.follow();
  expect([[...web.values], web.version > before]).toEqual([[1, 0], true]);
});

test("what may change while no Pod does is counted again each time", () => {
  const { counts, set } = world();
  let weight = 1;
  const volatile = counts.of("volatile", () => ({ among: "all", isVolatile: true, weigh: () => weight }));
  set(0, "web");
  weight = 2;
  volatile.follow();
  expect([...volatile.values]).toEqual([2, 0]);
});
