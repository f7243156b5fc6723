import { type Pod, PodKind, type ReplicaSet, ReplicaSetKind } from "@kubets/api";
import { applyDefaults, badRequest, formatTime, type Instant, seededRandom } from "@kubets/machinery";
import fc from "fast-check";
import { expect, test } from "vitest";
import { replicaOwner } from "./index.ts";
import { reconcile, refused } from "./reconcile.ts";

const noon = 1_800_000_000_000 as Instant;
const secondsBefore = (seconds: number): string => formatTime((noon - seconds * 1000) as Instant);

function aReplicaSet({ replicas, minReadySeconds = 0 }: { readonly replicas: number; readonly minReadySeconds?: number }): ReplicaSet {
  return applyDefaults(ReplicaSetKind.schema, {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name: "web", namespace: "default", uid: "rs", resourceVersion: "1", creationTimestamp: secondsBefore(600), generation: 1 },
    spec: {
      replicas,
      minReadySeconds,
      selector: { matchLabels: { app: "web" } },
      template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web", image: "web:1" }] } },
    },
  } as unknown as ReplicaSet);
}

interface PodFacts {
  readonly name: string;
  readonly owner?: string | null;
  readonly labels?: Readonly<Record<string, string>>;
  readonly node?: string;
  readonly readyFor?: number;
  readonly age?: number;
  readonly cost?: string;
  readonly phase?: Pod["status"]["phase"];
  readonly deleting?: boolean;
}

function aPod({
  name,
  owner = "rs",
  labels = { app: "web" },
  node,
  readyFor,
  age = 60,
  cost,
  phase = "Running",
  deleting = false,
}: PodFacts): Pod {
  return applyDefaults(PodKind.schema, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: "default",
      uid: name,
      resourceVersion: "1",
      creationTimestamp: secondsBefore(age),
      labels,
      ...(cost === undefined ? {} : { annotations: { "controller.kubernetes.io/pod-deletion-cost": cost } }),
      ...(deleting ? { deletionTimestamp: secondsBefore(1) } : {}),
      ...(owner === null
        ? {}
        : { ownerReferences: [{ apiVersion: "apps/v1", kind: "ReplicaSet", name: "web", uid: owner, controller: true }] }),
    },
    spec: { containers: [{ name: "web", image: "web:1" }], ...(node === undefined ? {} : { nodeName: node }) },
    status: {
      phase,
      ...(readyFor === undefined ? {} : { conditions: [{ type: "Ready", status: "True", lastTransitionTime: secondsBefore(readyFor) }] }),
    },
  } as unknown as Pod);
}

const decide = (replicaSet: ReplicaSet, pods: readonly Pod[]): ReturnType<typeof reconcile> =>
  reconcile({ owner: replicaOwner(replicaSet), candidates: pods, siblings: [] }, noon, { random: seededRandom(1) });
const verbs = (replicaSet: ReplicaSet, pods: readonly Pod[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const { verb } of decide(replicaSet, pods).actions) counts[verb] = (counts[verb] ?? 0) + 1;
  return counts;
};

test("a ReplicaSet makes exactly the Pods that it misses, and deletes exactly those that it has too many", () => {
  fc.assert(
    fc.property(fc.nat(12), fc.nat(12), (replicas, present) => {
      const pods = Array.from({ length: present }, (_, index) => aPod({ name: `p${index}`, node: "n1", readyFor: 30 }));
      const { create = 0, delete: deleted = 0 } = verbs(aReplicaSet({ replicas }), pods);
      expect([create, deleted]).toEqual([Math.max(0, replicas - present), Math.max(0, present - replicas)]);
    }),
    { seed: 20_261_121 },
  );
});

test("a Pod is made from the template, with a name of the ReplicaSet's and the ReplicaSet as its controller", () => {
  const [action] = decide(aReplicaSet({ replicas: 1 }), []).actions;
  expect(action).toMatchObject({
    verb: "create",
    object: {
      metadata: {
        name: expect.stringMatching(/^web-[a-z0-9]{5}$/),
        namespace: "default",
        labels: { app: "web" },
        ownerReferences: [
          { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web", uid: "rs", controller: true, blockOwnerDeletion: true },
        ],
      },
      spec: { containers: [{ name: "web", image: "web:1" }] },
    },
  });
});

test("Pods that have ended or are on their way out don't count", () => {
  const pods = [aPod({ name: "failed", phase: "Failed" }), aPod({ name: "leaving", deleting: true }), aPod({ name: "fine" })];
  expect(verbs(aReplicaSet({ replicas: 2 }), pods)).toMatchObject({ create: 1 });
  expect(decide(aReplicaSet({ replicas: 2 }), pods).actions.find(({ verb }) => verb === "updateStatus")).toMatchObject({
    object: { status: { replicas: 1, terminatingReplicas: 1 } },
  });
});

test("an orphan that matches is adopted instead of making a Pod; an owned Pod that no longer matches is released", () => {
  const adopted = decide(aReplicaSet({ replicas: 1 }), [aPod({ name: "orphan", owner: null })]);
  expect(adopted.actions[0]).toMatchObject({
    verb: "patch",
    name: "orphan",
    patch: { metadata: { ownerReferences: [{ uid: "rs", controller: true }] } },
  });
  expect(adopted.actions.some(({ verb }) => verb === "create")).toBe(false);
  const released = decide(aReplicaSet({ replicas: 1 }), [aPod({ name: "stray", labels: { app: "other" } })]);
  expect(released.actions[0]).toMatchObject({ verb: "patch", name: "stray", patch: { metadata: { ownerReferences: [] } } });
  expect(released.actions.filter(({ verb }) => verb === "create")).toHaveLength(1);
});

test.each<readonly [string, PodFacts, PodFacts]>([
  ["without a node before with one", { name: "a" }, { name: "b", node: "n1" }],
  ["Pending before Running", { name: "a", node: "n1", phase: "Pending" }, { name: "b", node: "n1" }],
  ["not ready before ready", { name: "a", node: "n1" }, { name: "b", node: "n1", readyFor: 30 }],
  ["cheap before dear", { name: "a", node: "n1", readyFor: 30, cost: "-5" }, { name: "b", node: "n1", readyFor: 30 }],
  ["ready for a shorter time", { name: "a", node: "n1", readyFor: 3 }, { name: "b", node: "n1", readyFor: 3000 }],
  ["younger before older", { name: "a", node: "n1", age: 3, readyFor: 1 }, { name: "b", node: "n1", age: 3000, readyFor: 1 }],
])("the cheapest Pod goes first: %s", (_rule, cheap, dear) => {
  for (const pods of [
    [aPod(cheap), aPod(dear)],
    [aPod(dear), aPod(cheap)],
  ]) {
    const deletions = decide(aReplicaSet({ replicas: 1 }), pods).actions.filter(({ verb }) => verb === "delete");
    expect(deletions).toMatchObject([{ name: "a" }]);
  }
});

test("a Pod becomes available by waiting alone: the ReplicaSet looks again when it does", () => {
  const decision = decide(aReplicaSet({ replicas: 1, minReadySeconds: 10 }), [aPod({ name: "a", node: "n1", readyFor: 4 })]);
  expect(decision.requeueAfter).toBe(6000);
});

test("what the server refuses is said in a condition and an event", () => {
  const replicaSet = aReplicaSet({ replicas: 1 });
  const [action] = decide(replicaSet, []).actions;
  const decision = refused({ owner: replicaOwner(replicaSet), candidates: [], siblings: [] }, action!, badRequest("exceeded quota"), noon);
  expect(decision?.actions).toMatchObject([
    {
      verb: "updateStatus",
      object: { status: { conditions: [{ type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: "exceeded quota" }] } },
    },
    { verb: "event", type: "Warning", reason: "FailedCreate", message: "Error creating: exceeded quota" },
  ]);
});

test("as long as the server refuses more Pods, those that are there are counted", () => {
  const replicaSet = aReplicaSet({ replicas: 5 });
  const candidates = [aPod({ name: "a", node: "n1", readyFor: 9 }), aPod({ name: "b", node: "n1" })];
  const observed = { owner: replicaOwner(replicaSet), candidates, siblings: [] };
  const creation = decide(replicaSet, candidates).actions.find(({ verb }) => verb === "create");
  expect(refused(observed, creation!, badRequest("exceeded quota"), noon)?.actions[0]).toMatchObject({
    object: { status: { replicas: 2, readyReplicas: 1, conditions: [{ type: "ReplicaFailure" }] } },
  });
});

test("each Pod that is made or deleted is told right after it, so that one that wasn't isn't", () => {
  const { actions } = decide(aReplicaSet({ replicas: 2 }), []);
  expect(actions.map(({ verb }) => verb)).toEqual(["create", "event", "create", "event", "updateStatus"]);
});

test("Pods on a node with more of the family go before others", () => {
  const pods = [aPod({ name: "alone", node: "n1", readyFor: 60 }), aPod({ name: "crowded", node: "n2", readyFor: 60 })];
  const siblings = [aPod({ name: "sibling", owner: "older", node: "n2", phase: "Pending" })];
  const { actions } = reconcile({ owner: replicaOwner(aReplicaSet({ replicas: 1 })), candidates: pods, siblings }, noon, {
    random: seededRandom(1),
  });
  expect(actions.filter(({ verb }) => verb === "delete")).toMatchObject([{ name: "crowded" }]);
});
