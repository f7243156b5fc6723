import { describe, expect, test } from "vitest";
import { podColumns } from "./columns.ts";
import type { Pod } from "./pod.ts";
import { aContainer, aPod, noon } from "./testing/pods.ts";

type Json = Readonly<Record<string, unknown>>;

function cell(name: string, pod: Pod): unknown {
  return podColumns.find((column) => column.name === name)!.cell(pod, noon);
}

function aStatus(name: string, state: Json, more: Json = {}): Json {
  return { name, state, ready: false, restartCount: 0, image: "web:1", imageID: "", ...more };
}

const running = (name: string, more: Json = {}): Json => aStatus(name, { running: {} }, { ready: true, started: true, ...more });
const ended = (name: string, exitCode: number, more: Json = {}): Json => aStatus(name, { terminated: { exitCode, ...more } });
const waiting = (name: string, reason: string): Json => aStatus(name, { waiting: { reason } });
const condition = (type: string, status: string, reason?: string): Json => ({ type, status, ...(reason === undefined ? {} : { reason }) });

const two = { containers: [aContainer({ name: "a" }), aContainer({ name: "b" })] };
const withInit = { ...two, initContainers: [aContainer({ name: "i" }), aContainer({ name: "j" })] };
const withSidecar = { ...two, initContainers: [aContainer({ name: "s", restartPolicy: "Always" }), aContainer({ name: "j" })] };

describe("the status of a Pod", () => {
  const cases: readonly (readonly [sentence: string, spec: Json, status: Json, expected: string])[] = [
    ["begins as its phase", two, { phase: "Pending" }, "Pending"],
    ["is its reason when it has one", two, { phase: "Failed", reason: "Evicted" }, "Evicted"],
    [
      "says that a gate holds it",
      two,
      { phase: "Pending", reason: "Other", conditions: [condition("PodScheduled", "False", "SchedulingGated")] },
      "SchedulingGated",
    ],
    ["counts the init containers", withInit, { initContainerStatuses: [running("i"), waiting("j", "PodInitializing")] }, "Init:0/2"],
    ["passes over those that are done", withInit, { initContainerStatuses: [ended("i", 0), running("j")] }, "Init:1/2"],
    ["says why an init container waits", withInit, { initContainerStatuses: [waiting("i", "ImagePullBackOff")] }, "Init:ImagePullBackOff"],
    ["says why an init container failed", withInit, { initContainerStatuses: [ended("i", 1, { reason: "Error" })] }, "Init:Error"],
    ["says what signal ended an init container", withInit, { initContainerStatuses: [ended("i", 137, { signal: 9 })] }, "Init:Signal:9"],
    ["says with what code an init container ended", withInit, { initContainerStatuses: [ended("i", 3)] }, "Init:ExitCode:3"],
    ["passes over a sidecar that has started", withSidecar, { initContainerStatuses: [running("s"), running("j")] }, "Init:1/2"],
    ["waits for a sidecar that has not", withSidecar, { initContainerStatuses: [running("s", { started: false })] }, "Init:0/2"],
    [
      "is that of the containers once the Pod is initialized",
      withSidecar,
      {
        phase: "Running",
        conditions: [condition("Initialized", "True")],
        initContainerStatuses: [waiting("s", "CrashLoopBackOff")],
        containerStatuses: [waiting("a", "ErrImagePull"), running("b")],
      },
      "ErrImagePull",
    ],
    ["says why the first container waits", two, { containerStatuses: [waiting("a", "A"), waiting("b", "B")] }, "A"],
    [
      "says why a container ended",
      two,
      { phase: "Running", containerStatuses: [running("a"), ended("b", 1, { reason: "OOMKilled" })] },
      "OOMKilled",
    ],
    ["says what signal ended a container", two, { containerStatuses: [ended("a", 137, { signal: 9 })] }, "Signal:9"],
    ["says with what code a container ended", two, { containerStatuses: [ended("a", 3)] }, "ExitCode:3"],
    [
      "is Completed when all are done",
      two,
      { phase: "Succeeded", containerStatuses: [ended("a", 0, { reason: "Completed" })] },
      "Completed",
    ],
    [
      "is Running while a container runs and the Pod is ready",
      two,
      {
        phase: "Running",
        conditions: [condition("Ready", "True")],
        containerStatuses: [ended("a", 0, { reason: "Completed" }), running("b")],
      },
      "Running",
    ],
    [
      "is NotReady while a container runs and the Pod is not ready",
      two,
      { phase: "Running", containerStatuses: [ended("a", 0, { reason: "Completed" }), running("b")] },
      "NotReady",
    ],
    [
      "tells of a failure rather than of a container that is done",
      two,
      { phase: "Failed", containerStatuses: [ended("a", 0, { reason: "Completed" }), ended("b", 1, { reason: "Error" })] },
      "Error",
    ],
    ["is Running when all is well", two, { phase: "Running", containerStatuses: [running("a"), running("b")] }, "Running"],
  ];
  test.each(cases)("%s", (_, spec, status, expected) => {
    expect(cell("Status", aPod({ spec, status }))).toBe(expected);
  });

  const deleted = { deletionTimestamp: "2030-01-01T11:59:50Z" };
  test("is Terminating while the Pod is being deleted", () => {
    expect(cell("Status", aPod({ metadata: deleted, status: { phase: "Running" } }))).toBe("Terminating");
  });
  test("is Unknown when its node was lost meanwhile", () => {
    expect(cell("Status", aPod({ metadata: deleted, status: { phase: "Running", reason: "NodeLost" } }))).toBe("Unknown");
  });
  test("stays what it was in the end", () => {
    expect(cell("Status", aPod({ metadata: deleted, status: { phase: "Succeeded" } }))).toBe("Succeeded");
  });
});

test("sidecars count among the ready containers", () => {
  const status = {
    phase: "Running",
    initContainerStatuses: [running("s"), ended("j", 0)],
    containerStatuses: [running("a"), waiting("b", "X")],
  };
  expect(cell("Ready", aPod({ spec: withSidecar, status }))).toBe("2/3");
});

describe("restarts", () => {
  const lastEnd = (finishedAt: string): Json => ({ lastState: { terminated: { exitCode: 1, finishedAt } } });
  test("are those of init containers while the Pod is starting", () => {
    const initContainerStatuses = [aStatus("i", { waiting: { reason: "CrashLoopBackOff" } }, { restartCount: 2 })];
    expect(cell("Restarts", aPod({ spec: withInit, status: { initContainerStatuses } }))).toBe("2");
  });
  test("are those of containers and sidecars afterwards, with the time since the last", () => {
    const status = {
      initContainerStatuses: [running("s", { restartCount: 1, ...lastEnd("2030-01-01T11:00:00Z") }), ended("j", 0, {})],
      containerStatuses: [running("a", { restartCount: 3, ...lastEnd("2030-01-01T11:57:30Z") }), running("b")],
    };
    expect(cell("Restarts", aPod({ spec: withSidecar, status }))).toBe("4 (2m30s ago)");
  });
  test("say nothing of time when there were none", () => {
    expect(cell("Restarts", aPod({ status: { containerStatuses: [running("web", lastEnd("2030-01-01T11:57:30Z"))] } }))).toBe("0");
  });
});

test("the wide form tells of addresses, nodes and gates", () => {
  const pod = aPod({
    metadata: { creationTimestamp: "2030-01-01T11:00:00Z" },
    spec: { nodeName: "node-1", readinessGates: [{ conditionType: "example.com/a" }, { conditionType: "example.com/b" }] },
    status: { podIPs: [{ ip: "10.0.0.1" }], conditions: [condition("example.com/b", "True")] },
  });
  const row = podColumns.map((column) => [column.name, column.priority ?? 0, column.cell(pod, noon)]);
  expect(row).toEqual([
    ["Name", 0, "web"],
    ["Ready", 0, "0/1"],
    ["Status", 0, "Pending"],
    ["Restarts", 0, "0"],
    ["Age", 0, "60m"],
    ["IP", 1, "10.0.0.1"],
    ["Node", 1, "node-1"],
    ["Nominated Node", 1, "<none>"],
    ["Readiness Gates", 1, "1/2"],
  ]);
});
