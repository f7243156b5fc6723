import { evictionMessage, type EvictionCandidate, inOrderOfEviction, isCriticalPod, type Node, type Pod, podQosClass } from "@kubets/api";
import type { EventRecorder } from "@kubets/client";
import type { PodSandboxStats, RuntimeService } from "@kubets/container-runtime";
import { type Clock, type Logger, sleep, type Tasks } from "@kubets/machinery";
import { containerNameLabel } from "../containers/labels.ts";
import { type Layout, podDirectory, podLogDirectory } from "../layout.ts";
import type { PodWorkers } from "../pod-worker/pod-workers.ts";
import type { PodWorkerState, Rejection } from "../pod-worker/state.ts";
import { repeat } from "../repeat.ts";
import type { NodeSystem } from "../system.ts";
import { assess, leastOf, noPressure, type Observations } from "./assess.ts";
import { type EvictionPlan, type NodePressure, pressureOf, resourceOf, type Threshold } from "./thresholds.ts";

export interface EvictionOptions {
  readonly plan: EvictionPlan;
  readonly runtime: RuntimeService;
  readonly system: Pick<NodeSystem, "files" | "machine">;
  readonly layout: Layout;
  readonly workers: () => PodWorkers;
  readonly recorder: EventRecorder;
  readonly node: () => Node | undefined;
  /** Frees what nobody uses of the disk: images that no container has. */
  readonly reclaimDisk: () => Promise<void>;
  readonly clock: Clock;
  readonly tasks: Tasks;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Keeps a node from running out of what its Pods share: by telling that it is short of it, and by ending Pods. */
export interface Eviction {
  readonly pressures: ReadonlySet<NodePressure>;
  /** Why a new Pod isn't taken while the node is under pressure. */
  refusalOf(pod: Pod): Rejection | undefined;
  /** Begins to watch. */
  start(): void;
}

const interval = 10_000;
/** A Pod that was evicted must be gone before another one is looked for. */
const goneEvery = 500;
const goneTries = 60;

export function createEviction(options: EvictionOptions): Eviction {
  const { plan, system, workers, recorder, node, reclaimDisk, clock, tasks, logger, signal } = options;
  let memory = noPressure;
  let pressures: ReadonlySet<NodePressure> = new Set();

  const observe = async (): Promise<ReturnType<typeof assess>> => {
    const assessment = assess(plan, await observations(system), memory, clock.now());
    ({ memory, pressures } = assessment);
    return assessment;
  };
  const look = async (): Promise<void> => {
    let { due } = await observe();
    if (due === undefined) return;
    const about = node();
    const resource = resourceOf(due.threshold.signal);
    const attempt = `Attempting to reclaim ${resource}`;
    if (about !== undefined)
      recorder.record({ about, type: "Warning", reason: "EvictionThresholdMet", message: attempt, component: "kubelet" });
    if (pressureOf(due.threshold.signal) === "DiskPressure") {
      await reclaimDisk();
      ({ due } = await observe());
      if (due === undefined) return;
    }
    const candidates = await candidatesFor(due.threshold, options);
    const [first] = inOrderOfEviction(candidates, resource);
    if (first === undefined) return logger.warn("Node is short of a resource, and no Pod can be evicted", { resource });
    const { uid, name, namespace } = first.pod.metadata;
    logger.warn("Pod evicted", { pod: `${namespace}/${name}`, resource, available: due.observation.available });
    const asked = first.pod.spec.terminationGracePeriodSeconds;
    const graceSeconds = due.threshold.grace === undefined ? 0 : Math.min(plan.longestGraceSeconds, asked);
    const { available } = due.observation;
    const message = evictionMessage({ resource, threshold: leastOf(due.threshold, due.observation), available }, first);
    workers().dispatch(uid, { kind: "evicted", message, graceSeconds });
    for (let tries = 0; tries < goneTries && isThere(workers().stateOf(uid)); tries++) await sleep(clock, goneEvery, signal);
  };

  return {
    get pressures() {
      return pressures;
    },
    refusalOf: (pod) => refusalUnder(pressures, pod),
    start: () => repeat(look, { name: "kubelet eviction", failure: "Node not looked at", interval, clock, tasks, logger, signal }),
  };
}

/** Pods of no guarantee are kept away from a node that is short of memory; of a disk or of numbers for processes, all are. */
export function refusalUnder(pressures: ReadonlySet<NodePressure>, pod: Pod): Rejection | undefined {
  if (pressures.size === 0 || isCriticalPod(pod)) return undefined;
  if (pressures.size === 1 && pressures.has("MemoryPressure")) {
    const tolerates = (pod.spec.tolerations ?? []).some(
      ({ key = "", operator = "Equal", effect = "" }) =>
        (key === memoryTaint || (key === "" && operator === "Exists")) && (effect === "" || effect === "NoSchedule"),
    );
    if (podQosClass(pod) !== "BestEffort" || tolerates) return undefined;
  }
  return { reason: "Evicted", message: `Pod was rejected: The node had condition: [${[...pressures].join(" ")}]. ` };
}

const memoryTaint = "node.kubernetes.io/memory-pressure";

function isThere(state: PodWorkerState | undefined): boolean {
  return state !== undefined && (state.sandbox.kind === "ready" || state.sandbox.kind === "starting" || state.sandbox.kind === "stopping");
}

async function observations({ machine }: Pick<NodeSystem, "machine">): Promise<Observations> {
  const [facts, now] = await Promise.all([machine.facts(), machine.available()]);
  return {
    "memory.available": { available: now.memoryBytes, capacity: facts.memoryBytes },
    "nodefs.available": { available: now.storageBytes, capacity: facts.storageBytes },
    // Filesystems that make inodes as they go have none to count.
    ...(now.storageInodes > 0 ? { "nodefs.inodesFree": { available: now.storageInodesFree, capacity: now.storageInodes } } : {}),
    "pid.available": { available: now.pids, capacity: facts.pidLimit },
  };
}

/** The Pods that run, with what they use of what runs out. */
async function candidatesFor(
  { signal: about }: Threshold,
  { runtime, system: { files }, layout, workers, signal }: EvictionOptions,
): Promise<readonly EvictionCandidate[]> {
  const stats = new Map((await runtime.listPodSandboxStats({}, { signal })).map((each) => [each.uid, each]));
  const running = workers()
    .all()
    .filter(
      ({ sandbox, ending, rejection, isGone }) => sandbox.kind === "ready" && ending === undefined && rejection === undefined && !isGone,
    );
  const isDisk = pressureOf(about) === "DiskPressure";
  return Promise.all(
    running.map(async ({ pod }) => {
      const ofPod = stats.get(pod.metadata.uid);
      const containers = (ofPod?.containers ?? []).map((each) => ({
        name: each.labels[containerNameLabel] ?? each.name,
        usage: usageOf(each, isDisk),
      }));
      const files_ = isDisk ? [`${podDirectory(layout, pod.metadata.uid)}/volumes`, podLogDirectory(layout, pod)] : [];
      const inFiles = (await Promise.all(files_.map((path) => files.usage(path)))).reduce((sum, bytes) => sum + bytes, 0);
      const whole =
        about === "pid.available" ? (ofPod?.processCount ?? 0) : inFiles + containers.reduce((sum, { usage }) => sum + usage, 0);
      return { pod, usage: whole, containers };
    }),
  );
}

function usageOf({ memory, writableLayer }: PodSandboxStats["containers"][number], isDisk: boolean): number {
  return isDisk ? (writableLayer?.usedBytes ?? 0) : (memory?.workingSetBytes ?? 0);
}
