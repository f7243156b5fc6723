import type { Instant } from "@kubets/machinery";
import { podStatus } from "../status/pod-status.ts";
import { sameStatus } from "../status/same-status.ts";
import type { PodEffect, PodEvent } from "./events.ts";
import { decide } from "./decide.ts";
import { again, endRun, lostRun, plus, runSince, start, waitForImage, waitForStart } from "./runs.ts";
import { allContainers, type ContainerRun, isInit, isSuccess, isUnderWay, type PodWorkerState, type Running } from "./state.ts";

export interface Step {
  readonly next: PodWorkerState;
  readonly effects: readonly PodEffect[];
}

/**
 * The life of a Pod on its node: what an event makes of what is known, and what is to be done next.
 *
 * Each effect is given once; the answer to it is an event. Events that no longer fit (of a run that is over, say) change nothing.
 */
export function step(state: PodWorkerState, event: PodEvent, now: Instant): Step {
  const taken = take(state, event, now);
  const decided = decide(taken.next, now);
  const effects = [...taken.effects, ...decided.effects];
  const { next } = decided;
  if (next.isGone) return { next, effects };
  const status = podStatus(next, now);
  if (!sameStatus(status, next.pod.status)) effects.push({ kind: "report", status });
  else if (mayRemove(next)) effects.push({ kind: "remove" });
  return { next, effects };
}

const resizeDelay = 10_000;

/** All is reported and nothing is left: the object may go. */
function mayRemove({ pod, sandbox }: PodWorkerState): boolean {
  return pod.metadata.deletionTimestamp !== undefined && sandbox.kind === "discarded";
}

/** What the event says, nothing more. */
function take(state: PodWorkerState, event: PodEvent, now: Instant): Step {
  const { sandbox } = state;
  switch (event.kind) {
    case "time":
      return only(state);
    case "referenceChanged":
      return only(retryNow(state, now));
    case "observed":
      return only(endedBy({ ...state, pod: event.pod }, now));
    case "gone": {
      const grace = state.pod.spec.terminationGracePeriodSeconds * 1000;
      const ending = state.ending ?? { why: "deleted" as const, deadline: plus(now, grace) };
      return only({ ...state, isGone: true, ending });
    }
    case "evicted": {
      if (state.ending !== undefined) return only(state);
      const { message, graceSeconds } = event;
      return {
        next: { ...state, ending: { why: "evicted", message, deadline: plus(now, graceSeconds * 1000) } },
        effects: [warning("Evicted", message)],
      };
    }
    case "rejected":
      return {
        next: { ...state, rejection: { reason: event.reason, message: event.message }, sandbox: { kind: "stopped", attempt: 0 } },
        effects: [{ kind: "tell", type: "Warning", reason: event.reason, message: event.message }],
      };
    case "sandboxStarted":
      if (sandbox.kind !== "starting") return only(state);
      return only({ ...state, sandbox: { kind: "ready", attempt: sandbox.attempt, id: event.id, ips: event.ips } });
    case "sandboxFailed":
      return sandboxFailed(state, event, now);
    case "sandboxLost": {
      if (sandbox.kind !== "ready" || sandbox.id !== event.id) return only(state);
      return { next: sandboxLost(state, now), effects: [{ kind: "stopSandbox", id: event.id, release: false }] };
    }
    case "sandboxStopped":
      if (sandbox.kind !== "stopping") return only(state);
      if (sandbox.then === "restart") return only({ ...state, sandbox: { kind: "absent", attempt: sandbox.attempt + 1 } });
      return only({ ...state, sandbox: { kind: "stopped", attempt: sandbox.attempt } });
    case "stopFailed":
      return retryStop(state);
    case "resized": {
      const { resize: _, ...rest } = state;
      const runs = Object.entries(state.runs).map(([name, run]) => {
        const resources = event.resources[name];
        return [name, run.kind === "running" && resources !== undefined ? { ...run, resources } : run] as const;
      });
      return only({ ...rest, runs: Object.fromEntries(runs) });
    }
    case "resizeFailed": {
      const { reason, message } = event;
      const { generation } = state.pod.metadata;
      return only({ ...state, resize: { kind: "waiting", reason, message, generation, retryAt: plus(now, resizeDelay) } });
    }
    case "discarded":
      return only({ ...state, sandbox: { kind: "discarded", attempt: sandbox.attempt } });
    default:
      return takeOfContainer(state, event, now);
  }
}

type ContainerEvent = Extract<PodEvent, { readonly container: string }>;

function takeOfContainer(state: PodWorkerState, event: ContainerEvent, now: Instant): Step {
  const run = state.runs[event.container];
  const container = allContainers(state.pod).find(({ name }) => name === event.container);
  if (run === undefined || container === undefined) return only(state);
  const put = (next: ContainerRun): PodWorkerState => ({ ...state, runs: { ...state.runs, [event.container]: next } });
  switch (event.kind) {
    case "imageReady":
      return run.kind === "pulling" ? only(put(start(run, event.imageRef))) : only(state);
    case "imageFailed": {
      if (run.kind !== "pulling") return only(state);
      const { reason, message } = event;
      const failed = `Error: ${reason}`;
      return { next: put(waitForImage(run, container, { reason, message }, now)), effects: [warning("Failed", failed, event.container)] };
    }
    case "containerStarted": {
      if (run.kind !== "starting") return only(state);
      const hook = container.lifecycle?.postStart !== undefined;
      return only(put(upIfUnprobed(runSince(run, { resources: container.resources, ...event }, hook), container)));
    }
    case "containerFailed": {
      if (run.kind !== "starting") return only(state);
      const { reason, message } = event;
      return { next: put(waitForStart(run, { reason, message }, now)), effects: [warning("Failed", `Error: ${message}`, event.container)] };
    }
    case "postStartDone": {
      if (run.kind !== "running" || run.id !== event.id) return only(state);
      const done: Running = { ...run, postStart: "done" };
      if (event.failure === undefined) return only(put(upIfUnprobed(done, container)));
      const stop = stopNow(state, done, event.container, now);
      return { next: put(stop.run), effects: [warning("FailedPostStartHook", "PostStartHook failed", event.container), ...stop.effects] };
    }
    case "exited": {
      if (run.kind !== "running" || run.id !== event.id) return only(state);
      return only(put(endRun(run, event)));
    }
    case "probed": {
      if (run.kind !== "running" || run.id !== event.id) return only(state);
      if (event.probe === "readiness") return only(put({ ...run, isReady: run.isStarted && event.healthy }));
      if (event.healthy) {
        if (event.probe !== "startup" || run.isStarted) return only(state);
        const isReady = container.readinessProbe === undefined;
        return only(put({ ...run, isStarted: true, isReady }));
      }
      const probe = event.probe === "startup" ? container.startupProbe : container.livenessProbe;
      const stop = stopNow(state, run, event.container, now, probe?.terminationGracePeriodSeconds);
      const message = `Container ${event.container} failed ${event.probe} probe, will be restarted`;
      return {
        next: put(stop.run),
        effects: [{ kind: "tell", type: "Normal", reason: "Killing", message, container: event.container }, ...stop.effects],
      };
    }
  }
}

/** Without a startup probe a container is up once its hook is done; without a readiness probe it is ready then. */
function upIfUnprobed(run: Running, container: { readonly startupProbe?: unknown; readonly readinessProbe?: unknown }): Running {
  if (run.postStart === "running" || container.startupProbe !== undefined) return run;
  return { ...run, isStarted: true, isReady: container.readinessProbe === undefined };
}

function stopNow(
  { pod }: PodWorkerState,
  run: Running,
  container: string,
  now: Instant,
  graceSeconds: number = pod.spec.terminationGracePeriodSeconds,
): { readonly run: Running; readonly effects: readonly PodEffect[] } {
  if (run.stopBy !== undefined) return { run, effects: [] };
  return {
    run: { ...run, isReady: false, stopBy: plus(now, graceSeconds * 1000) },
    effects: [{ kind: "stopContainer", container, id: run.id, graceSeconds, again: false }],
  };
}

/** A deletion, or one that leaves less time than the last. */
function endedBy(state: PodWorkerState, now: Instant): PodWorkerState {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = state.pod.metadata;
  if (deletionTimestamp === undefined) return state;
  const deadline = plus(now, deletionGracePeriodSeconds * 1000);
  if (state.ending !== undefined && state.ending.deadline <= deadline) {
    // Why it failed stays to be told.
    return state.ending.why === "deleted" || state.ending.why === "evicted"
      ? state
      : { ...state, ending: { ...state.ending, why: "deleted" } };
  }
  return { ...state, ending: { why: "deleted", deadline } };
}

function retryNow(state: PodWorkerState, now: Instant): PodWorkerState {
  const { sandbox } = state;
  if (sandbox.kind === "absent" && sandbox.failure !== undefined)
    return { ...state, sandbox: { ...sandbox, failure: { ...sandbox.failure, retryAt: now } } };
  const runs = Object.entries(state.runs).map(([name, run]) => [
    name,
    run.kind === "waiting" && run.reason === "CreateContainerConfigError" ? { ...run, retryAt: now } : run,
  ]);
  return { ...state, runs: Object.fromEntries(runs) };
}

const firstSandboxDelay = 1000;
const longestSandboxDelay = 60_000;

function sandboxFailed(
  state: PodWorkerState,
  { reason, message }: { readonly reason: string; readonly message: string },
  now: Instant,
): Step {
  const { sandbox } = state;
  if (sandbox.kind !== "starting") return only(state);
  const delay = sandbox.delay === undefined ? firstSandboxDelay : Math.min(longestSandboxDelay, sandbox.delay * 2);
  // Each try to make a sandbox has a name of its own.
  const attempt = sandbox.attempt + (reason === "FailedCreatePodSandBox" ? 1 : 0);
  const failure = { message, delay, retryAt: plus(now, delay) };
  return { next: { ...state, sandbox: { kind: "absent", attempt, failure } }, effects: [warning(reason, message)] };
}

/** What ran in there is over. Init containers run again in the next sandbox. */
function sandboxLost(state: PodWorkerState, now: Instant): PodWorkerState {
  const { sandbox, pod } = state;
  if (sandbox.kind !== "ready") return state;
  const runs: Record<string, ContainerRun> = {};
  for (const container of allContainers(pod)) {
    const run = state.runs[container.name];
    if (run === undefined) continue;
    if (isUnderWay(run)) runs[container.name] = lostRun(run as Running, now);
    else if (run.kind === "pulling") runs[container.name] = { ...run, kind: "waiting", reason: "ContainerCreating" };
    else if (run.kind === "terminated" && isInit(pod, container) && isSuccess(run)) runs[container.name] = again(run, container, pod);
    else runs[container.name] = run;
  }
  return { ...state, runs, sandbox: { kind: "stopping", attempt: sandbox.attempt, id: sandbox.id, then: "restart" } };
}

/** The same effect once more: `decide` gives it again. */
function retryStop(state: PodWorkerState): Step {
  const { sandbox } = state;
  if (sandbox.kind === "discarding") return only({ ...state, sandbox: { kind: "stopped", attempt: sandbox.attempt } });
  if (sandbox.kind !== "stopping") return only(state);
  return { next: state, effects: [{ kind: "stopSandbox", id: sandbox.id, release: sandbox.then === "end" }] };
}

function only(next: PodWorkerState): Step {
  return { next, effects: [] };
}

function warning(reason: string, message: string, container?: string): PodEffect {
  return { kind: "tell", type: "Warning", reason, message, ...(container === undefined ? {} : { container }) };
}
