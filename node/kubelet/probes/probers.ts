import { type Container, type Pod, type Probe } from "@kubets/api";
import type { EventRecorder } from "@kubets/client";
import type { ContainerId, RuntimeService } from "@kubets/container-runtime";
import { type Clock, type Logger, type Random, sleep, type Task, type Tasks } from "@kubets/machinery";
import { fieldPathOf } from "../pod-worker/field-path.ts";
import type { PodEvent, ProbeType } from "../pod-worker/events.ts";
import { allContainers, type PodWorkerState, type Running } from "../pod-worker/state.ts";
import type { NodeNetwork } from "../system.ts";
import { firstOutlook, type ProbeOutlook, judge } from "./judge.ts";
import { runProbe } from "./run-probe.ts";

export interface ProbersOptions {
  readonly runtime: RuntimeService;
  readonly network: NodeNetwork;
  readonly recorder: EventRecorder;
  readonly dispatch: (uid: string, event: PodEvent) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly tasks: Tasks;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** The probes of all running containers. */
export interface Probers {
  /** Starts and ends probes so that they fit what runs of the Pod. */
  follow(state: PodWorkerState): void;
  forget(uid: string): void;
}

interface Prober {
  readonly id: ContainerId;
  readonly end: AbortController;
  state: PodWorkerState;
}

const types = ["startup", "liveness", "readiness"] as const;

export function startProbers(options: ProbersOptions): Probers {
  const probers = new Map<string, Prober>();
  const endAll = (uid: string, isKept: (key: string, prober: Prober) => boolean): void => {
    for (const [key, prober] of probers) {
      if (!key.startsWith(`${uid}/`) || isKept(key, prober)) continue;
      probers.delete(key);
      prober.end.abort(new Error("The probe is over"));
    }
  };
  options.signal.addEventListener("abort", () => probers.forEach(({ end }) => end.abort(options.signal.reason)), { once: true });

  return {
    follow(state) {
      const { uid } = state.pod.metadata;
      const wanted = new Map<
        string,
        { readonly container: Container; readonly run: Running; readonly type: ProbeType; readonly probe: Probe }
      >();
      for (const container of allContainers(state.pod)) {
        const run = state.runs[container.name];
        if (run?.kind !== "running") continue;
        for (const type of types) {
          const probe = probeOf(container, type);
          if (probe === undefined || !isDue(type, run, state)) continue;
          wanted.set(`${uid}/${container.name}/${type}`, { container, run, type, probe });
        }
      }
      endAll(uid, (key, { id }) => wanted.get(key)?.run.id === id);
      for (const [key, { container, run, type, probe }] of wanted) {
        const known = probers.get(key);
        if (known !== undefined) known.state = state;
        else {
          const prober: Prober = { id: run.id, end: new AbortController(), state };
          probers.set(key, prober);
          keepProbing(prober, { container, type, probe, startedAt: run.startedAt }, options);
        }
      }
    },
    forget: (uid) => endAll(uid, () => false),
  };
}

/** A startup probe until the container is up, the others from then on; readiness is asked for until the very end. */
function isDue(type: ProbeType, run: Running, { ending }: PodWorkerState): boolean {
  switch (type) {
    case "startup":
      return !run.isStarted && run.postStart === "done" && run.stopBy === undefined && ending === undefined;
    case "liveness":
      return run.isStarted && run.stopBy === undefined && ending === undefined;
    case "readiness":
      return run.isStarted && run.stopBy === undefined;
  }
}

function probeOf(container: Container, type: ProbeType): Probe | undefined {
  switch (type) {
    case "startup":
      return container.startupProbe;
    case "liveness":
      return container.livenessProbe;
    case "readiness":
      return container.readinessProbe;
  }
}

interface Probing {
  readonly container: Container;
  readonly type: ProbeType;
  readonly probe: Probe;
  readonly startedAt: number;
}

function keepProbing(
  prober: Prober,
  { container, type, probe, startedAt }: Probing,
  { runtime, network, recorder, dispatch, clock, tasks, logger }: ProbersOptions,
): void {
  const { signal } = prober.end;
  const tell = (pod: Pod, reason: "Unhealthy" | "ProbeWarning", message: string): void =>
    recorder.record({
      about: pod,
      type: "Warning",
      reason,
      message,
      component: "kubelet",
      fieldPath: fieldPathOf(pod, container.name),
    });
  tasks.start(`kubelet ${type} probe`, async (task: Task) => {
    try {
      const delay = startedAt + (probe.initialDelaySeconds ?? 0) * 1000 - clock.now();
      if (delay > 0) await task.idle(sleep(clock, delay, signal));
      for (let outlook: ProbeOutlook = firstOutlook; !signal.aborted;) {
        const { pod, sandbox, nodeAddress } = prober.state;
        const podIP = sandbox.kind === "ready" ? (sandbox.ips[0] ?? nodeAddress) : nodeAddress;
        const result = await runProbe(probe, { container, id: prober.id, podIP }, { runtime, network });
        if (signal.aborted) return;
        const title = `${type[0]!.toUpperCase()}${type.slice(1)}`;
        if (!result.healthy) tell(pod, "Unhealthy", `${title} probe failed: ${result.message}`);
        else if (result.warning !== undefined) tell(pod, "ProbeWarning", `${title} probe warning: ${result.warning}`);
        const judged = judge(outlook, result.healthy, probe);
        outlook = judged.next;
        if (judged.verdict !== undefined)
          dispatch(pod.metadata.uid, { kind: "probed", container: container.name, id: prober.id, probe: type, healthy: judged.verdict });
        await task.idle(sleep(clock, probe.periodSeconds * 1000, signal));
      }
    } catch (error) {
      if (!signal.aborted) logger.error("Probe ended", { container: container.name, probe: type, error });
    }
  });
}
