import fc from "fast-check";
import { expect, test } from "vitest";
import { boundsOf } from "./sizes.ts";
import { aDeployment, World } from "./testing/world.ts";

test("a new Deployment makes a ReplicaSet of its size and says so", () => {
  const world = new World(aDeployment({ replicas: 3 }));
  world.settle();
  expect(world.sizes).toEqual({ "web:1": 3 });
  expect(world.events).toEqual([expect.stringMatching(/^Scaled up replica set web-\w+ from 0 to 3$/)]);
  expect(world.deployment.metadata.annotations).toEqual({ "deployment.kubernetes.io/revision": "1" });
  expect(world.deployment.status.conditions).toMatchObject([
    { type: "Available", status: "True", reason: "MinimumReplicasAvailable" },
    { type: "Progressing", status: "True", reason: "NewReplicaSetAvailable" },
  ]);
});

test("a rolling update ends with the new template alone, and keeps the old ReplicaSet for a rollback", () => {
  const world = new World(aDeployment({ replicas: 3 }));
  world.settle();
  world.change({ replicas: 3, image: "web:2" });
  world.settle();
  expect(world.sizes).toEqual({ "web:1": 0, "web:2": 3 });
  world.change({ replicas: 3, image: "web:1" });
  world.settle();
  expect(world.sizes).toEqual({ "web:1": 3, "web:2": 0 });
  expect(world.deployment.metadata.annotations).toEqual({ "deployment.kubernetes.io/revision": "3" });
});

const amount = fc.oneof(
  fc.integer({ min: 0, max: 6 }),
  fc.integer({ min: 0, max: 100 }).map((percent) => `${percent}%`),
);

test("no order of events takes a rollout beyond its surge or below its availability, and every rollout ends", () => {
  fc.assert(
    fc.property(
      fc.record({ replicas: fc.integer({ min: 1, max: 12 }), maxSurge: amount, maxUnavailable: amount }),
      fc.array(fc.oneof({ weight: 2, arbitrary: fc.constant("reconcile" as const) }, { weight: 5, arbitrary: fc.nat(2) }), {
        maxLength: 120,
      }),
      fc.integer({ min: 0, max: 40 }),
      (facts, schedule, changesAgainAt) => {
        const world = new World(aDeployment(facts));
        world.settle();
        const rollTo = (image: string): void => {
          world.change({ ...facts, image });
        };
        rollTo("web:2");
        const bounds = boundsOf(world.deployment);
        for (const [at, event] of schedule.entries()) {
          if (at === changesAgainAt) rollTo("web:3");
          if (event === "reconcile") world.reconcile();
          else world.step(event, false);
          expect(world.asked).toBeLessThanOrEqual(bounds.maxTotal);
          expect(world.available).toBeGreaterThanOrEqual(bounds.minAvailable);
        }
        world.settle();
        const image = schedule.length > changesAgainAt ? "web:3" : "web:2";
        expect(world.sizes[image]).toBe(facts.replicas);
        expect(world.asked).toBe(facts.replicas);
      },
    ),
    { numRuns: 150, seed: 20_261_121 },
  );
});

test("scaling in the middle of a rollout shares the change by size", () => {
  const world = new World(aDeployment({ replicas: 10, maxSurge: 3, maxUnavailable: 2 }));
  world.settle();
  world.change({ replicas: 10, image: "web:2", maxSurge: 3, maxUnavailable: 2 });
  // The new image never becomes available: the rollout is stuck at 8 old and 5 new.
  for (let turn = 0; turn < 40; turn++) {
    world.reconcile();
    for (const [index, { spec, status }] of world.replicaSets.entries()) {
      if (spec.template.spec.containers[0]!.image === "web:1" || status.replicas < spec.replicas) world.step(index, false);
    }
  }
  expect(world.sizes).toEqual({ "web:1": 8, "web:2": 5 });
  world.change({ replicas: 15, image: "web:2", maxSurge: 3, maxUnavailable: 2 });
  world.reconcile();
  expect(world.sizes).toEqual({ "web:1": 11, "web:2": 7 });
});

test.each([
  ["10", 10, "25%", "25%", { maxTotal: 13, minAvailable: 8, maxSurge: 3, maxUnavailable: 2 }],
  ["a few, where a share is less than one", 3, "25%", "25%", { maxTotal: 4, minAvailable: 3, maxSurge: 1, maxUnavailable: 0 }],
  ["10 without a surge", 10, 0, "30%", { maxTotal: 10, minAvailable: 7, maxSurge: 0, maxUnavailable: 3 }],
  ["2 that would leave nothing to move", 2, 0, "10%", { maxTotal: 2, minAvailable: 1, maxSurge: 0, maxUnavailable: 1 }],
  ["1 that may lose more than there are", 1, 0, 5, { maxTotal: 1, minAvailable: 0, maxSurge: 0, maxUnavailable: 1 }],
  ["none", 0, "25%", "25%", { maxTotal: 0, minAvailable: 0, maxSurge: 0, maxUnavailable: 0 }],
])("the bounds of %s Pods", (_what, replicas, maxSurge, maxUnavailable, bounds) => {
  expect(boundsOf(aDeployment({ replicas, maxSurge, maxUnavailable }))).toEqual(bounds);
});

test("without a surge, an old Pod goes before a new one comes", () => {
  const facts = { replicas: 4, maxSurge: 0, maxUnavailable: "25%" };
  const world = new World(aDeployment(facts));
  world.settle();
  world.change({ ...facts, image: "web:2" });
  world.reconcile();
  world.reconcile();
  expect(world.sizes).toEqual({ "web:1": 3, "web:2": 0 });
  world.settle();
  expect(world.sizes).toEqual({ "web:1": 0, "web:2": 4 });
});

test("scaling by just as much as the surge shrinks is seen once, and the rollout goes on", () => {
  const world = new World(aDeployment({ replicas: 10, maxSurge: 3, maxUnavailable: 2 }));
  world.settle();
  world.change({ replicas: 10, image: "web:2", maxSurge: 3, maxUnavailable: 2 });
  for (let turn = 0; turn < 5; turn++) world.reconcile();
  expect(world.asked).toBe(13);
  world.change({ replicas: 11, image: "web:2", maxSurge: 2, maxUnavailable: 2 });
  world.settle();
  expect(world.sizes).toEqual({ "web:1": 0, "web:2": 11 });
});
