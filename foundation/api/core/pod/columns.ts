import { type Column, humanDuration, type Instant, parseTime } from "@kubets/machinery";
import { ageColumn, nameColumn } from "../../columns.ts";
import { findPodCondition, isPodReady, isPodTerminal } from "./conditions.ts";
import type { ContainerStatus } from "./container-status.ts";
import type { Pod } from "./pod.ts";
import { isSidecar } from "./sidecars.ts";

/** What a table shows of a Pod. */
export const podColumns: readonly Column<Pod>[] = [
  nameColumn,
  { name: "Ready", type: "string", doc: "How many containers and sidecars are ready, of how many.", cell: (pod) => summarize(pod).ready },
  { name: "Status", type: "string", doc: "Where in its life the Pod is, and what keeps it there.", cell: (pod) => summarize(pod).status },
  {
    name: "Restarts",
    type: "string",
    doc: "How often containers were restarted, and how long ago the last time was.",
    cell: (pod, now) => restarts(summarize(pod), now),
  },
  ageColumn,
  { name: "IP", type: "string", priority: 1, doc: "IP of the Pod.", cell: ({ status }) => orNone(status.podIPs?.[0]?.ip) },
  { name: "Node", type: "string", priority: 1, doc: "Node that the Pod is placed on.", cell: ({ spec }) => orNone(spec.nodeName) },
  {
    name: "Nominated Node",
    type: "string",
    priority: 1,
    doc: "Node on which the Pod is expected to be placed.",
    cell: ({ status }) => orNone(status.nominatedNodeName),
  },
  { name: "Readiness Gates", type: "string", priority: 1, doc: "How many readiness gates hold, of how many.", cell: readinessGates },
];

function orNone(text: string | undefined): string {
  return text === undefined || text === "" ? "<none>" : text;
}

function readinessGates(pod: Pod): string {
  const gates = pod.spec.readinessGates ?? [];
  if (gates.length === 0) return "<none>";
  const holding = gates.filter(({ conditionType }) => findPodCondition(pod, conditionType)?.status === "True");
  return `${holding.length}/${gates.length}`;
}

interface Summary {
  readonly ready: string;
  readonly status: string;
  readonly restarts: number;
  /** When the container that was restarted last had ended. */
  readonly lastRestart: Instant | undefined;
}

/** One word for the Pod's state, and the counts that go with it. */
function summarize(pod: Pod): Summary {
  const starting = initialization(pod);
  const isStarting = starting.status !== undefined && findPodCondition(pod, "Initialized")?.status !== "True";
  const sidecars = new Set((pod.spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name));
  const initStatuses = pod.status.initContainerStatuses ?? [];
  const statuses = isStarting ? [] : (pod.status.containerStatuses ?? []);
  // While the Pod is starting, what its init containers do is of interest; then its containers and sidecars.
  const counted = isStarting ? initStatuses : [...initStatuses.filter(({ name }) => sidecars.has(name)), ...statuses];
  const ready = starting.readySidecars + statuses.filter(isReadyAndRunning).length;
  const status = statusOfContainers(pod, statuses) ?? starting.status ?? initialStatus(pod);
  return {
    ready: `${ready}/${pod.spec.containers.length + sidecars.size}`,
    status: statusInDeletion(pod) ?? status,
    restarts: counted.reduce((sum, { restartCount }) => sum + restartCount, 0),
    lastRestart: latest(counted.map(({ lastState }) => lastState.terminated?.finishedAt)),
  };
}

function initialStatus(pod: Pod): string {
  const scheduled = findPodCondition(pod, "PodScheduled");
  if (scheduled?.reason === "SchedulingGated") return "SchedulingGated";
  return pod.status.reason || pod.status.phase;
}

/** What the first init container that holds the others up says; `undefined` when none does. */
function initialization({ spec, status }: Pod): { readonly status: string | undefined; readonly readySidecars: number } {
  const initContainers = new Map((spec.initContainers ?? []).map((container) => [container.name, container]));
  let readySidecars = 0;
  for (const [index, each] of (status.initContainerStatuses ?? []).entries()) {
    const { terminated, waiting } = each.state;
    if (terminated?.exitCode === 0) continue;
    const container = initContainers.get(each.name);
    if (container !== undefined && isSidecar(container) && each.started === true) {
      if (each.ready) readySidecars++;
      continue;
    }
    if (terminated !== undefined) return { status: `Init:${reasonOfEnd(terminated)}`, readySidecars };
    const reason = waiting?.reason ?? "";
    const held = reason !== "" && reason !== "PodInitializing" ? reason : `${index}/${initContainers.size}`;
    return { status: `Init:${held}`, readySidecars };
  }
  return { status: undefined, readySidecars };
}

type Terminated = NonNullable<ContainerStatus["state"]["terminated"]>;

function reasonOfEnd({ reason, signal, exitCode }: Terminated): string {
  if (reason !== undefined && reason !== "") return reason;
  return signal !== undefined && signal !== 0 ? `Signal:${signal}` : `ExitCode:${exitCode}`;
}

/** What the first container that waits or has ended says; `undefined` when all are well. */
function statusOfContainers(pod: Pod, statuses: readonly ContainerStatus[]): string | undefined {
  const reasons = statuses.flatMap(({ state }) => {
    if (state.waiting !== undefined && (state.waiting.reason ?? "") !== "") return [state.waiting.reason!];
    return state.terminated === undefined ? [] : [reasonOfEnd(state.terminated)];
  });
  const [first] = reasons;
  if (first !== "Completed") return first;
  // That a container is done is of interest only while no other one runs or has failed.
  const running = statuses.some(isReadyAndRunning);
  if (running && isPodReady(pod)) return "Running";
  const failed = statuses.find(({ state }) => state.terminated !== undefined && state.terminated.exitCode !== 0);
  if (failed?.state.terminated !== undefined) return reasonOfEnd(failed.state.terminated);
  return running ? "NotReady" : first;
}

function isReadyAndRunning({ ready, state }: ContainerStatus): boolean {
  return ready && state.running !== undefined;
}

function statusInDeletion(pod: Pod): string | undefined {
  if (pod.metadata.deletionTimestamp === undefined) return undefined;
  if (pod.status.reason === "NodeLost") return "Unknown";
  return isPodTerminal(pod) ? undefined : "Terminating";
}

function restarts({ restarts: count, lastRestart }: Summary, now: Instant): string {
  if (count === 0 || lastRestart === undefined) return `${count}`;
  return `${count} (${humanDuration(now - lastRestart)} ago)`;
}

function latest(times: readonly (string | undefined)[]): Instant | undefined {
  let newest: Instant | undefined;
  for (const time of times) {
    const instant = time === undefined ? undefined : parseTime(time);
    if (instant !== undefined && (newest === undefined || instant > newest)) newest = instant;
  }
  return newest;
}
