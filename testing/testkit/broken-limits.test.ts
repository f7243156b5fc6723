import { type Deployment, DeploymentKind, type Job, JobKind, kinds, PodKind } from "@kubets/api";
import { type AnyController, type Controller, watch } from "@kubets/client";
import { controllers } from "@kubets/controller-manager";
import type { Instant, Kind } from "@kubets/machinery";
import { expect, test } from "vitest";
import type { Cluster } from "./cluster.ts";
import { simulate, type Simulation, SimulationFailure } from "./simulate.ts";
import { createRolloutLimits } from "./testing/rollout-limits.ts";
import { rolloutManifest } from "./testing/seeded-rollout.ts";

// The limits that the seeded rollout is judged by are worth something only if whoever breaks one is found.

/** What the Deployment's own controller decides by. */
interface Rolling {
  readonly deployment: Deployment;
}
const deploymentController = controllers({ kinds }).find(({ name }) => name === "deployment") as unknown as Controller<Rolling>;

/** The Deployment's own controller, but for another idea of how it may roll. */
function rollingBy(rollingUpdate: { readonly maxSurge?: number; readonly maxUnavailable?: number }): AnyController {
  const reading = (observed: Rolling): Rolling => {
    const { spec } = observed.deployment;
    const strategy = { ...spec.strategy, rollingUpdate: { ...spec.strategy.rollingUpdate, ...rollingUpdate } };
    return { ...observed, deployment: { ...observed.deployment, spec: { ...spec, strategy } as typeof spec } };
  };
  return { ...deploymentController, reconcile: (observed, ...rest) => deploymentController.reconcile(reading(observed), ...rest) };
}

const limits = createRolloutLimits();
const rollout = (controller: AnyController): Simulation => ({
  seeds: [1, 2],
  operators: () => [controller],
  faults: { late: 0.3, droppedWatches: 0.03, conflicts: 0.1 },
  cluster: {
    nodes: 3,
    controllers: ["*", "-deployment"],
    startTime: Date.UTC(2027, 0, 1) as Instant,
    programs: [() => ({ startDelay: 1_500 })],
  },
  shrinkingRuns: 6,
  patience: "1m",
  async run(cluster, chance) {
    await cluster.apply(rolloutManifest);
    await cluster.clock.advance("1m");
    await roll(cluster, "web:2");
    await cluster.clock.advance(2000 + Math.floor(chance.fraction() * 4000));
    await roll(cluster, "web:3");
    await cluster.clock.advance("1m");
  },
  invariant: (view) => limits(view)[0],
});

async function roll({ client }: Cluster, image: string): Promise<void> {
  const template = { spec: { containers: [{ name: "web", image }] } };
  await client.resource(DeploymentKind).in("default").patch("web", { spec: { template } }, { type: "strategic" });
}

async function failureOf(simulation: Simulation): Promise<SimulationFailure> {
  const failure = await simulate(simulation).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(SimulationFailure);
  return failure as SimulationFailure;
}

test("the Deployment's own controller keeps to its limits among mishaps", async () => {
  expect(await simulate(rollout(deploymentController))).toMatchObject({ runs: 2 });
});

test.each([
  ["more than its surge", { maxSurge: 3 }, /^at revision \d+, [67] Pods, at most 5 may be$/],
  [
    "more out of service than it may",
    { maxUnavailable: 3 },
    /^at revision \d+, the Deployment keeps \d of \d available Pods, at least 3 must be$/,
  ],
] as const)(
  "a controller that takes %s is found, with its seed and no more history than it takes",
  async (_what, rollingUpdate, problem) => {
    const failure = await failureOf(rollout(rollingBy(rollingUpdate)));
    expect(failure.problem).toMatch(problem);
    // It is wrong by itself: no mishap is needed for it.
    expect([failure.seed, failure.faults]).toEqual([1, []]);
    const last = failure.history.at(-1)!;
    expect([
      Number(last.split(":", 1)[0]),
      failure.history.some((line) => /: deployment (creates|changes) replicasets\.apps\/default\/web-/.test(line)),
    ]).toEqual([Number(/revision (\d+)/.exec(failure.problem)![1]), true]);
    expect(failure.message).toContain("The same again: seeds: [1]");
    const again = await failureOf({ ...rollout(rollingBy(rollingUpdate)), seeds: [failure.seed] });
    expect(again.message).toBe(failure.message);
  },
);

/** Makes the Pods of a Job and never looks whether they are made already. */
const forgetful: Controller<Job> = {
  name: "job",
  watches: [watch(JobKind)],
  observe(key, caches) {
    const job = caches.of(JobKind).get(key);
    return (job?.status.active ?? 0) > 0 ? undefined : job;
  },
  reconcile({ metadata: { namespace = "", name } }, _now, { random }) {
    const pod = (): object => ({
      metadata: {
        namespace,
        name: `${name}-${Math.floor(random.fraction() * 1e9).toString(36)}`,
        labels: { "batch.kubernetes.io/job-name": name },
      },
      spec: { restartPolicy: "OnFailure", containers: [{ name: "work", image: "work:1" }] },
    });
    return {
      actions: [
        ...[pod(), pod()].map((object) => ({ verb: "create" as const, kind: PodKind as unknown as Kind, object: object as never })),
        {
          verb: "patch",
          kind: JobKind as unknown as Kind,
          namespace,
          name,
          type: "merge",
          subresource: "status",
          patch: { status: { active: 2 } },
        },
      ],
    };
  },
};

test("a Job's controller that forgets what it has made is found, and the one mishap that it takes", async () => {
  const { problem, faults } = await failureOf({
    ...rollout(forgetful),
    seeds: 30,
    faults: { crashes: 0.2, lostAnswers: 0.1 },
    shrinkingRuns: 30,
    cluster: { ...rollout(forgetful).cluster, controllers: ["*", "-job"] },
  });
  expect(problem).toMatch(/^at revision \d+, [34] Pods work for the Job, at most 2 may$/);
  expect(faults).toHaveLength(1);
});
