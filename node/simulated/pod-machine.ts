import { type Container, isSidecar, type Pod, type PodStatus } from "@kubets/api";
import { formatDuration, type Instant, sameJson } from "@kubets/machinery";
import {
  type ContainerRun,
  endRun,
  isStarted,
  killed,
  plus,
  restart,
  startRun,
  stopRun,
  type Terminated,
  type Waiting,
} from "./container-run.ts";
import { isDue, lookAfter } from "./container-checks.ts";
import {
  allContainers,
  evicted,
  isInit,
  isOver,
  isRestarted,
  isSuccess,
  type PodState,
  tell,
  type Telling,
  waitingReason,
  withRun,
} from "./pod-state.ts";
import { podStatus } from "./pod-status.ts";
import { probeTypes } from "./probes.ts";
import { programOf, type ProgramRule } from "./programs.ts";

export type PodEvent =
  /** The API shows the Pod like this. */
  | { readonly kind: "observed"; readonly pod: Pod }
  /** Time has passed. */
  | { readonly kind: "time" }
  /** A container ends now, whatever its program says. */
  | { readonly kind: "exited"; readonly container: string; readonly exitCode: number; readonly reason?: string }
  /** The node is short of something, and the Pod has to go. */
  | { readonly kind: "evicted"; readonly message: string }
  /** The machine has lost power and is back. */
  | { readonly kind: "rebooted" };

export type PodEffect =
  /** The API should show this status. */
  | { readonly kind: "report"; readonly status: PodStatus }
  /** People should hear of this. */
  | ({ readonly kind: "tell" } & Telling)
  /** Nothing of the Pod is left on the node: its object can go. */
  | { readonly kind: "remove" }
  /** Something will happen by itself then: send `time`. */
  | { readonly kind: "wake"; readonly at: Instant };

export interface Step {
  readonly next: PodState;
  readonly effects: readonly PodEffect[];
}

/**
 * What follows for a Pod from an event. However much time has passed since the last step, what was due meanwhile happens at its moment,
 * in order, before the event does. `rules` say what containers do.
 */
export function step(state: PodState, event: PodEvent, now: Instant, rules: readonly ProgramRule[]): Step {
  let next = state;
  for (let due = nextMoment(next); due !== undefined && due <= now; due = nextMoment(next)) next = settle({ ...next, at: due }, rules);
  next = settle(take({ ...next, at: now }, event), rules);
  const status = podStatus(next);
  const wake = nextMoment(next);
  const { told } = next;
  return {
    next: told.length === 0 ? next : { ...next, told: [] },
    effects: [
      ...told.map((telling) => ({ kind: "tell" as const, ...telling })),
      ...(sameJson(status, next.pod.status) ? [] : [{ kind: "report" as const, status }]),
      ...(isGone(next) ? [{ kind: "remove" as const }] : []),
      ...(wake === undefined ? [] : [{ kind: "wake" as const, at: wake }]),
    ],
  };
}

function take(state: PodState, event: PodEvent): PodState {
  const { at, runs, ending } = state;
  switch (event.kind) {
    case "time":
      return state;
    case "observed": {
      const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = event.pod.metadata;
      const observed = { ...state, pod: event.pod };
      if (deletionTimestamp === undefined) return observed;
      const deadline = plus(at, deletionGracePeriodSeconds * 1000);
      return { ...observed, ending: { why: ending?.why ?? "deleted", deadline: earlier(ending?.deadline, deadline)! } };
    }
    case "exited": {
      const run = runs[event.container];
      if (run?.kind !== "running") return state;
      const reason = event.reason === undefined ? {} : { reason: event.reason };
      return withRun(state, event.container, { ...run, ends: { at, exitCode: event.exitCode, ...reason } });
    }
    case "evicted":
      return evicted(state, event.message);
    case "rebooted": {
      const lost = Object.entries(runs).map(([name, run]) => [
        name,
        run.kind === "running" ? endRun(run, { at, exitCode: 255, reason: "Unknown" }) : run,
      ]);
      return { ...state, runs: Object.fromEntries(lost) };
    }
  }
}

/** Lets happen all that is due or follows at the state's moment. */
function settle(state: PodState, rules: readonly ProgramRule[]): PodState {
  for (let current = state; ;) {
    const next = follow(passTime(current, rules), rules);
    if (next === current) return next;
    current = next;
  }
}

/** Containers end and start, are probed and looked at, when their time has come. */
function passTime(state: PodState, rules: readonly ProgramRule[]): PodState {
  let next = state;
  for (const container of allContainers(state.pod)) {
    const run = next.runs[container.name];
    if (run?.kind === "running" && run.ends !== undefined && run.ends.at <= state.at) {
      next = withRun(next, container.name, endRun(run, run.ends));
    } else if (run?.kind === "running" && !run.stopping && isDue(run, state.at)) {
      next = lookAfter(next, container, run, rules);
    } else if (run?.kind === "waiting" && run.startsAt !== undefined && run.startsAt <= state.at && state.ending === undefined) {
      const program = programOf(rules, { container, pod: state.pod, restarts: run.restarts });
      next = withRun(next, container.name, startRun(container, program, run.startsAt, run));
    }
  }
  return next;
}

/** One thing that follows from how things are. */
function follow(state: PodState, rules: readonly ProgramRule[]): PodState {
  const { pod, at, ending } = state;
  if (ending !== undefined) return stopAll(state, ending.deadline);
  const limit = deadlineOf(state);
  const grace = pod.spec.terminationGracePeriodSeconds * 1000;
  if (limit !== undefined && limit <= at && !isOver(state)) return { ...state, ending: { why: "deadline", deadline: plus(at, grace) } };
  // While a sidecar isn't up, what has started goes on, but nothing else starts.
  let mayStart = true;
  for (const container of allContainers(pod)) {
    const run = state.runs[container.name];
    if (run === undefined && mayStart) return start(state, container, rules);
    if (run !== undefined && mayRestart(state, container, run)) return again(state, container, run as Terminated);
    if (!isInit(pod, container)) continue;
    if (!isSidecar(container) && !isSuccess(run)) break;
    if (isSidecar(container) && !isStarted(run)) mayStart = false;
  }
  return isOver(state) ? stopSidecars(state, grace) : state;
}

function start(state: PodState, container: Container, rules: readonly ProgramRule[]): PodState {
  const { pod, at } = state;
  const { pull = 0, startDelay = 0, pullError } = programOf(rules, { container, pod, restarts: 0 });
  const waiting: Waiting = { kind: "waiting", reason: waitingReason(pod), restarts: 0, backoff: 0 };
  if (pullError === undefined) return withRun(state, container.name, { ...waiting, startsAt: plus(at, pull + startDelay) });
  const message = `Back-off pulling image "${container.image}": ErrImagePull: ${pullError}`;
  const failed = `Failed to pull image "${container.image}": ${pullError}`;
  const next = withRun(state, container.name, { ...waiting, reason: "ImagePullBackOff", message });
  return tell(next, { type: "Warning", reason: "Failed", message: failed, container: container.name });
}

function mayRestart(state: PodState, container: Container, run: ContainerRun): boolean {
  return run.kind === "terminated" && !isOver(state) && isRestarted(state.pod, container, run);
}

function again(state: PodState, container: Container, run: Terminated): PodState {
  const { namespace, name, uid } = state.pod.metadata;
  const pod = `${name}_${namespace}(${uid})`;
  const crashed = (backoff: number): string =>
    `back-off ${formatDuration(BigInt(backoff) * 1_000_000n)} restarting failed container=${container.name} pod=${pod}`;
  const next = withRun(state, container.name, restart(run, crashed));
  if (run.backoff === 0) return next;
  const message = `Back-off restarting failed container ${container.name} in pod ${pod}`;
  return tell(next, { type: "Warning", reason: "BackOff", message, container: container.name });
}

function stopAll(state: PodState, deadline: Instant): PodState {
  const { pod, at } = state;
  let next = state;
  for (const container of allContainers(pod)) {
    const run = next.runs[container.name];
    if (run?.kind === "waiting") next = withRun(next, container.name, neverStarted(run, at));
    else if (run?.kind === "running" && !(isInit(pod, container) && isSidecar(container))) next = stopOne(next, container, deadline);
  }
  return pod.spec.containers.some(({ name }) => next.runs[name]?.kind === "running") ? next : stopLastSidecar(next, deadline);
}

function stopSidecars(state: PodState, grace: number): PodState {
  const finished = state.pod.spec.containers.map(({ name }) => state.runs[name]).filter((run) => run?.kind === "terminated");
  const since = finished.reduce((latest, run) => Math.max(latest, run.finishedAt), 0);
  return stopLastSidecar(state, plus((since === 0 ? state.at : since) as Instant, grace));
}

/** Sidecars end one after the other, the last to start first. */
function stopLastSidecar(state: PodState, deadline: Instant): PodState {
  const last = state.pod.spec.initContainers?.findLast((container) => state.runs[container.name]?.kind === "running");
  return last === undefined ? state : stopOne(state, last, deadline);
}

function stopOne(state: PodState, container: Container, deadline: Instant): PodState {
  const run = state.runs[container.name];
  if (run?.kind !== "running" || (run.stopping && run.ends!.at <= deadline)) return state;
  return withRun(state, container.name, stopRun(run, container, state.at, deadline));
}

function neverStarted({ restarts, last, backoff }: Waiting, at: Instant): Terminated {
  if (last !== undefined) return { ...last, restarts: Math.max(0, restarts - 1) };
  const message = "The container could not be located when the pod was terminated";
  return { kind: "terminated", exitCode: killed, reason: "ContainerStatusUnknown", message, finishedAt: at, restarts, backoff };
}

/** The next moment after the state's at which something happens by itself. */
export function nextMoment(state: PodState): Instant | undefined {
  let next = state.ending === undefined && !isOver(state) ? deadlineOf(state) : undefined;
  if (next !== undefined && next <= state.at) next = undefined;
  const consider = (moment: Instant | undefined): void => {
    if (moment !== undefined && moment > state.at) next = earlier(next, moment);
  };
  for (const run of Object.values(state.runs)) {
    if (run.kind === "waiting") consider(run.startsAt);
    if (run.kind !== "running") continue;
    consider(run.ends?.at);
    if (run.stopping) continue;
    consider(run.use?.nextAt);
    for (const type of probeTypes) consider(run.probes[type]?.nextAt);
  }
  return next;
}

function deadlineOf({ pod, startedAt }: PodState): Instant | undefined {
  const { activeDeadlineSeconds } = pod.spec;
  return activeDeadlineSeconds === undefined ? undefined : plus(startedAt, activeDeadlineSeconds * 1000);
}

function isGone({ pod, runs }: PodState): boolean {
  return pod.metadata.deletionTimestamp !== undefined && Object.values(runs).every(({ kind }) => kind !== "running");
}

function earlier(a: Instant | undefined, b: Instant): Instant {
  return a === undefined || b < a ? b : a;
}
