import { type Job, JobKind, type JobStatus, type Pod } from "@kubets/api";
import type { Action } from "@kubets/client";
import { type Instant, seededRandom, StatusError } from "@kubets/machinery";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ago, anObject, aPod, noon, verbsOf } from "../testing/objects.ts";
import { formatIndexes, parseIndexes } from "./indexes.ts";
import { reconcile, refused } from "./reconcile.ts";
import { trackingFinalizer } from "./tracking.ts";

const owner = { apiVersion: "batch/v1", kind: "Job", name: "work", uid: "work", controller: true };
const aJob = (spec: object = {}, status: object = {}): Job =>
  anObject(JobKind, "work", {
    spec: {
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      podReplacementPolicy: "TerminatingOrFailed",
      selector: { matchLabels: { job: "work" } },
      template: { metadata: { labels: { job: "work" } }, spec: { restartPolicy: "Never", containers: [{ name: "c", image: "c:1" }] } },
      ...spec,
    },
    status: { startTime: ago(3600), ready: 0, terminating: 0, uncountedTerminatedPods: {}, ...status },
  });

interface Facts {
  readonly phase?: Pod["status"]["phase"];
  readonly tracked?: boolean;
  readonly index?: number;
  readonly failures?: number;
  readonly deleting?: boolean;
  readonly endedFor?: number;
}
function aWorker(name: string, { phase = "Running", tracked = true, index, failures, deleting = false, endedFor = 3000 }: Facts = {}): Pod {
  const annotations = {
    ...(index === undefined ? {} : { "batch.kubernetes.io/job-completion-index": String(index) }),
    ...(failures === undefined ? {} : { "batch.kubernetes.io/job-index-failure-count": String(failures) }),
  };
  const pod = aPod(name, {
    labels: { job: "work" },
    phase,
    deleting,
    metadata: { annotations, ownerReferences: [owner], ...(tracked ? { finalizers: [trackingFinalizer] } : {}) },
  });
  const state = phase === "Running" ? { running: {} } : { terminated: { exitCode: phase === "Failed" ? 1 : 0, finishedAt: ago(endedFor) } };
  return { ...pod, status: { ...pod.status, containerStatuses: [{ name: "c", state, restartCount: 0 } as never] } };
}
const decide = (job: Job, pods: readonly Pod[], now: Instant = noon): ReturnType<typeof reconcile> =>
  reconcile({ job, candidates: pods, strays: [] }, now, { random: seededRandom(1) });
const verbs = (job: Job, pods: readonly Pod[]): readonly string[] =>
  verbsOf(decide(job, pods).actions).filter((verb) => !verb.startsWith("event"));

test.each<readonly [string, object, readonly Pod[], readonly string[]]>([
  ["makes as many Pods as may run at once", { parallelism: 2, completions: 5 }, [], ["create Pod", "create Pod", "updateStatus work"]],
  [
    "makes no more than are still to succeed",
    { parallelism: 3, completions: 3 },
    [aWorker("a", { phase: "Succeeded", tracked: false })],
    ["create Pod", "create Pod", "updateStatus work"],
  ],
  ["waits with the next Pod after a failure", {}, [aWorker("a", { phase: "Failed", tracked: false, endedFor: 5 })], []],
  [
    "writes an end down before it lets the Pod go",
    { completions: 2 },
    [aWorker("a", { phase: "Succeeded" })],
    ["updateStatus work", "patch a", "create Pod"],
  ],
  [
    "lets surplus Pods go uncounted",
    { parallelism: 1, completions: 5 },
    [aWorker("a"), aWorker("b")],
    ["updateStatus work", "patch a", "delete a"],
  ],
  [
    "waits for a Pod on its way out, where it says so",
    { podReplacementPolicy: "Failed" },
    [aWorker("a", { deleting: true })],
    ["updateStatus work"],
  ],
  ["replaces a Pod on its way out at once otherwise", {}, [aWorker("a", { deleting: true })], ["updateStatus work", "patch a"]],
  ["is left to who manages it", { managedBy: "example.com/other" }, [], []],
])("a Job %s", (_rule, spec, pods, expected) => {
  const succeeded = pods.filter(({ status, metadata }) => status.phase === "Succeeded" && metadata.finalizers === undefined).length;
  const failed = pods.filter(({ status, metadata }) => status.phase === "Failed" && metadata.finalizers === undefined).length;
  const counts = { ...(succeeded === 0 ? {} : { succeeded }), ...(failed === 0 ? {} : { failed }) };
  expect(verbs(aJob(spec, counts), pods)).toEqual(expected);
});

test("one status tells when a Job began and of the Pods that it made; where they were refused, it tells of what there is", () => {
  const job: Job = { ...aJob({ parallelism: 2, completions: 5 }), status: {} };
  const { actions } = decide(job, []);
  expect(actions.find(({ verb }) => verb === "updateStatus")).toMatchObject({ object: { status: { active: 2, startTime: ago(0) } } });
  const creation = actions.find(({ verb }) => verb === "create")!;
  const observed = { job, candidates: [aWorker("a")], strays: [] };
  const forbidden = new StatusError(403, "Forbidden", "exceeded quota");
  const instead = refused(observed, creation, forbidden, noon)?.actions ?? [];
  expect(verbsOf(instead)).toEqual(["event FailedCreate", "updateStatus work"]);
  expect(instead[1]).toMatchObject({ object: { status: { active: 1, startTime: ago(0) } } });
});

test("a status that the refused Pods didn't wait for is not written again", () => {
  const job = aJob({ completions: 2 });
  const creation = decide(job, []).actions.find(({ verb }) => verb === "create")!;
  const observed = { job, candidates: [aWorker("a", { phase: "Succeeded" })], strays: [] };
  const instead = refused(observed, creation, new StatusError(403, "Forbidden", "exceeded quota"), noon)?.actions ?? [];
  expect(verbsOf(instead)).toEqual(["event FailedCreate"]);
});

test("indexes are written as ranges and read back", () => {
  expect(formatIndexes(new Set([7, 0, 3, 4, 5, 9, 10]))).toBe("0,3-5,7,9,10");
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(50)), (numbers) => {
      expect([...parseIndexes(formatIndexes(new Set(numbers)), 51)]).toEqual(numbers.toSorted((a, b) => a - b));
    }),
  );
  expect([...parseIndexes("x,2-1,3,0-99999999", 4)]).toEqual([3, 0, 1, 2]);
});

test("the last Pod of an index stays until the next one has its count of failures", () => {
  const job = aJob(
    { completionMode: "Indexed", completions: 2, parallelism: 2, backoffLimitPerIndex: 3 },
    { failedIndexes: "", active: 1, failed: 1 },
  );
  const failed = aWorker("a", { phase: "Failed", index: 0, failures: 1, endedFor: 5 });
  const other = aWorker("b", { index: 1, failures: 0 });
  expect(verbs(job, [failed, other])).not.toContain("patch a");
  expect(verbs(job, [failed, other, aWorker("c", { index: 0, failures: 2 })])).toContain("patch a");
});

/** A world in which the controller can stop after any action, and Pods end at any time. */
interface World {
  status: JobStatus;
  readonly pods: Map<string, Pod>;
}

function carryOut(world: World, actions: readonly Action[], most: number): void {
  for (const action of actions.filter(({ verb }) => verb !== "event").slice(0, most)) {
    if (action.verb === "updateStatus") world.status = (action.object as Job).status;
    else if (action.verb === "create") {
      const name = `p${world.pods.size}`;
      const annotations: Readonly<Record<string, string>> = action.object.metadata?.annotations ?? {};
      const index = annotations["batch.kubernetes.io/job-completion-index"];
      const failures = annotations["batch.kubernetes.io/job-index-failure-count"];
      world.pods.set(
        name,
        aWorker(name, {
          ...(index === undefined ? {} : { index: Number(index) }),
          ...(failures === undefined ? {} : { failures: Number(failures) }),
        }),
      );
    } else if (action.verb === "patch") {
      const pod = world.pods.get(action.name)!;
      const { finalizers: _, ...metadata } = pod.metadata;
      world.pods.set(action.name, { ...pod, metadata });
    }
  }
}

test("every Pod is counted exactly once, wherever the controller stops and starts again", () => {
  const step = fc.record({ most: fc.nat(4), ends: fc.array(fc.record({ pod: fc.nat(9), fails: fc.boolean() }), { maxLength: 3 }) });
  const modes = fc.constantFrom({}, { completionMode: "Indexed" }, { completionMode: "Indexed", backoffLimitPerIndex: 1 });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), modes, (steps, mode) => {
      const world: World = { status: aJob().status, pods: new Map() };
      const spec = { parallelism: 3, completions: 6, backoffLimit: 4, ...mode };
      let now: number = noon;
      const pass = (most: number): void => {
        now += 3_600_000;
        carryOut(world, decide(aJob(spec, world.status), [...world.pods.values()], now as Instant).actions, most);
        const { succeeded = 0, failed = 0 } = world.status;
        const ended = (phase: string): number => [...world.pods.values()].filter(({ status }) => status.phase === phase).length;
        expect(succeeded).toBeLessThanOrEqual(ended("Succeeded"));
        expect(failed).toBeLessThanOrEqual(ended("Failed"));
      };
      for (const { most, ends } of steps) {
        for (const { pod, fails } of ends) {
          const name = `p${pod}`;
          const known = world.pods.get(name);
          if (known?.status.phase !== "Running") continue;
          const ended = aWorker(name, { phase: fails ? "Failed" : "Succeeded", tracked: known.metadata.finalizers !== undefined });
          world.pods.set(name, { ...known, status: ended.status });
        }
        pass(most);
      }
      const isOver = (): boolean => world.status.conditions?.some(({ type }) => type === "Complete" || type === "Failed") === true;
      for (let round = 0; round < 10 && !isOver(); round++) pass(1000);
      const phases = [...world.pods.values()].map(({ status }) => status.phase);
      const expected = phases.filter((phase) => phase === "Succeeded").length;
      if (!("completionMode" in mode)) expect(world.status.succeeded ?? 0).toBe(expected);
      expect(world.status.failed ?? 0).toBe(phases.filter((phase) => phase === "Failed").length);
      expect(world.status.uncountedTerminatedPods).toEqual({});
    }),
  );
});
