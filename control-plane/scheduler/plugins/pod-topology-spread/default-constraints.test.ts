import { type Pod, ReplicaSetKind, type Service, ServiceKind } from "@kubets/api";
import { expect, test } from "vitest";
import { createCycle } from "../../fast-cycle.ts";
import { podInfo } from "../../pod-info.ts";
import { defaultProfile } from "../../plugins.ts";
import type { Snapshot } from "../../snapshot.ts";
import { aNode, aPod, aSnapshot } from "../../testing/objects.ts";
import { podTopologySpread } from "./pod-topology-spread.ts";

const zone = "topology.kubernetes.io/zone";
/** Nodes by name, each in the zone of its first letter, large enough that what Pods take of them doesn't matter. */
const nodes = (...names: readonly string[]) =>
  names.map((name) =>
    aNode({ name, labels: { [zone]: name.slice(0, 1), "kubernetes.io/hostname": name }, allocatable: { cpu: "1000", memory: "1000Gi" } }),
  );
const web = { app: "web" };
const aService = { kind: ServiceKind.kind, metadata: { name: "web", namespace: "default" }, spec: { selector: web } } as unknown as Service;

/** Follows a Service that leads to Pods of the web, and a ReplicaSet of that name. */
function followed(snapshot: Snapshot, services: readonly Service[] = [aService]): Snapshot {
  const replicaSet = { kind: ReplicaSetKind.kind, spec: { selector: { matchLabels: { app: "owned" } } } };
  snapshot.spreading.follow({
    services: { list: () => services },
    replicaSets: { get: (key) => (key === "default/owner" ? (replicaSet as never) : undefined) },
    replicationControllers: { get: () => undefined },
    statefulSets: { get: () => undefined },
  });
  return snapshot;
}

let made = 0;
const another = (labels: Readonly<Record<string, string>>, more: Partial<Pod["metadata"]> = {}): Pod => {
  const pod = aPod({ name: `p${made++}`, labels });
  return { ...pod, metadata: { ...pod.metadata, ...more } };
};

/** How many of so many Pods come to each node, one after the other. */
function placed(snapshot: Snapshot, count: number, make: () => Pod): Readonly<Record<string, number>> {
  const cycle = createCycle({ snapshot, profile: defaultProfile });
  const perNode: Record<string, number> = {};
  for (let index = 0; index < count; index++) {
    const pod = podInfo(make());
    const decision = cycle.decide(pod);
    if (decision.kind !== "place") throw new Error("Expected a place");
    snapshot.setPod(pod, decision.node);
    perNode[decision.node] = (perNode[decision.node] ?? 0) + 1;
  }
  return Object.fromEntries(Object.entries(perNode).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

test("Pods of a Service that ask for nothing are spread over nodes", () => {
  const snapshot = followed(aSnapshot({ nodes: nodes("a1", "a2", "a3"), pods: [] }));
  expect(placed(snapshot, 9, () => another(web))).toEqual({ a1: 3, a2: 3, a3: 3 });
});

test("Pods of a ReplicaSet are spread over zones, however many nodes each has", () => {
  const snapshot = followed(aSnapshot({ nodes: nodes("a1", "a2", "a3", "b1"), pods: [] }));
  const ownerReferences = [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "owner", uid: "owner", controller: true }];
  const perNode = placed(snapshot, 12, () => another({ app: "owned" }, { ownerReferences }));
  expect(perNode["b1"]).toBeGreaterThanOrEqual(4);
});

test("what is placed by a ranking that is kept is what a cycle of its own would place", () => {
  const ranked = followed(aSnapshot({ nodes: nodes("a1", "a2", "b1", "b2"), pods: [] }));
  const scorer = (): readonly number[] => {
    const fresh = podTopologySpread.preScore!(podInfo(another(web)), ranked)!;
    return [...ranked.nodeSlots()].map((slot) => fresh.score(slot));
  };
  const kept = podTopologySpread.preScore!(podInfo(another(web)), ranked)!;
  for (const node of ["a1", "a1", "b2", "a2", "a1"]) {
    ranked.setPod(podInfo(another(web)), node);
    kept.epoch!();
    expect([...ranked.nodeSlots()].map((slot) => kept.score(slot))).toEqual(scorer());
  }
});

test("a Pod that belongs to nobody, or says itself how it is spread, isn't scored by the defaults", () => {
  const snapshot = followed(aSnapshot({ nodes: nodes("a1"), pods: [] }));
  expect(podTopologySpread.preScore!(podInfo(another({ app: "db" })), snapshot)).toBeUndefined();
  const own = another(web);
  const constraint = { maxSkew: 1, topologyKey: zone, whenUnsatisfiable: "DoNotSchedule" as const, labelSelector: { matchLabels: web } };
  const constrained = { ...own, spec: { ...own.spec, topologySpreadConstraints: [constraint] } };
  expect(podTopologySpread.preScore!(podInfo(constrained), snapshot)).toBeUndefined();
});
