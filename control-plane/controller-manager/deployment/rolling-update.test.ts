import { type Deployment, DeploymentKind, type ReplicaSet } from "@kubets/api";
import { applyDefaults, type Instant } from "@kubets/machinery";
import fc from "fast-check";
import { expect, test } from "vitest";
import { reconcile } from "./reconcile.ts";
import { boundsOf } from "./sizes.ts";

const noon = 1_800_000_000_000 as Instant;

function aDeployment({ replicas, image = "web:1", maxSurge = "25%", maxUnavailable = "25%" }: DeploymentFacts): Deployment {
  return applyDefaults(DeploymentKind.schema, {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: {
      name: "web",
      namespace: "default",
      uid: "d",
      resourceVersion: "1",
      creationTimestamp: "2026-01-01T00:00:00Z",
      generation: 1,
    },
    spec: {
      replicas,
      selector: { matchLabels: { app: "web" } },
      template: { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "web", image }] } },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge, maxUnavailable } },
    },
  } as unknown as Deployment);
}
interface DeploymentFacts {
  readonly replicas: number;
  readonly image?: string;
  readonly maxSurge?: number | string;
  readonly maxUnavailable?: number | string;
}

/** A world of one Deployment and its ReplicaSets, whose Pods come up and go when the test says so. */
class World {
  deployment: Deployment;
  replicaSets: ReplicaSet[] = [];
  events: string[] = [];
  #made = 0;

  constructor(deployment: Deployment) {
    this.deployment = deployment;
  }

  /** Answers whether anything was decided. */
  reconcile(): boolean {
    const decision = reconcile({ deployment: this.deployment, candidates: this.replicaSets, podsOf: () => [] }, noon);
    for (const action of decision.actions) {
      if (action.verb === "create") {
        const draft = action.object as unknown as ReplicaSet;
        const metadata = {
          ...draft.metadata,
          uid: `rs${this.#made}`,
          resourceVersion: "1",
          creationTimestamp: `2026-01-01T00:00:${String(this.#made++).padStart(2, "0")}Z`,
        };
        this.replicaSets.push({ ...draft, metadata, status: { replicas: 0 } });
      } else if (action.verb === "update" && action.kind.kind === "Deployment") this.deployment = action.object as Deployment;
      else if (action.verb === "update") this.#replace(action.object as ReplicaSet);
      else if (action.verb === "updateStatus") this.deployment = action.object as Deployment;
      else if (action.verb === "delete") this.replicaSets = this.replicaSets.filter(({ metadata }) => metadata.name !== action.name);
      else if (action.verb === "event") this.events.push(action.message);
    }
    return decision.actions.length > 0;
  }

  /** One Pod of a ReplicaSet is made, becomes available, or goes: whichever its size asks for. */
  step(index: number, breaks: boolean): boolean {
    const replicaSet = this.replicaSets[index % Math.max(1, this.replicaSets.length)];
    if (replicaSet === undefined) return false;
    const { replicas, availableReplicas = 0 } = replicaSet.status;
    const wanted = replicaSet.spec.replicas;
    if (replicas > wanted) {
      // The cheapest goes first: one that isn't available, if there is one.
      const lost = availableReplicas > 0 && availableReplicas === replicas ? 1 : 0;
      this.#replace({ ...replicaSet, status: { replicas: replicas - 1, availableReplicas: availableReplicas - lost } });
    } else if (breaks && availableReplicas > 0)
      this.#replace({ ...replicaSet, status: { replicas, availableReplicas: availableReplicas - 1 } });
    else if (replicas < wanted) this.#replace({ ...replicaSet, status: { replicas: replicas + 1, availableReplicas } });
    else if (availableReplicas < replicas) this.#replace({ ...replicaSet, status: { replicas, availableReplicas: availableReplicas + 1 } });
    else return false;
    return true;
  }

  settle(): void {
    for (let turn = 0; turn < 2000; turn++) {
      const moved = this.reconcile() || this.replicaSets.some((_, index) => this.step(index, false));
      if (!moved) return;
    }
    throw new Error("the rollout never ends");
  }

  get sizes(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.replicaSets.map(({ spec }) => [spec.template.spec.containers[0]!.image!, spec.replicas]));
  }
  get available(): number {
    return this.replicaSets.reduce((sum, { status }) => sum + (status.availableReplicas ?? 0), 0);
  }
  get asked(): number {
    return this.replicaSets.reduce((sum, { spec }) => sum + spec.replicas, 0);
  }

  #replace(next: ReplicaSet): void {
    this.replicaSets = this.replicaSets.map((each) => (each.metadata.name === next.metadata.name ? next : each));
  }
}

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
  world.deployment = { ...aDeployment({ replicas: 3, image: "web:2" }), status: world.deployment.status };
  world.settle();
  expect(world.sizes).toEqual({ "web:1": 0, "web:2": 3 });
  world.deployment = { ...aDeployment({ replicas: 3, image: "web:1" }), status: world.deployment.status };
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
          world.deployment = { ...aDeployment({ ...facts, image }), status: world.deployment.status };
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
  world.deployment = { ...aDeployment({ replicas: 10, image: "web:2", maxSurge: 3, maxUnavailable: 2 }), status: world.deployment.status };
  // The new image never becomes available: the rollout is stuck at 8 old and 5 new.
  for (let turn = 0; turn < 40; turn++) {
    world.reconcile();
    for (const [index, { spec, status }] of world.replicaSets.entries()) {
      if (spec.template.spec.containers[0]!.image === "web:1" || status.replicas < spec.replicas) world.step(index, false);
    }
  }
  expect(world.sizes).toEqual({ "web:1": 8, "web:2": 5 });
  world.deployment = { ...aDeployment({ replicas: 15, image: "web:2", maxSurge: 3, maxUnavailable: 2 }), status: world.deployment.status };
  world.reconcile();
  expect(world.sizes).toEqual({ "web:1": 11, "web:2": 7 });
});
