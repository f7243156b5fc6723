import { type ControllerRevision, ControllerRevisionKind, type DaemonSet, DaemonSetKind, type Node, type Pod } from "@kubets/api";
import { seededRandom } from "@kubets/machinery";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ago, aNode, anObject, aPod, noon, verbsOf } from "../testing/objects.ts";
import { createFailures, replaceableFrom } from "./failures.ts";
import { daemonPodSpec, placementOn } from "./placement.ts";
import { reconcile } from "./reconcile.ts";

const owner = { apiVersion: "apps/v1", kind: "DaemonSet", name: "agent", uid: "agent", controller: true };
const template = (spec: object = {}) => ({
  metadata: { labels: { app: "agent" } },
  spec: { containers: [{ name: "a", image: "a:2" }], ...spec },
});
const aDaemonSet = (spec: object = {}): DaemonSet =>
  anObject(DaemonSetKind, "agent", { spec: { selector: { matchLabels: { app: "agent" } }, template: template(), ...spec } });
const revision = (daemonSet: DaemonSet): ControllerRevision =>
  anObject(ControllerRevisionKind, "agent-new", {
    metadata: { labels: { app: "agent", "controller-revision-hash": "new" }, ownerReferences: [owner] },
    data: { spec: { template: { ...daemonSet.spec.template, $patch: "replace" } } },
    revision: 2,
  });

interface Facts {
  readonly node: string;
  readonly of?: "new" | "old";
  readonly health?: "ready" | "cold" | "leaving" | "failed" | "succeeded";
}
function aDaemonPod(name: string, { node, of = "new", health = "ready" }: Facts): Pod {
  return aPod(name, {
    labels: { app: "agent", "controller-revision-hash": of },
    node,
    metadata: { ownerReferences: [owner] },
    phase: health === "failed" ? "Failed" : health === "succeeded" ? "Succeeded" : "Running",
    deleting: health === "leaving",
    ...(health === "ready" ? { readyFor: 60 } : {}),
  });
}
function decide(daemonSet: DaemonSet, nodes: readonly Node[], pods: readonly Pod[], failures = 1): readonly string[] {
  const observed = { daemonSet, nodes, candidates: pods, revisions: [revision(daemonSet)], failures: () => failures };
  const { actions } = reconcile(observed, noon, { random: seededRandom(1) });
  return verbsOf(actions).filter((verb) => !verb.startsWith("event") && !verb.startsWith("updateStatus"));
}

test.each<readonly [string, Readonly<Record<string, unknown>>, object, object]>([
  ["runs on a plain node", {}, {}, { shouldRun: true, mayStay: true }],
  [
    "runs on a node that is cordoned",
    { spec: { taints: [{ key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" }] } },
    {},
    { shouldRun: true, mayStay: true },
  ],
  [
    "stays on a node that fell silent",
    { spec: { taints: [{ key: "node.kubernetes.io/unreachable", effect: "NoExecute" }] } },
    {},
    { shouldRun: true, mayStay: true },
  ],
  [
    "doesn't begin on a node with a foreign taint",
    { spec: { taints: [{ key: "gpu", effect: "NoSchedule" }] } },
    {},
    { shouldRun: false, mayStay: true },
  ],
  ["is driven away by NoExecute", { spec: { taints: [{ key: "gpu", effect: "NoExecute" }] } }, {}, { shouldRun: false, mayStay: false }],
  [
    "runs where it tolerates the taint",
    { spec: { taints: [{ key: "gpu", effect: "NoExecute" }] } },
    { tolerations: [{ operator: "Exists" }] },
    { shouldRun: true, mayStay: true },
  ],
  ["ignores a mere preference", { spec: { taints: [{ key: "gpu", effect: "PreferNoSchedule" }] } }, {}, { shouldRun: true, mayStay: true }],
  [
    "waits for the network",
    { spec: { taints: [{ key: "node.kubernetes.io/network-unavailable", effect: "NoSchedule" }] } },
    {},
    { shouldRun: false, mayStay: true },
  ],
  [
    "doesn't wait for it on the host's own",
    { spec: { taints: [{ key: "node.kubernetes.io/network-unavailable", effect: "NoSchedule" }] } },
    { hostNetwork: true },
    { shouldRun: true, mayStay: true },
  ],
  ["runs on the node that the template names", {}, { nodeName: "a" }, { shouldRun: true, mayStay: true }],
  ["runs on no other", {}, { nodeName: "b" }, { shouldRun: false, mayStay: false }],
  [
    "leaves a node that it doesn't select",
    { metadata: { labels: { disk: "hdd" } } },
    { nodeSelector: { disk: "ssd" } },
    { shouldRun: false, mayStay: false },
  ],
])("a DaemonSet %s", (_rule, node, spec, placement) => {
  expect(placementOn(daemonPodSpec(aDaemonSet({ template: template(spec) })), aNode("a", node))).toEqual(placement);
});

test.each<readonly [string, readonly Facts[], readonly string[]]>([
  ["makes one where there is none", [], ["create Pod"]],
  ["leaves one as it is", [{ node: "a" }], []],
  ["takes away all but the oldest", [{ node: "a" }, { node: "a" }], ["delete p1"]],
  ["waits until one on its way out is gone", [{ node: "a", health: "leaving" }], []],
  ["takes away one that failed, and makes another when it is gone", [{ node: "a", health: "failed" }], ["delete p0"]],
  ["takes away one that succeeded", [{ node: "a", health: "succeeded" }], ["delete p0"]],
  ["takes away what a lost node left behind", [{ node: "a" }, { node: "lost" }], ["delete p1"]],
])("on a node, a DaemonSet %s", (_rule, facts, verbs) => {
  const pods = facts.map((each, index) => aDaemonPod(`p${index}`, each));
  expect(decide(aDaemonSet(), [aNode("a")], pods)).toEqual(verbs);
});

test("each Pod is sent to its node through the scheduler, and tolerates a node in trouble", () => {
  const daemonSet = aDaemonSet();
  const observed = { daemonSet, nodes: [aNode("a")], candidates: [], revisions: [revision(daemonSet)], failures: () => 0 };
  const [action] = reconcile(observed, noon, { random: seededRandom(1) }).actions;
  expect(action).toMatchObject({
    object: {
      metadata: { labels: { "controller-revision-hash": "new" } },
      spec: {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: ["a"] }] }],
            },
          },
        },
        tolerations: expect.arrayContaining([{ key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute" }]),
      },
    },
  });
});

test("a Pod that keeps failing is replaced later and later, until the template changes", () => {
  const failures = createFailures();
  const key = { daemonSet: "agent", generation: 1, node: "a" };
  const counts = ["p1", "p1", "p2", "p3"].map((name) => failures.count(key, aDaemonPod(name, { node: "a", health: "failed" })));
  expect(counts).toEqual([1, 1, 2, 3]);
  expect(failures.count({ ...key, generation: 2 }, aDaemonPod("p4", { node: "a" }))).toBe(1);
  const pod = aDaemonPod("p", { node: "a", health: "failed" });
  const delays = [1, 2, 3, 4, 30].map((count) => replaceableFrom(pod, count) - replaceableFrom(pod, 1));
  expect(delays).toEqual([0, 1000, 2000, 4000, 900_000]);
  const fresh = { ...pod, metadata: { ...pod.metadata, creationTimestamp: ago(0) } };
  expect([decide(aDaemonSet(), [aNode("a")], [fresh], 1), decide(aDaemonSet(), [aNode("a")], [fresh], 4)]).toEqual([["delete p"], []]);
});

test("a rolling update takes no more nodes than allowed, replaces only old Pods, and goes on while it may", () => {
  const health = fc.constantFrom<"ready" | "cold" | "leaving">("ready", "ready", "ready", "cold", "leaving");
  const place = fc.record({ of: fc.constantFrom<"new" | "old">("new", "old"), health });
  fc.assert(
    fc.property(fc.array(place, { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 4 }), (places, maxUnavailable) => {
      const nodes = places.map((_, index) => aNode(`n${index}`));
      const pods = places.map((each, index) => aDaemonPod(`p${index}`, { node: `n${index}`, ...each }));
      const daemonSet = aDaemonSet({ updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable, maxSurge: 0 } } });
      const going = new Set(decide(daemonSet, nodes, pods).map((verb) => verb.replace("delete ", "")));
      const ready = pods.filter((_, index) => places[index]!.health === "ready");
      const left = ready.filter(({ metadata }) => !going.has(metadata.name)).length;
      expect(left).toBeGreaterThanOrEqual(Math.min(ready.length, nodes.length - maxUnavailable));
      for (const name of going) expect(places[Number(name.slice(1))]!.of).toBe("old");
      if (ready.length === nodes.length && places.some(({ of }) => of === "old")) expect(going.size).toBeGreaterThan(0);
    }),
  );
});
