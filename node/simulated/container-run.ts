import type { Container } from "@kubets/api";
import type { Instant } from "@kubets/machinery";
import { beginProbe, probeOf, type ProbeState, type ProbeType } from "./probes.ts";
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
  /** Those that have begun: the others wait for the startup probe. */
  readonly probes: Readonly<Partial<Record<ProbeType, ProbeState>>>;
  /** What is known of what it uses; absent when its program uses nothing. */
  readonly use?: MeasuredUse;
  /** When it ends, by itself or because it was told to; absent when neither is in sight. */
  readonly ends?: End;
  readonly stopping: boolean;
  readonly restarts: number;
  readonly last?: Terminated;
  readonly backoff: number;
  readonly stopsWithin: number;
  readonly stopExitCode: number;
}

export interface MeasuredUse {
  /** When it is looked at next. */
  readonly nextAt: Instant;
  /** When it was looked at last. */
  readonly at: Instant;
  /** Of processors, up to then. */
  readonly coreSeconds: number;
}

export interface End {
  readonly at: Instant;
  readonly exitCode: number;
  readonly reason?: string;
  readonly message?: string;
  /** A probe has failed that it should have passed. */
  readonly unhealthy?: true;
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
  /** It was ended for its health, to be started again whatever its exit code. */
  readonly unhealthy?: true;
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
  const end: End | undefined =
    program.runFor === undefined
      ? undefined
      : {
          at: plus(at, program.runFor),
          exitCode: program.exitCode ?? 0,
          ...(program.exitReason === undefined ? {} : { reason: program.exitReason }),
          ...(program.exitMessage === undefined ? {} : { message: program.exitMessage }),
        };
  const first: readonly ProbeType[] = container.startupProbe === undefined ? afterStart : ["startup"];
  return {
    kind: "running",
    startedAt: at,
    probes: begunProbes(first, container, program, { startedAt: at, from: at }),
    ...(program.usage === undefined ? {} : { use: { nextAt: at, at, coreSeconds: 0 } }),
    ...(end === undefined ? {} : { ends: end }),
    stopping: false,
    restarts: before.restarts,
    ...(before.last === undefined ? {} : { last: before.last }),
    backoff: before.backoff,
    stopsWithin: program.stopsWithin ?? 0,
    stopExitCode: program.stopExitCode ?? 0,
  };
}

const afterStart: readonly ProbeType[] = ["readiness", "liveness"];

function begunProbes(
  types: readonly ProbeType[],
  container: Container,
  program: Program,
  moments: { readonly startedAt: Instant; readonly from: Instant },
): Running["probes"] {
  const begun: Partial<Record<ProbeType, ProbeState>> = {};
  for (const type of types) {
    const probe = probeOf(container, type);
    if (probe !== undefined) begun[type] = beginProbe(type, probe, program, moments);
  }
  return begun;
}

/** A probe stands like this now. Once the startup probe has succeeded, the others begin. */
export function probed(run: Running, type: ProbeType, state: ProbeState, { container, program, at }: Probed): Running {
  const isUp = type === "startup" && state.verdict;
  const begun = isUp ? begunProbes(afterStart, container, program, { startedAt: run.startedAt, from: at }) : {};
  return { ...run, probes: { ...run.probes, ...begun, [type]: state } };
}

export interface Probed {
  readonly container: Container;
  readonly program: Program;
  readonly at: Instant;
}

export function endRun(run: Running, { at, exitCode, reason, message, unhealthy }: End): Terminated {
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
    ...(unhealthy === undefined ? {} : { unhealthy }),
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
export function stopRun(run: Running, container: Container, at: Instant, deadline: Instant, why: Pick<End, "unhealthy"> = {}): Running {
  const preStop = (container.lifecycle?.preStop?.sleep?.seconds ?? 0) * 1000;
  const willing = plus(at, preStop + run.stopsWithin);
  const stopped: End =
    willing <= deadline ? { at: willing, exitCode: run.stopExitCode, ...why } : { at: deadline, exitCode: killed, ...why };
  const ends = run.ends !== undefined && run.ends.at <= stopped.at ? run.ends : stopped;
  return { ...run, stopping: true, ends };
}

/** 128 and the number of SIGKILL. */
export const killed = 137;

export const isStarted = (run: ContainerRun | undefined): boolean => run?.kind === "running" && run.probes.startup?.verdict !== false;

export const isReady = (run: ContainerRun | undefined): boolean =>
  run?.kind === "running" && isStarted(run) && run.probes.readiness?.verdict !== false;
