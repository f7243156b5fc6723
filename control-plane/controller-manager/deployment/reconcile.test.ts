import { type Pod, ReplicaSetKind } from "@kubets/api";
import { alreadyExists, badRequest, type Instant, type Kind } from "@kubets/machinery";
import { expect, test } from "vitest";
import { ago, aPod, noon, verbsOf } from "../testing/objects.ts";
import { reconcile, refused } from "./reconcile.ts";
import { aDeployment, type DeploymentFacts, World } from "./testing/world.ts";

function settled(facts: DeploymentFacts): World {
  const world = new World(aDeployment(facts));
  world.settle();
  return world;
}
const recreating = { replicas: 2, spec: { strategy: { type: "Recreate" } } };

test("a Deployment that recreates makes nothing new while an old Pod is there", () => {
  const world = settled(recreating);
  let left: readonly Pod[] = [aPod("terminating", { deleting: true })];
  world.podsOf = () => left;
  world.change({ ...recreating, image: "web:2" });
  world.settle();
  expect(world.sizes).toEqual({ "web:1": 0 });
  left = [aPod("done", { phase: "Succeeded" })];
  world.settle();
  expect(world.sizes).toEqual({ "web:1": 0, "web:2": 2 });
});

test("a paused Deployment is scaled but not rolled out, and says that it is paused and that it was resumed", () => {
  const world = settled({ replicas: 2 });
  world.change({ replicas: 3, image: "web:2", spec: { paused: true } });
  world.settle();
  expect(world.sizes).toEqual({ "web:1": 3 });
  expect(world.condition("Progressing")).toBe("Unknown DeploymentPaused");
  world.change({ replicas: 3, image: "web:2" });
  world.reconcile();
  expect(world.deployment.status.conditions).toContainEqual(
    expect.objectContaining({ type: "Progressing", reason: "NewReplicaSetCreated" }),
  );
  world.settle();
  expect([world.sizes, world.condition("Progressing")]).toEqual([{ "web:1": 0, "web:2": 3 }, "True NewReplicaSetAvailable"]);
});

test("Pods that become ready while a Deployment is paused don't make it progress", () => {
  const world = new World(aDeployment({ replicas: 2 }));
  world.reconcile();
  world.change({ replicas: 2, spec: { paused: true } });
  world.settle();
  expect(world.condition("Progressing")).toBe("Unknown DeploymentPaused");
});

test("a rollout that is resumed and stuck misses its deadline in the end", () => {
  const facts = { replicas: 1, spec: { progressDeadlineSeconds: 60 } };
  const world = settled({ ...facts, image: "web:0" });
  world.change({ ...facts, spec: { ...facts.spec, paused: true } });
  world.settle();
  world.change(facts);
  for (let turn = 0; turn < 5; turn++) world.reconcile();
  expect(world.wakesIn).toBeGreaterThan(0);
  world.now = (noon + 61_000) as Instant;
  world.reconcile();
  expect(world.condition("Progressing")).toBe("False ProgressDeadlineExceeded");
  expect(world.wakesIn).toBeUndefined();
});

test("a rollout that doesn't move in time has failed, and succeeds nevertheless when it moves again", () => {
  const world = new World(aDeployment({ replicas: 1, spec: { progressDeadlineSeconds: 60 } }));
  for (let turn = 0; turn < 5; turn++) world.reconcile();
  expect([world.condition("Progressing"), world.wakesIn]).toEqual(["True NewReplicaSetCreated", 60_001]);
  world.now = (noon + 60_001) as Instant;
  world.reconcile();
  expect([world.condition("Progressing"), world.wakesIn]).toEqual(["False ProgressDeadlineExceeded", undefined]);
  world.settle();
  expect(world.condition("Progressing")).toBe("True NewReplicaSetAvailable");
});

test("a Deployment without a deadline tells no progress", () => {
  const world = settled({ replicas: 1, spec: { progressDeadlineSeconds: 2 ** 31 - 1 } });
  expect(world.condition("Progressing")).toBe("none");
});

test("the oldest ReplicaSets beyond the history are forgotten once a rollout is complete", () => {
  const facts = { replicas: 1, spec: { revisionHistoryLimit: 2 } };
  const world = settled(facts);
  for (const image of ["web:2", "web:3", "web:4", "web:5"]) {
    world.change({ ...facts, image });
    world.settle();
  }
  expect(world.sizes).toEqual({ "web:3": 0, "web:4": 0, "web:5": 1 });
});

test("a rollback makes an old ReplicaSet the newest revision, which remembers what it was before", () => {
  const world = settled({ replicas: 1, annotations: { "kubernetes.io/change-cause": "first" } });
  world.change({ replicas: 1, image: "web:2", annotations: { "kubernetes.io/change-cause": "second" } });
  world.settle();
  world.change({ replicas: 1, image: "web:1", annotations: { "kubernetes.io/change-cause": "back" } });
  world.settle();
  const annotations = world.replicaSets.map(({ metadata }) => metadata.annotations!);
  expect(annotations.map((each) => [each["deployment.kubernetes.io/revision"], each["kubernetes.io/change-cause"]])).toEqual([
    ["3", "back"],
    ["2", "second"],
  ]);
  expect(annotations[0]!["deployment.kubernetes.io/revision-history"]).toBe("1");
  expect(world.deployment.metadata.annotations).toMatchObject({ "deployment.kubernetes.io/revision": "3" });
});

test("a change of minReadySeconds reaches the ReplicaSet without a rollout", () => {
  const world = settled({ replicas: 2 });
  world.change({ replicas: 2, spec: { minReadySeconds: 30 } });
  world.settle();
  expect(world.replicaSets.map(({ spec }) => [spec.replicas, spec.minReadySeconds])).toEqual([[2, 30]]);
});

test("a Deployment on its way out changes nothing but its status", () => {
  const world = settled({ replicas: 2 });
  const { deployment } = world;
  world.deployment = {
    ...deployment,
    metadata: { ...deployment.metadata, deletionTimestamp: ago(1), generation: 2 },
    spec: { ...deployment.spec, replicas: 5 },
  };
  const { actions } = reconcile({ deployment: world.deployment, candidates: world.replicaSets, podsOf: () => [] }, noon);
  expect(verbsOf(actions)).toEqual(["updateStatus web"]);
});

test("what its ReplicaSet can't do is said by the Deployment, the present one before old ones", () => {
  const world = settled({ replicas: 1 });
  world.change({ replicas: 1, image: "web:2" });
  world.reconcile();
  world.replicaSets = world.replicaSets.map((replicaSet, index) => ({
    ...replicaSet,
    status: { ...replicaSet.status, conditions: [{ type: "ReplicaFailure", status: "True", reason: `FailedCreate${index}` }] },
  }));
  world.reconcile();
  expect(world.condition("ReplicaFailure")).toBe("True FailedCreate1");
});

test("a name that is taken by another template is counted, and gives another name", () => {
  const deployment = aDeployment({ replicas: 1 });
  const observed = { deployment, candidates: [], podsOf: () => [] };
  const [creation] = reconcile(observed, noon).actions;
  const error = alreadyExists(ReplicaSetKind as unknown as Kind, "web-x");
  const [action] = refused(observed, creation!, error, noon)!.actions;
  expect(action).toMatchObject({ verb: "updateStatus", object: { status: { collisionCount: 1 } } });
  const next = { ...deployment, status: { ...deployment.status, collisionCount: 1 } };
  const names = [creation, reconcile({ ...observed, deployment: next }, noon).actions[0]].map(
    (each) => each?.verb === "create" && each.object.metadata.name,
  );
  expect(names[0]).not.toBe(names[1]);
});

test("a ReplicaSet that the server refuses is told in a condition and an event", () => {
  const observed = { deployment: aDeployment({ replicas: 1 }), candidates: [], podsOf: () => [] };
  const [creation] = reconcile(observed, noon).actions;
  expect(refused(observed, creation!, badRequest("exceeded quota"), noon)?.actions).toMatchObject([
    {
      verb: "updateStatus",
      object: { status: { conditions: [{ type: "Progressing", status: "False", reason: "ReplicaSetCreateError" }] } },
    },
    { verb: "event", type: "Warning", reason: "ReplicaSetCreateError" },
  ]);
});

test("a rollback of a paused Deployment shows in the revision at once, and moves no Pod", () => {
  const world = settled({ replicas: 1 });
  world.change({ replicas: 1, image: "web:2" });
  world.settle();
  world.change({ replicas: 1, image: "web:1", spec: { paused: true } });
  world.settle();
  expect(world.sizes).toEqual({ "web:1": 0, "web:2": 1 });
  expect(world.deployment.metadata.annotations).toMatchObject({ "deployment.kubernetes.io/revision": "3" });
});
