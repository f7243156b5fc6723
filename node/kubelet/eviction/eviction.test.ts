import { evictionMessage, inOrderOfEviction, type Pod } from "@kubets/api";
import { expect, test } from "vitest";
import { aPod, after, noon, type PodFacts } from "../testing/pods.ts";
import { assess, leastOf, noPressure, type Observation } from "./assess.ts";
import { refusalUnder } from "./eviction.ts";
import { evictionPlan } from "./thresholds.ts";

const mebi = 1024 * 1024;
const free = (megabytes: number): { readonly "memory.available": Observation } => ({
  "memory.available": { available: megabytes * mebi, capacity: 1000 * mebi },
});

test("a hard threshold is due as soon as it is passed, and its pressure is told for a while after", () => {
  const plan = evictionPlan({ evictionHard: { "memory.available": "100Mi" }, evictionPressureTransitionPeriod: "1m" });
  const enough = assess(plan, free(200), noPressure, noon);
  expect([enough.due, [...enough.pressures]]).toEqual([undefined, []]);
  const short = assess(plan, free(50), enough.memory, after(10));
  expect([short.due?.threshold.signal, [...short.pressures]]).toEqual(["memory.available", ["MemoryPressure"]]);
  const again = assess(plan, free(200), short.memory, after(20));
  expect([again.due, [...again.pressures]]).toEqual([undefined, ["MemoryPressure"]]);
  expect([...assess(plan, free(200), again.memory, after(71)).pressures]).toEqual([]);
});

test("a soft threshold is due when it was passed for its time without a break", () => {
  const plan = evictionPlan({
    evictionHard: {},
    evictionSoft: { "memory.available": "30%" },
    evictionSoftGracePeriod: { "memory.available": "30s" },
  });
  const first = assess(plan, free(200), noPressure, noon);
  expect([first.due, [...first.pressures]]).toEqual([undefined, ["MemoryPressure"]]);
  expect(assess(plan, free(200), first.memory, after(30)).due?.threshold.text).toBe("30%");
  const broken = assess(plan, free(400), first.memory, after(10));
  expect(assess(plan, free(200), broken.memory, after(30)).due).toBeUndefined();
});

test("thresholds that can't be are refused", () => {
  expect(() => evictionPlan({ evictionHard: { "memory.available": "200%" } })).toThrow("not a part of the whole");
  expect(() => evictionPlan({ evictionSoft: { "memory.available": "1Gi" } })).toThrow("has no grace period");
});

const named = (name: string, facts: PodFacts = {}): Pod => {
  const pod = aPod(facts);
  return { ...pod, metadata: { ...pod.metadata, name } };
};
const asking = (memory: string): PodFacts => ({ containers: [{ name: "main", resources: { requests: { memory } } }] });

test("those go first that use more than they asked for, then the least important, then the greediest", () => {
  const candidate = (pod: Pod, megabytes: number) => ({ pod, usage: megabytes * mebi, containers: [] });
  const order = inOrderOfEviction(
    [
      candidate(named("modest", asking("100Mi")), 50),
      candidate(named("greedy", asking("10Mi")), 300),
      candidate(named("greedier"), 400),
      candidate(named("unimportant", { ...asking("10Mi"), priority: -1 }), 20),
      candidate(named("system", { priority: 2_000_001_000 }), 900),
    ],
    "memory",
  );
  expect(order.map(({ pod }) => pod.metadata.name)).toEqual(["unimportant", "greedier", "greedy", "modest"]);
});

test("a Pod is told why it went", () => {
  const plan = evictionPlan({ evictionHard: { "memory.available": "10%" } });
  const { due } = assess(plan, free(50), noPressure, noon);
  const candidate = { pod: named("greedy", asking("10Mi")), usage: 300 * mebi, containers: [{ name: "main", usage: 300 * mebi }] };
  expect(
    evictionMessage({ resource: "memory", threshold: leastOf(due!.threshold, due!.observation), available: 50 * mebi }, candidate),
  ).toBe(
    "The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. " +
      "Container main was using 300Mi, request is 10Mi, has larger consumption of memory. ",
  );
});

test("a node short of memory takes no Pods without a guarantee, one short of disk takes none but the system's", () => {
  const memory = new Set(["MemoryPressure"] as const);
  const disk = new Set(["DiskPressure"] as const);
  const message = "Pod was rejected: The node had condition: [MemoryPressure]. ";
  expect(refusalUnder(memory, named("plain"))).toEqual({ reason: "Evicted", message });
  expect(refusalUnder(memory, named("asking", asking("1Mi")))).toBeUndefined();
  const tolerations = [{ key: "node.kubernetes.io/memory-pressure", operator: "Exists", effect: "NoSchedule" }] as const;
  expect(refusalUnder(memory, named("tolerant", { tolerations }))).toBeUndefined();
  expect(refusalUnder(disk, named("asking", asking("1Mi")))?.reason).toBe("Evicted");
  expect(refusalUnder(disk, named("system", { priority: 2_000_000_000 }))).toBeUndefined();
});
