import type { Container, Probe } from "@kubets/api";
import type { Instant } from "@kubets/machinery";
import type { Program } from "./programs.ts";

/** Where one container of a simulated Pod is in its life. */
export type ContainerRun = Waiting | Running | Terminated;

export interface Waiting {
  readonly kind: "waiting";
  /** As in the status: `PodInitializing`, `ContainerCreating`, `CrashLoopBackOff`, `ImagePullBackOff`, … */
  readonly reason: string;
  readonly message?: string;
  /** When it starts; absent while something else has to happen first. */
  readonly startsAt?: Instant;
  readonly restarts: number;
  readonly last?: Terminated;
  /** How long its next restart will have to wait. */
  readonly backoff: number;
}

export interface Running {
  readonly kind: "running";
  readonly startedAt: Instant;
  /** When its startup probe succeeds; absent when it never does. */
  readonly startupAt?: Instant;
  /** When its readiness probe succeeds; absent when it never does. */
  readonly readyAt?: Instant;
  /** When it ends, by itself or because it was told to; absent when neither is in sight. */
  readonly ends?: End;
  readonly stopping: boolean;
  readonly restarts: number;
  readonly last?: Terminated;
  readonly backoff: number;
  readonly stopsWithin: number;
  readonly stopExitCode: number;
}

export interface End {
  readonly at: Instant;
  readonly exitCode: number;
  readonly reason?: string;
  readonly message?: string;
}

export interface Terminated {
  readonly kind: "terminated";
  readonly exitCode: number;
  readonly reason: string;
  readonly message?: string;
  /** Absent for a container that never ran. */
  readonly startedAt?: Instant;
  readonly finishedAt: Instant;
  readonly restarts: number;
  readonly last?: Terminated;
  readonly backoff: number;
}

export function plus(instant: Instant, milliseconds: number): Instant {
  return (instant + milliseconds) as Instant;
}

/** The kubelet's: the first restart is at once, the next after ten seconds, then twice as long each time, up to five minutes. */
const firstBackoff = 10_000;
const longestBackoff = 300_000;
/** Whoever ran this long is no longer in a crash loop. */
const longRun = 600_000;

export function startRun(container: Container, program: Program, at: Instant, before: Waiting): Running {
  const startupAt = succeedsAt(container.startupProbe, program.started, at, at);
  const readyAt = startupAt === undefined ? undefined : succeedsAt(container.readinessProbe, program.ready, at, startupAt);
  const end: End | undefined =
    program.runFor === undefined
      ? undefined
      : {
          at: plus(at, program.runFor),
          exitCode: program.exitCode ?? 0,
          ...(program.exitReason === undefined ? {} : { reason: program.exitReason }),
          ...(program.exitMessage === undefined ? {} : { message: program.exitMessage }),
        };
  return {
    kind: "running",
    startedAt: at,
    ...(startupAt === undefined ? {} : { startupAt }),
    ...(readyAt === undefined ? {} : { readyAt }),
    ...(end === undefined ? {} : { ends: end }),
    stopping: false,
    restarts: before.restarts,
    ...(before.last === undefined ? {} : { last: before.last }),
    backoff: before.backoff,
    stopsWithin: program.stopsWithin ?? 0,
    stopExitCode: program.stopExitCode ?? 0,
  };
}

/** When a probe that begins at `from` has succeeded often enough. Without a probe: at once. */
function succeedsAt(probe: Probe | undefined, answer: boolean | number | undefined, start: Instant, from: Instant): Instant | undefined {
  if (probe === undefined) return from;
  if (answer === false) return undefined;
  const first = Math.max(from, start + (probe.initialDelaySeconds ?? 0) * 1000, start + (typeof answer === "number" ? answer : 0));
  return plus(first as Instant, (probe.successThreshold - 1) * probe.periodSeconds * 1000);
}

export function endRun(run: Running, { at, exitCode, reason, message }: End): Terminated {
  return {
    kind: "terminated",
    exitCode,
    reason: reason ?? (exitCode === 0 ? "Completed" : "Error"),
    ...(message === undefined ? {} : { message }),
    startedAt: run.startedAt,
    finishedAt: at,
    restarts: run.restarts,
    ...(run.last === undefined ? {} : { last: run.last }),
    backoff: at - run.startedAt >= longRun ? 0 : run.backoff,
  };
}

/** Waits for its restart. `crashed` is the message of a wait that isn't over at once. */
export function restart(run: Terminated, crashed: (backoff: number) => string): Waiting {
  const startsAt = plus(run.finishedAt, run.backoff);
  const { last: _, ...last } = run;
  return {
    kind: "waiting",
    reason: "CrashLoopBackOff",
    message: crashed(run.backoff),
    startsAt,
    restarts: run.restarts + 1,
    last,
    backoff: run.backoff === 0 ? firstBackoff : Math.min(run.backoff * 2, longestBackoff),
  };
}

/** Tells a container to end. It does after its preStop hook and the time it takes, or is killed at the deadline. */
export function stopRun(run: Running, container: Container, at: Instant, deadline: Instant): Running {
  const preStop = (container.lifecycle?.preStop?.sleep?.seconds ?? 0) * 1000;
  const willing = plus(at, preStop + run.stopsWithin);
  const stopped: End = willing <= deadline ? { at: willing, exitCode: run.stopExitCode } : { at: deadline, exitCode: killed };
  const ends = run.ends !== undefined && run.ends.at <= stopped.at ? run.ends : stopped;
  return { ...run, stopping: true, ends };
}

/** 128 and the number of SIGKILL. */
export const killed = 137;

export const isStarted = (run: ContainerRun | undefined, at: Instant): boolean =>
  run?.kind === "running" && run.startupAt !== undefined && run.startupAt <= at;

export const isReady = (run: ContainerRun | undefined, at: Instant): boolean =>
  run?.kind === "running" && isStarted(run, at) && run.readyAt !== undefined && run.readyAt <= at;
