import { isSidecar, type Pod, podQosClass, type PodStatus } from "@kubets/api";
import { formatTime, type Instant } from "@kubets/machinery";
import {
  allContainers,
  type ContainerRun,
  failedInit,
  isEphemeral,
  isFinished,
  isInit,
  isInitialized,
  isSuccess,
  isUnderWay,
  type PodWorkerState,
} from "../pod-worker/state.ts";
import { conditionsOf } from "./conditions.ts";
import { containerStatus } from "./container-status.ts";

/** The status that the kubelet reports of a Pod. What others have written into it stays. */
export function podStatus(state: PodWorkerState, now: Instant): PodStatus {
  const { pod, startedAt, nodeAddress, rejection, ending } = state;
  const { metadata, status: previous } = pod;
  const generation = metadata.generation === undefined ? {} : { observedGeneration: metadata.generation };
  const qosClass = previous.qosClass ?? podQosClass(pod);
  if (rejection !== undefined)
    return { ...previous, ...generation, phase: "Failed", ...rejection, startTime: formatTime(startedAt), qosClass };
  const phase = podPhase(state);
  const init = pod.spec.initContainers ?? [];
  const ephemeral = pod.spec.ephemeralContainers ?? [];
  const ips = podAddresses(state);
  return {
    ...previous,
    ...generation,
    phase,
    ...(ending?.why === "deadline" ? deadlineExceeded : {}),
    ...(ending?.why === "evicted" ? { reason: "Evicted", message: ending.message } : {}),
    conditions: conditionsOf(state, phase, now),
    hostIP: nodeAddress,
    hostIPs: [{ ip: nodeAddress }],
    ...(ips.length === 0 ? {} : { podIP: ips[0]!, podIPs: ips.map((ip) => ({ ip })) }),
    startTime: formatTime(startedAt),
    qosClass,
    ...(init.length === 0 ? {} : { initContainerStatuses: init.map((container) => containerStatus(state, container)) }),
    containerStatuses: pod.spec.containers.map((container) => containerStatus(state, container)),
    ...(ephemeral.length === 0 ? {} : { ephemeralContainerStatuses: ephemeral.map((container) => containerStatus(state, container)) }),
  };
}

const deadlineExceeded = { reason: "DeadlineExceeded", message: "Pod was active on the node longer than the specified deadline" };

/** The addresses of the sandbox, or, when it is no more, those that it had. */
function podAddresses({ sandbox, pod, nodeAddress }: PodWorkerState): readonly string[] {
  if (sandbox.kind === "ready") return pod.spec.hostNetwork === true ? [nodeAddress] : sandbox.ips;
  return (pod.status.podIPs ?? []).map(({ ip }) => ip);
}

/** From the states of the containers alone, as long as the Pod is not at its end. */
export function podPhase(state: PodWorkerState): PodStatus["phase"] {
  const { pod, runs, ending } = state;
  const { containers, initContainers = [], restartPolicy } = pod.spec;
  const mine = allContainers(pod).filter((container) => !isEphemeral(pod, container));
  const someRun = mine.some(({ name }) => isUnderWay(runs[name]));
  // A phase that is final stays.
  if (pod.status.phase === "Failed" || pod.status.phase === "Succeeded") return pod.status.phase;
  if (failedInit(state) !== undefined && !initContainers.some(({ name }) => isUnderWay(runs[name]))) return "Failed";
  if ((isFinished(state) || ending !== undefined) && !someRun) {
    if (ending?.why === "deadline" || ending?.why === "evicted") return "Failed";
    const ended = containers.map(({ name }) => runs[name]);
    if (ended.every(isSuccess)) return "Succeeded";
    return ended.every((run) => run?.kind === "terminated") ? "Failed" : "Pending";
  }
  if (!isInitialized(state)) return "Pending";
  if (containers.some(({ name }) => hasNeverRun(runs[name]))) return "Pending";
  const someMain = containers.some(({ name }) => isUnderWay(runs[name]));
  if (someMain || restartPolicy !== "Never") return "Running";
  return initContainers.some((each) => isSidecar(each) && isInit(pod, each) && isUnderWay(runs[each.name])) ? "Running" : "Failed";
}

function hasNeverRun(run: ContainerRun | undefined): boolean {
  return run === undefined || (run.kind !== "running" && run.kind !== "terminated" && run.last === undefined);
}

/** Whether the Pod's end stands in its status: nothing of it will run again. */
export function isOver({ status }: Pod): boolean {
  return status.phase === "Failed" || status.phase === "Succeeded";
}
