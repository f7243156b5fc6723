import { type Container, isSidecar, type ResourceRequirements } from "@kubets/api";
import { type Instant, sameJson } from "@kubets/machinery";
import type { PodEffect } from "./events.ts";
import { again, firstWait, isDue, neverStarted, plus, pull } from "./runs.ts";
import {
  allContainers,
  type ContainerRun,
  isEphemeral,
  isFinished,
  isInit,
  isRestarted,
  isSuccess,
  isUnderWay,
  type PodWorkerState,
  type Running,
} from "./state.ts";

interface Decided {
  readonly next: PodWorkerState;
  readonly effects: readonly PodEffect[];
}

/** What follows from how things are: one thing after the other, until nothing more does. */
export function decide(state: PodWorkerState, now: Instant): Decided {
  const effects: PodEffect[] = [];
  let next = state;
  for (;;) {
    const decided = follow(next, now);
    if (decided === undefined) break;
    next = decided.next;
    effects.push(...decided.effects);
  }
  const at = nextMoment(next, now);
  if (at !== undefined) effects.push({ kind: "wake", at });
  return { next, effects };
}

function follow(state: PodWorkerState, now: Instant): Decided | undefined {
  const { sandbox, pod } = state;
  if (state.rejection === undefined && state.ending === undefined) {
    const limit = activeUntil(state);
    if (limit !== undefined && limit <= now && !isFinished(state)) {
      const ending = { why: "deadline" as const, deadline: plus(now, pod.spec.terminationGracePeriodSeconds * 1000) };
      const message = "Pod was active on the node longer than the specified deadline";
      return { next: { ...state, ending }, effects: [{ kind: "tell", type: "Normal", reason: "DeadlineExceeded", message }] };
    }
  }
  if (state.rejection !== undefined || state.ending !== undefined || isFinished(state)) return wind(state, now);
  if (sandbox.kind === "absent") {
    if (sandbox.failure !== undefined && sandbox.failure.retryAt > now) return undefined;
    const { attempt, failure } = sandbox;
    const starting = { kind: "starting" as const, attempt, ...(failure === undefined ? {} : { delay: failure.delay }) };
    return { next: { ...state, sandbox: starting }, effects: [{ kind: "startSandbox", attempt, isRetry: failure !== undefined }] };
  }
  return sandbox.kind === "ready" || sandbox.kind === "starting" ? advance(state, now) : undefined;
}

/** Brings the containers up in their order. While the sandbox is on its way, their images are seen to. */
function advance(state: PodWorkerState, now: Instant): Decided | undefined {
  const { pod, runs } = state;
  let mayStart = true;
  for (const container of allContainers(pod)) {
    const run = runs[container.name];
    if (run === undefined && mayStart)
      return put(state, container, firstWait(isInit(pod, container) ? "PodInitializing" : "ContainerCreating"));
    if (run?.kind === "terminated" && isRestarted(pod, container, run)) return put(state, container, again(run, container, pod));
    if (run?.kind === "waiting" && mayStart && isDue(run, now)) {
      return put(state, container, pull(run), { kind: "ensureImage", container: container.name });
    }
    if (run?.kind === "starting" && !run.isIssued && state.sandbox.kind === "ready" && !isStarting(state)) {
      const effect: PodEffect = { kind: "startContainer", container: container.name, attempt: run.restarts, imageRef: run.imageRef };
      return put(state, container, { ...run, isIssued: true }, effect);
    }
    if (!isInit(pod, container)) continue;
    if (isSidecar(container)) {
      // While a sidecar isn't up, what has started goes on, but nothing else starts.
      if (!(run?.kind === "running" && run.isStarted)) mayStart = false;
    } else if (!isSuccess(run)) {
      mayStart = false;
    }
  }
  return resize(state, now);
}

/** Brings what runs to the resources that the Pod says by now: in place, or by another run where the container wants it so. */
function resize(state: PodWorkerState, now: Instant): Decided | undefined {
  const { pod, runs, resize: under } = state;
  if (under?.kind === "inProgress") return undefined;
  const changed = allContainers(pod).filter((container) => {
    const run = runs[container.name];
    return run?.kind === "running" && run.stopBy === undefined && !sameResources(run.resources, container.resources);
  });
  if (changed.length === 0) {
    if (under === undefined) return undefined;
    const { resize: _, ...rest } = state;
    return { next: rest, effects: [] };
  }
  if (under !== undefined && under.generation === pod.metadata.generation && under.retryAt > now) return undefined;
  for (const container of changed) {
    const run = runs[container.name] as Running;
    if (!wantsRestart(container, run)) continue;
    const deadline = plus(now, pod.spec.terminationGracePeriodSeconds * 1000);
    return stop(state, container, run, deadline, now);
  }
  const effects: PodEffect[] = [{ kind: "resize", containers: changed.map(({ name }) => name) }];
  return { next: { ...state, resize: { kind: "inProgress" } }, effects };
}

function wantsRestart({ resources, resizePolicy = [] }: Container, run: Running): boolean {
  return resizePolicy.some(
    ({ resourceName, restartPolicy }) =>
      restartPolicy === "RestartContainer" &&
      (resources.limits?.[resourceName] !== run.resources.limits?.[resourceName] ||
        resources.requests?.[resourceName] !== run.resources.requests?.[resourceName]),
  );
}

function sameResources(one: ResourceRequirements, other: ResourceRequirements): boolean {
  return sameJson([one.limits ?? {}, one.requests ?? {}], [other.limits ?? {}, other.requests ?? {}]);
}

/** One after the other: the next container starts when the last one has, and its hook is through. */
function isStarting({ runs }: PodWorkerState): boolean {
  return Object.values(runs).some(
    (run) =>
      (run.kind === "starting" && run.isIssued) || (run.kind === "running" && run.postStart === "running" && run.stopBy === undefined),
  );
}

/** Brings everything to its end: containers, then sidecars, then the sandbox, and, of a Pod that is deleted, all that is left. */
function wind(state: PodWorkerState, now: Instant): Decided | undefined {
  const { pod, runs, sandbox, ending } = state;
  const grace = pod.spec.terminationGracePeriodSeconds * 1000;
  const deadline = ending?.deadline ?? plus(now, grace);
  for (const container of allContainers(pod)) {
    const run = runs[container.name];
    if (run?.kind === "waiting" || run?.kind === "pulling" || (run?.kind === "starting" && !run.isIssued)) {
      return put(state, container, neverStarted(run, now));
    }
    if (run === undefined && state.rejection === undefined && (ending !== undefined || isEphemeral(pod, container)))
      return put(state, container, neverStarted(undefined, now));
    if (run?.kind !== "running" || (isInit(pod, container) && isSidecar(container))) continue;
    const stopped = stop(state, container, run, deadline, now);
    if (stopped !== undefined) return stopped;
  }
  const main = [...pod.spec.containers, ...(pod.spec.ephemeralContainers ?? [])];
  if (main.some(({ name }) => isUnderWay(runs[name]))) return undefined;
  const sidecar = pod.spec.initContainers?.findLast(({ name }) => isUnderWay(runs[name]));
  if (sidecar !== undefined) {
    const run = runs[sidecar.name]!;
    return run.kind === "running" ? stop(state, sidecar, run, deadline, now) : undefined;
  }
  const { attempt } = sandbox;
  switch (sandbox.kind) {
    case "absent":
      return {
        next: { ...state, sandbox: { kind: "stopping", attempt, id: undefined, then: "end" } },
        effects: [{ kind: "stopSandbox", id: undefined, release: true }],
      };
    case "ready": {
      const { id } = sandbox;
      return {
        next: { ...state, sandbox: { kind: "stopping", attempt, id, then: "end" } },
        effects: [{ kind: "stopSandbox", id, release: true }],
      };
    }
    case "stopped":
      if (!state.isGone && pod.metadata.deletionTimestamp === undefined) return undefined;
      return { next: { ...state, sandbox: { kind: "discarding", attempt } }, effects: [{ kind: "discard" }] };
    case "starting":
    case "stopping":
    case "discarding":
    case "discarded":
      return undefined;
  }
}

function stop(state: PodWorkerState, container: Container, run: Running, deadline: Instant, now: Instant): Decided | undefined {
  if (run.stopBy !== undefined && run.stopBy <= deadline) return undefined;
  const graceSeconds = Math.max(0, Math.ceil((deadline - now) / 1000));
  const stopping: Running = { ...run, isReady: false, stopBy: deadline };
  const effects: PodEffect[] = [
    { kind: "stopContainer", container: container.name, id: run.id, graceSeconds, again: run.stopBy !== undefined },
  ];
  if (run.stopBy === undefined) {
    effects.unshift({
      kind: "tell",
      type: "Normal",
      reason: "Killing",
      message: `Stopping container ${container.name}`,
      container: container.name,
    });
  }
  return put(state, container, stopping, ...effects);
}

function nextMoment(state: PodWorkerState, now: Instant): Instant | undefined {
  const moments = Object.values(state.runs).flatMap((run) => (run.kind === "waiting" && run.retryAt !== undefined ? [run.retryAt] : []));
  if (state.sandbox.kind === "absent" && state.sandbox.failure !== undefined) moments.push(state.sandbox.failure.retryAt);
  if (state.resize?.kind === "waiting") moments.push(state.resize.retryAt);
  const limit = activeUntil(state);
  if (limit !== undefined && state.ending === undefined) moments.push(limit);
  const next = moments.filter((moment) => moment > now);
  return next.length === 0 ? undefined : (Math.min(...next) as Instant);
}

function activeUntil({ pod, startedAt }: PodWorkerState): Instant | undefined {
  const { activeDeadlineSeconds } = pod.spec;
  return activeDeadlineSeconds === undefined ? undefined : plus(startedAt, activeDeadlineSeconds * 1000);
}

function put(state: PodWorkerState, { name }: Container, run: ContainerRun, ...effects: readonly PodEffect[]): Decided {
  return { next: { ...state, runs: { ...state.runs, [name]: run } }, effects };
}
