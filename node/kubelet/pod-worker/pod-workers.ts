import { type Pod, PodKind, type PodStatus } from "@kubets/api";
import type { Client, EventRecorder } from "@kubets/client";
import { type Clock, type Instant, isStatus, type Logger, sleep, type Tasks, type Timer } from "@kubets/machinery";
import { podStatus } from "../status/pod-status.ts";
import { sameStatus, statusPatch } from "../status/same-status.ts";
import { adopt, nothingRuns, type RuntimePod } from "./adopt.ts";
import type { PodEffect, PodEvent } from "./events.ts";
import { fieldPathOf } from "./field-path.ts";
import type { PodOperation } from "./perform.ts";
import type { PodWorkerState, Rejection } from "./state.ts";
import { step } from "./step.ts";

export interface PodWorkersOptions {
  readonly client: Client;
  readonly recorder: EventRecorder;
  readonly clock: Clock;
  readonly tasks: Tasks;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly nodeAddress: string;
  /** The object of the API whose status tells of the Pod; `undefined` where there is none yet. A Pod of the API tells of itself. */
  readonly shownAs: (pod: Pod) => Pod | undefined;
  readonly perform: (uid: string, operation: PodOperation) => void;
  /** Why a new Pod can't run here. */
  readonly refuse: (pod: Pod) => Rejection | undefined;
  /** Called after every step. */
  readonly onStep: (state: PodWorkerState) => void;
  /** The Pod is no more, and nothing of it is left. */
  readonly onForget: (state: PodWorkerState) => void;
}

/** A worker for each Pod that is, or was, bound to this node. */
export interface PodWorkers {
  /** What the API shows. `runtime`: what is there of it already. */
  observe(pod: Pod, runtime?: RuntimePod): void;
  gone(uid: string): void;
  dispatch(uid: string, event: PodEvent): void;
  /** Records an event about the Pod, after a status of it that is being written: more depends on that. */
  tell(uid: string, event: Omit<Telling, "kind">): void;
  stateOf(uid: string): PodWorkerState | undefined;
  find(namespace: string, name: string): PodWorkerState | undefined;
  all(): readonly PodWorkerState[];
  /** Calls `listener` after every step of a Pod, and a last time, with nothing, when it is forgotten. */
  onChange(uid: string, listener: (state: PodWorkerState | undefined) => void): Disposable;
}

type Telling = Extract<PodEffect, { readonly kind: "tell" }>;

interface Worker {
  state: PodWorkerState;
  /** To be recorded after the status. */
  told: Omit<Telling, "kind">[];
  timer?: Timer;
  isReporting: boolean;
  reportsAgain: boolean;
  removal: "none" | "asked";
}

const retryDelays = [100, 500, 1000, 2000, 5000, 10_000] as const;

export function createPodWorkers(options: PodWorkersOptions): PodWorkers {
  const { client, recorder, clock, tasks, logger, signal, nodeAddress, shownAs, perform, refuse, onStep, onForget } = options;
  const workers = new Map<string, Worker>();
  const listeners = new Map<string, Set<(state: PodWorkerState | undefined) => void>>();

  const dispatch = (uid: string, event: PodEvent): void => {
    const worker = workers.get(uid);
    if (worker === undefined || signal.aborted) return;
    const { next, effects } = step(worker.state, event, clock.now());
    worker.state = next;
    worker.timer?.[Symbol.dispose]();
    delete worker.timer;
    onStep(next);
    listeners.get(uid)?.forEach((listener) => listener(next));
    for (const effect of effects) if (effect.kind !== "tell") carryOut(uid, worker, effect);
    for (const effect of effects) if (effect.kind === "tell") tell(worker, effect);
    if (next.isGone && next.sandbox.kind === "discarded") {
      workers.delete(uid);
      onForget(next);
      listeners.get(uid)?.forEach((listener) => listener(undefined));
    }
  };

  const carryOut = (uid: string, worker: Worker, effect: Exclude<PodEffect, Telling>): void => {
    switch (effect.kind) {
      case "report":
        return report(uid, worker);
      case "remove":
        return remove(worker);
      case "wake":
        worker.timer = clock.after(effect.at - clock.now(), () => dispatch(uid, { kind: "time" }));
        return;
      default:
        return perform(uid, effect);
    }
  };

  const tell = (worker: Worker, event: Omit<Telling, "kind">): void => {
    worker.told.push(event);
    if (!worker.isReporting) recordTold(worker);
  };
  const recordTold = (worker: Worker): void => {
    for (const event of worker.told.splice(0)) record(worker.state, event);
  };
  const record = (state: PodWorkerState, { type, reason, message, container }: Omit<Telling, "kind">): void =>
    recorder.record({
      about: state.pod,
      type,
      reason,
      message,
      component: "kubelet",
      ...(container === undefined ? {} : { fieldPath: fieldPathOf(state.pod, container) }),
    });

  const clientFor = ({ metadata: { namespace, name, resourceVersion } }: Pod): ReturnType<typeof podsOf> =>
    podsOf(client.because({ actor: "kubelet", object: `pods/${namespace}/${name}`, revision: Number(resourceVersion) }), namespace!);

  // One write at a time for each Pod: what changes meanwhile goes into the next one.
  const report = (uid: string, worker: Worker): void => {
    // As soon as there is an object to tell it by, the Pod is observed with that, and this is asked for again.
    if (shownAs(worker.state.pod) === undefined) return;
    worker.reportsAgain = true;
    if (worker.isReporting) return;
    worker.isReporting = true;
    tasks.start("kubelet pod status", async (task) => {
      for (let failures = 0; worker.reportsAgain && !signal.aborted;) {
        worker.reportsAgain = false;
        const { pod } = worker.state;
        const status = statusToReport(worker.state, clock.now());
        const shown = shownAs(pod);
        if (status === undefined || shown === undefined) break;
        try {
          const patch = statusPatch(status, pod.status, shown.metadata.uid);
          const written = await clientFor(pod).patch(pod.metadata.name, patch, { type: "strategic", subresource: "status", signal });
          failures = 0;
          accept(uid, worker, shown === pod ? written : withStatusOf(pod, written));
          recordTold(worker);
        } catch (error) {
          if (signal.aborted) break;
          if (isStatus(error, "NotFound", "Conflict")) break;
          recordTold(worker);
          logger.warn("Status of a Pod not written", { pod: `${pod.metadata.namespace}/${pod.metadata.name}`, error });
          worker.reportsAgain = true;
          await task.idle(sleep(clock, retryDelays[Math.min(failures++, retryDelays.length - 1)]!, signal)).catch(() => {});
        }
      }
      worker.isReporting = false;
      recordTold(worker);
      dispatch(uid, { kind: "time" });
    });
  };

  const accept = (uid: string, worker: Worker, pod: Pod): void => {
    if (pod.metadata.uid !== uid || revisionOf(pod) <= revisionOf(worker.state.pod)) return;
    dispatch(uid, { kind: "observed", pod });
  };

  const remove = (worker: Worker): void => {
    if (worker.removal === "asked") return;
    worker.removal = "asked";
    const { pod } = worker.state;
    const { uid, name } = pod.metadata;
    tasks.start("kubelet pod removal", async (task) => {
      for (let failures = 0; !signal.aborted; failures++) {
        try {
          await clientFor(pod).delete(name, { gracePeriodSeconds: 0, preconditions: { uid }, signal });
          return;
        } catch (error) {
          if (signal.aborted || isStatus(error, "NotFound", "Conflict")) return;
          logger.warn("Pod not removed", { pod: `${pod.metadata.namespace}/${name}`, error });
          await task.idle(sleep(clock, retryDelays[Math.min(failures, retryDelays.length - 1)]!, signal)).catch(() => {});
        }
      }
    });
  };

  return {
    dispatch,
    observe(pod, runtime = nothingRuns) {
      const { uid } = pod.metadata;
      const known = workers.get(uid);
      if (known !== undefined) return accept(uid, known, pod);
      const state = adopt(pod, runtime, { nodeAddress, now: clock.now() });
      const isNew = state.sandbox.kind === "absent" && pod.status.startTime === undefined && pod.metadata.deletionTimestamp === undefined;
      const refusal = isNew ? refuse(pod) : undefined;
      workers.set(uid, { state, told: [], isReporting: false, reportsAgain: false, removal: "none" });
      if (refusal !== undefined) dispatch(uid, { kind: "rejected", ...refusal });
      else dispatch(uid, { kind: "observed", pod });
    },
    tell(uid, event) {
      const worker = workers.get(uid);
      if (worker !== undefined) tell(worker, event);
    },
    gone: (uid) => dispatch(uid, { kind: "gone" }),
    stateOf: (uid) => workers.get(uid)?.state,
    find(namespace, name) {
      const found = [...workers.values()].filter(
        ({ state: { pod } }) => pod.metadata.name === name && pod.metadata.namespace === namespace,
      );
      return (found.find(({ state }) => !state.isGone) ?? found[0])?.state;
    },
    all: () => [...workers.values()].map(({ state }) => state),
    onChange(uid, listener) {
      const ofPod = listeners.get(uid) ?? new Set();
      listeners.set(uid, ofPod.add(listener));
      return {
        [Symbol.dispose]() {
          ofPod.delete(listener);
          if (ofPod.size === 0) listeners.delete(uid);
        },
      };
    },
  };
}

function podsOf(client: Client, namespace: string): ReturnType<ReturnType<typeof client.resource<Pod>>["in"]> {
  return client.resource(PodKind).in(namespace);
}

/** A Pod that the API only mirrors, with what is written there of it. */
export function withStatusOf(pod: Pod, { metadata: { resourceVersion = "0" }, status }: Pod): Pod {
  return { ...pod, metadata: { ...pod.metadata, resourceVersion }, status };
}

function statusToReport(state: PodWorkerState, now: Instant): PodStatus | undefined {
  if (state.isGone) return undefined;
  const status = podStatus(state, now);
  return sameStatus(status, state.pod.status) ? undefined : status;
}

function revisionOf({ metadata }: Pod): number {
  return Number(metadata.resourceVersion);
}
