import type { Container, Pod } from "@kubets/api";
import { formatDuration, type Instant } from "@kubets/machinery";
import type { ContainerExited, ImageFailure } from "./events.ts";
import type { ContainerRun, Pulling, Running, Starting, Terminated, Waiting } from "./state.ts";

/** The first restart is at once, the next after ten seconds, then twice as long each time, up to five minutes. */
const firstDelay = 10_000;
const longestDelay = 300_000;
/** Whoever ran this long is no longer in a crash loop. */
const longRun = 600_000;
/** 128 and the number of SIGKILL. */
const killed = 137;

export function firstWait(reason: string): Waiting {
  return { kind: "waiting", reason, restarts: 0, crashDelay: 0 };
}

export function pull({ restarts, last, crashDelay, pullDelay }: Waiting): Pulling {
  return { kind: "pulling", restarts, crashDelay, ...keep({ last, pullDelay }) };
}

export function start({ restarts, last, crashDelay }: Pulling, imageRef: string): Starting {
  return { kind: "starting", imageRef, isIssued: false, restarts, crashDelay, ...keep({ last }) };
}

/** The image could not be had. It is tried again after ten seconds, then twice as long each time, up to five minutes. */
export function waitForImage(
  run: Pulling,
  { image = "" }: Pick<Container, "image">,
  failure: { readonly reason: ImageFailure; readonly message: string },
  now: Instant,
): Waiting {
  const { restarts, last, crashDelay, pullDelay } = run;
  const delay = pullDelay === undefined ? firstDelay : Math.min(pullDelay * 2, longestDelay);
  const backsOff = failure.reason === "ErrImagePull" && pullDelay !== undefined;
  const shown = backsOff
    ? { reason: "ImagePullBackOff", message: `Back-off pulling image ${JSON.stringify(image)}: ErrImagePull: ${failure.message}` }
    : failure;
  return { kind: "waiting", ...shown, retryAt: plus(now, delay), pullDelay: delay, restarts, crashDelay, ...keep({ last }) };
}

/** It could not be created or started, for want of something that may come. */
export function waitForStart(run: Starting, failure: { readonly reason: string; readonly message: string }, now: Instant): Waiting {
  const { restarts, last } = run;
  const crashDelay = run.crashDelay;
  const retry = failure.reason === "RunContainerError" ? nextDelay(crashDelay) : crashDelay;
  return {
    kind: "waiting",
    ...failure,
    retryAt: plus(now, Math.max(retry, firstDelay)),
    restarts,
    crashDelay: retry,
    ...keep({ last }),
  };
}

export function runSince(
  run: Starting,
  { id, startedAt, resources }: Pick<Running, "id" | "startedAt" | "resources">,
  hasHook: boolean,
): Running {
  const { restarts, last, crashDelay, imageRef } = run;
  return {
    kind: "running",
    id,
    imageRef,
    startedAt,
    resources,
    isStarted: false,
    isReady: false,
    postStart: hasHook ? "running" : "done",
    restarts,
    crashDelay,
    ...keep({ last }),
  };
}

export function endRun(
  run: Running,
  { exitCode, reason, message, startedAt, finishedAt, id }: Omit<ContainerExited, "kind" | "container">,
): Terminated {
  const began = startedAt ?? run.startedAt;
  return {
    kind: "terminated",
    id,
    imageRef: run.imageRef,
    exitCode,
    reason: reason === "" ? (exitCode === 0 ? "Completed" : "Error") : reason,
    startedAt: began,
    finishedAt,
    restarts: run.restarts,
    crashDelay: finishedAt - began >= longRun ? 0 : run.crashDelay,
    ...keep({ message: message === "" ? undefined : message, last: run.last }),
  };
}

/** Waits for its next run. */
export function again(run: Terminated, { name }: Container, { metadata }: Pod): Waiting {
  const { last: _, ...last } = run;
  const pod = `${metadata.name}_${metadata.namespace}(${metadata.uid})`;
  return {
    kind: "waiting",
    reason: "CrashLoopBackOff",
    message: `back-off ${formatDuration(BigInt(run.crashDelay) * 1_000_000n)} restarting failed container=${name} pod=${pod}`,
    retryAt: plus(run.finishedAt, run.crashDelay),
    restarts: run.restarts + 1,
    crashDelay: nextDelay(run.crashDelay),
    last,
  };
}

/** What never ran when its Pod ended; what ran before shows how that went. */
export function neverStarted(run: Waiting | Pulling | Starting | undefined, at: Instant): Terminated {
  if (run?.last !== undefined) return run.last;
  return {
    kind: "terminated",
    imageRef: "",
    exitCode: killed,
    reason: "ContainerStatusUnknown",
    message: "The container could not be located when the pod was terminated",
    finishedAt: at,
    restarts: run?.restarts ?? 0,
    crashDelay: 0,
  };
}

/** Its sandbox, and it in there, is gone, and nobody saw how it ended. */
export function lostRun(run: Running | Starting, at: Instant): Terminated {
  return {
    kind: "terminated",
    imageRef: run.imageRef,
    exitCode: killed,
    reason: "ContainerStatusUnknown",
    message: "The container could not be located when the pod was deleted.  The container used to be Running",
    finishedAt: at,
    restarts: run.restarts,
    crashDelay: run.crashDelay,
    ...(run.kind === "running" ? { id: run.id, startedAt: run.startedAt } : {}),
    ...keep({ last: run.last }),
  };
}

export function isDue(run: ContainerRun, now: Instant): boolean {
  return run.kind === "waiting" && (run.retryAt === undefined || run.retryAt <= now);
}

export function nextDelay(delay: number): number {
  return delay === 0 ? firstDelay : Math.min(delay * 2, longestDelay);
}

export function plus(instant: Instant, milliseconds: number): Instant {
  return (instant + milliseconds) as Instant;
}

/** The entries that have a value. */
export function keep<T extends object>(fields: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>;
  };
}
