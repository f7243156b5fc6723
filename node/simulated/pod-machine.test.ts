import { findPodCondition, isPodReady, type Pod } from "@kubets/api";
import { formatTime } from "@kubets/machinery";
import fc from "fast-check";
import { expect, test } from "vitest";
import { programsByImage } from "./programs.ts";
import { after, aPod, deleted, live, type PodFacts } from "./testing/objects.ts";

const probe = { tcpSocket: { port: 80 } };
const container = (pod: Pod, name = "main") =>
  [...(pod.status.containerStatuses ?? []), ...(pod.status.initContainerStatuses ?? [])].find((status) => status.name === name)!;
const phases = (pod: Pod): string => `${pod.status.phase}, ${isPodReady(pod) ? "ready" : "not ready"}`;
const condition = (pod: Pod, type: string) => {
  const { status, reason, message } = findPodCondition(pod, type)!;
  return { status, reason, message };
};

test("a Pod without probes runs and is ready at once, with one write of its status", () => {
  const { pod, writes, wakesAt } = live(aPod({ containers: [{ name: "main", resources: { requests: { cpu: "1" } } }] }));
  expect([phases(pod), writes, wakesAt]).toEqual(["Running, ready", 1, undefined]);
  expect(pod.status).toMatchObject({
    observedGeneration: 1,
    hostIP: "172.16.0.1",
    hostIPs: [{ ip: "172.16.0.1" }],
    podIP: "10.0.0.2",
    podIPs: [{ ip: "10.0.0.2" }],
    startTime: "2026-01-01T12:00:00Z",
    conditions: ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"].map((type) => ({
      type,
      status: "True",
      lastTransitionTime: "2026-01-01T12:00:00Z",
    })),
    containerStatuses: [
      {
        name: "main",
        state: { running: { startedAt: "2026-01-01T12:00:00Z" } },
        lastState: {},
        ready: true,
        started: true,
        restartCount: 0,
        image: "main",
        imageID: expect.stringMatching(/^main@sha256:[0-9a-f]{64}$/),
        containerID: expect.stringMatching(/^simulated:\/\/[0-9a-f]{64}$/),
        allocatedResources: { cpu: "1" },
        resources: { requests: { cpu: "1" } },
      },
    ],
  });
});

test("nothing is written when nothing has changed", () => {
  const running = live(aPod());
  expect(running.at(60).at(120, { kind: "observed", pod: running.pod }).writes).toBe(1);
});

test("an image takes its time to arrive, and the container waits for it", () => {
  const started = live(aPod(), [programsByImage({ main: { pull: 3_000, startDelay: 500 } })]);
  expect([phases(started.pod), container(started.pod).state, started.wakesAt]).toEqual([
    "Pending, not ready",
    { waiting: { reason: "ContainerCreating" } },
    3.5,
  ]);
  expect(phases(started.at(3.5).pod)).toBe("Running, ready");
});

test("an image that can't be had leaves the container waiting", () => {
  const { pod, wakesAt } = live(aPod(), [programsByImage({ main: { pullError: "not found" } })]);
  expect([pod.status.phase, container(pod).state.waiting?.reason, wakesAt]).toEqual(["Pending", "ImagePullBackOff", undefined]);
});

test("readiness begins with the readiness probe's success, which waits for the startup probe's", () => {
  const facts: PodFacts = {
    containers: [
      {
        name: "main",
        startupProbe: { ...probe, initialDelaySeconds: 5 },
        readinessProbe: { ...probe, successThreshold: 2, periodSeconds: 3 },
      },
    ],
  };
  const life = live(aPod(facts));
  expect([container(life.pod).started, phases(life.pod), life.wakesAt]).toEqual([false, "Running, not ready", 5]);
  expect(condition(life.pod, "Ready")).toEqual({
    status: "False",
    reason: "ContainersNotReady",
    message: "containers with unready status: [main]",
  });
  const up = life.at(5);
  expect([container(up.pod).started, phases(up.pod), up.wakesAt]).toEqual([true, "Running, not ready", 8]);
  expect([phases(up.at(8).pod), findPodCondition(up.at(8).pod, "Ready")?.lastTransitionTime]).toEqual([
    "Running, ready",
    "2026-01-01T12:00:08Z",
  ]);
});

test("a program that never answers its probe never becomes ready; without a probe nobody asks it", () => {
  const rules = [programsByImage({ main: { ready: false } })];
  expect(phases(live(aPod({ containers: [{ name: "main", readinessProbe: probe }] }), rules).at(1e6).pod)).toBe("Running, not ready");
  expect(phases(live(aPod(), rules).pod)).toBe("Running, ready");
});

test("readiness gates hold back Ready, not ContainersReady", () => {
  const life = live(aPod({ readinessGates: [{ conditionType: "example.com/in-rotation" }] }));
  expect([condition(life.pod, "ContainersReady").status, condition(life.pod, "Ready")]).toEqual([
    "True",
    {
      status: "False",
      reason: "ReadinessGatesNotReady",
      message: 'corresponding condition of pod readiness gate "example.com/in-rotation" does not exist.',
    },
  ]);
  const { status } = life.pod;
  const open = {
    ...life.pod,
    status: { ...status, conditions: [...status.conditions!, { type: "example.com/in-rotation", status: "True" as const }] },
  };
  const opened = life.at(1, { kind: "observed", pod: open });
  expect([phases(opened.pod), condition(opened.pod, "example.com/in-rotation").status]).toEqual(["Running, ready", "True"]);
});

test("init containers run one after the other before the others start", () => {
  const facts: PodFacts = { initContainers: [{ name: "first" }, { name: "second" }] };
  const life = live(aPod(facts), [programsByImage({ first: { runFor: 2_000 }, second: { runFor: 3_000 } })]);
  expect([life.pod.status.phase, container(life.pod, "second").state, container(life.pod).state]).toEqual([
    "Pending",
    { waiting: { reason: "PodInitializing" } },
    { waiting: { reason: "PodInitializing" } },
  ]);
  expect(condition(life.pod, "Initialized")).toEqual({
    status: "False",
    reason: "ContainersNotInitialized",
    message: "containers with incomplete status: [first second]",
  });
  const halfway = life.at(2);
  expect([container(halfway.pod, "first").ready, container(halfway.pod, "second").state.running?.startedAt]).toEqual([
    true,
    formatTime(after(2)),
  ]);
  const done = halfway.at(5);
  expect([phases(done.pod), container(done.pod).state.running?.startedAt]).toEqual(["Running, ready", formatTime(after(5))]);
});

test("however late anybody looks, everything happened at its own time", () => {
  const facts: PodFacts = { initContainers: [{ name: "first" }, { name: "second" }], restartPolicy: "Never" };
  const rules = [programsByImage({ first: { runFor: 2_000 }, second: { runFor: 3_000 }, main: { runFor: 60_000 } })];
  const { pod, writes } = live(aPod(facts), rules).at(3_600);
  expect([pod.status.phase, container(pod).state.terminated, writes]).toMatchObject([
    "Succeeded",
    { startedAt: formatTime(after(5)), finishedAt: formatTime(after(65)), exitCode: 0, reason: "Completed" },
    2,
  ]);
});

test("an init container that fails is tried again with back-off, or fails the Pod where nothing is restarted", () => {
  const rules = [programsByImage({ first: { runFor: 1_000, exitCode: 3 } })];
  const retried = live(aPod({ initContainers: [{ name: "first" }] }), rules)
    .at(1)
    .at(2);
  expect([retried.pod.status.phase, container(retried.pod, "first")]).toMatchObject([
    "Pending",
    { restartCount: 1, state: { waiting: { reason: "CrashLoopBackOff" } }, lastState: { terminated: { exitCode: 3, reason: "Error" } } },
  ]);
  const failed = live(aPod({ initContainers: [{ name: "first" }], restartPolicy: "Never" }), rules).at(1);
  expect([failed.pod.status.phase, container(failed.pod).state]).toEqual(["Failed", { waiting: { reason: "PodInitializing" } }]);
});

test("a container that crashes is restarted at once, then after ten seconds, then twenty", () => {
  const life = live(aPod(), [programsByImage({ main: { runFor: 1_000, exitCode: 1 } })]);
  const first = life.at(1);
  expect(container(first.pod)).toMatchObject({
    restartCount: 1,
    state: { running: { startedAt: formatTime(after(1)) } },
    lastState: { terminated: { exitCode: 1, finishedAt: formatTime(after(1)), containerID: container(life.pod).containerID } },
  });
  const second = first.at(2);
  expect([phases(second.pod), second.wakesAt, container(second.pod)]).toMatchObject([
    "Running, not ready",
    12,
    {
      restartCount: 1,
      started: false,
      containerID: container(first.pod).containerID,
      state: {
        waiting: { reason: "CrashLoopBackOff", message: "back-off 10s restarting failed container=main pod=web_default(uid-of-web)" },
      },
    },
  ]);
  const third = second.at(12).at(13);
  expect([third.wakesAt, container(third.pod)]).toMatchObject([
    33,
    { restartCount: 2, state: { waiting: { reason: "CrashLoopBackOff" } } },
  ]);
});

test("whoever ran for ten minutes is not in a crash loop", () => {
  const life = live(aPod(), [({ restarts }) => (restarts < 3 ? { runFor: restarts === 2 ? 600_000 : 0, exitCode: 1 } : {})]);
  const { pod } = life.at(10 + 600);
  expect([phases(pod), container(pod).restartCount, container(pod).state.running?.startedAt]).toEqual([
    "Running, ready",
    3,
    formatTime(after(610)),
  ]);
});

test("the restart policy decides what an end means", () => {
  const outcome = (restartPolicy: "Always" | "OnFailure" | "Never", exitCode: number): string => {
    const { pod } = live(aPod({ restartPolicy }), [({ restarts }) => (restarts === 0 ? { runFor: 1_000, exitCode } : {})]).at(1);
    return `${pod.status.phase} ${container(pod).restartCount}`;
  };
  expect({
    "Always 0": outcome("Always", 0),
    "Always 1": outcome("Always", 1),
    "OnFailure 0": outcome("OnFailure", 0),
    "OnFailure 1": outcome("OnFailure", 1),
    "Never 0": outcome("Never", 0),
    "Never 1": outcome("Never", 1),
  }).toEqual({
    "Always 0": "Running 1",
    "Always 1": "Running 1",
    "OnFailure 0": "Succeeded 0",
    "OnFailure 1": "Running 1",
    "Never 0": "Succeeded 0",
    "Never 1": "Failed 0",
  });
});

test("a Pod that is done says so in its conditions", () => {
  const { pod } = live(aPod({ restartPolicy: "Never" }), [programsByImage({ main: { runFor: 1_000 } })]).at(1);
  expect(["Initialized", "Ready", "ContainersReady", "PodReadyToStartContainers"].map((type) => condition(pod, type))).toEqual([
    { status: "True", reason: "PodCompleted" },
    { status: "False", reason: "PodCompleted" },
    { status: "False", reason: "PodCompleted" },
    { status: "False" },
  ]);
});

test("a sidecar starts in its turn, runs beside the others, and ends after them", () => {
  const sidecar = { name: "sidecar", restartPolicy: "Always" as const, startupProbe: { ...probe, initialDelaySeconds: 2 } };
  const rules = [programsByImage({ main: { runFor: 10_000 }, sidecar: { stopsWithin: 3_000 } })];
  const life = live(aPod({ initContainers: [sidecar], restartPolicy: "Never" }), rules);
  expect([life.pod.status.phase, container(life.pod).state]).toEqual(["Pending", { waiting: { reason: "PodInitializing" } }]);
  const running = life.at(2);
  expect([phases(running.pod), container(running.pod, "sidecar").ready]).toEqual(["Running, ready", true]);
  const stopping = running.at(12);
  expect([stopping.pod.status.phase, container(stopping.pod, "sidecar").state.running !== undefined, stopping.wakesAt]).toEqual([
    "Running",
    true,
    15,
  ]);
  const done = stopping.at(15);
  expect([done.pod.status.phase, container(done.pod, "sidecar").state.terminated?.exitCode]).toEqual(["Succeeded", 0]);
});

test("a sidecar that ends is restarted while the others run", () => {
  const rules = [
    ({ container: { name }, restarts }: { container: { name: string }; restarts: number }) =>
      name === "sidecar" && restarts === 0 ? { runFor: 5_000 } : undefined,
  ];
  const { pod } = live(aPod({ initContainers: [{ name: "sidecar", restartPolicy: "Always" }], restartPolicy: "Never" }), rules).at(5);
  expect([phases(pod), container(pod, "sidecar").restartCount]).toEqual(["Running, ready", 1]);
});

test("a deleted Pod is told to end, reports how it ended, and is removed", () => {
  const life = live(aPod(), [programsByImage({ main: { stopsWithin: 4_000, stopExitCode: 143 } })]);
  const stopping = life.at(10, { kind: "observed", pod: deleted(life.pod, 30) });
  expect([stopping.removed, stopping.wakesAt, phases(stopping.pod)]).toEqual([false, 14, "Running, ready"]);
  const ended = stopping.at(14);
  expect([ended.removed, ended.pod.status.phase, container(ended.pod).state.terminated]).toMatchObject([
    true,
    "Failed",
    { exitCode: 143, finishedAt: formatTime(after(14)) },
  ]);
});

test("whoever doesn't end within the grace period is killed, sooner if the period is cut short", () => {
  const stubborn = live(aPod(), [programsByImage({ main: { stopsWithin: 1e9 } })]);
  const stopping = stubborn.at(0, { kind: "observed", pod: deleted(stubborn.pod, 30) });
  expect(stopping.wakesAt).toBe(30);
  const cut = stopping.at(5, { kind: "observed", pod: deleted(stopping.pod, 2) });
  expect(cut.wakesAt).toBe(7);
  expect([cut.at(7).removed, container(cut.at(7).pod).state.terminated?.exitCode]).toEqual([true, 137]);
});

test("a preStop sleep holds off the end, within the grace period", () => {
  const life = live(aPod({ containers: [{ name: "main", lifecycle: { preStop: { sleep: { seconds: 5 } } } }] }));
  expect([30, 3].map((grace) => life.at(0, { kind: "observed", pod: deleted(life.pod, grace) }).wakesAt)).toEqual([5, 3]);
});

test("a deleted Pod whose containers never started is removed at once", () => {
  const life = live(aPod(), [programsByImage({ main: { pull: 60_000 } })]);
  expect(life.at(1, { kind: "observed", pod: deleted(life.pod, 30) }).removed).toBe(true);
});

test("a Pod that outlives its deadline fails", () => {
  const life = live(aPod({ activeDeadlineSeconds: 20 }));
  const { pod, wakesAt } = life;
  expect([pod.status.phase, wakesAt]).toEqual(["Running", 20]);
  expect(life.at(20).pod.status).toMatchObject({
    phase: "Failed",
    reason: "DeadlineExceeded",
    message: "Pod was active on the node longer than the specified deadline",
  });
});

test("a machine that lost power starts again what should run, and has lost what should not", () => {
  const restarted = live(aPod()).at(60, { kind: "rebooted" }).pod;
  expect([phases(restarted), container(restarted)]).toMatchObject([
    "Running, ready",
    { restartCount: 1, lastState: { terminated: { exitCode: 255, reason: "Unknown" } } },
  ]);
  expect(live(aPod({ restartPolicy: "Never" })).at(60, { kind: "rebooted" }).pod.status.phase).toBe("Failed");
});

test("a simulation that was restarted finds its Pods as it left them", () => {
  const rules = [programsByImage({ main: { runFor: 100_000 } })];
  const before = live(aPod(), rules).at(50);
  const again = live(before.pod, rules);
  expect([again.writes, again.wakesAt, container(again.pod).containerID]).toEqual([0, 100, container(before.pod).containerID]);
});

test("looking more often changes nothing about what happens when", () => {
  const facts: PodFacts = {
    initContainers: [{ name: "first" }, { name: "sidecar", restartPolicy: "Always", startupProbe: { ...probe, initialDelaySeconds: 2 } }],
    containers: [{ name: "main", readinessProbe: { ...probe, initialDelaySeconds: 4 } }, { name: "other" }],
  };
  const program = fc.record(
    { pull: fc.nat({ max: 3_000 }), runFor: fc.nat({ max: 20_000 }), exitCode: fc.nat({ max: 1 }), stopsWithin: fc.nat({ max: 40_000 }) },
    { requiredKeys: [] },
  );
  const programs = fc.record({ first: program, sidecar: program, main: program, other: program });
  const times = fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 8 }).map((list) => list.sort((a, b) => a - b));
  const policy = fc.constantFrom("Always" as const, "OnFailure" as const, "Never" as const);
  fc.assert(
    fc.property(programs, policy, times, fc.integer({ min: 201, max: 260 }), (images, restartPolicy, looks, deletion) => {
      const life = live(aPod({ ...facts, restartPolicy }), [programsByImage(images)]);
      const oftenSeen = looks.reduce((current, seconds) => current.at(seconds), life);
      const end = (each: typeof life) => {
        const seen = each.at(200);
        const gone = seen.at(deletion, { kind: "observed", pod: deleted(seen.pod, 30) }).at(400);
        return { status: containersOf(seen.pod), gone: [gone.removed, containersOf(gone.pod), gone.pod.status.phase] };
      };
      expect(end(oftenSeen)).toEqual(end(life));
    }),
  );
});

function containersOf({ status }: Pod): unknown {
  return [status.phase, status.initContainerStatuses, status.containerStatuses];
}
