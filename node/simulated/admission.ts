import type { Container, ContainerStatus, Pod } from "@kubets/api";
import { type Instant, parseTime } from "@kubets/machinery";
import { type ContainerRun, startRun, type Terminated, type Waiting } from "./container-run.ts";
import { allContainers, type PodAddress, type PodState } from "./pod-state.ts";
import { programOf, type ProgramRule } from "./programs.ts";

/** Where a Pod begins that was bound to the node, or goes on whose status says that it runs there already. */
export function admit(pod: Pod, address: PodAddress, now: Instant, rules: readonly ProgramRule[]): PodState {
  const startedAt = instantOf(pod.status.startTime) ?? now;
  const runs: Record<string, ContainerRun> = {};
  const statuses = [...(pod.status.initContainerStatuses ?? []), ...(pod.status.containerStatuses ?? [])];
  for (const container of allContainers(pod)) {
    const status = statuses.find(({ name }) => name === container.name);
    const run = status === undefined ? undefined : adopted(pod, container, status, rules);
    if (run !== undefined) runs[container.name] = run;
  }
  return { pod, address, startedAt, at: now, runs, told: [] };
}

/** A container as its status tells of it. */
function adopted(pod: Pod, container: Container, status: ContainerStatus, rules: readonly ProgramRule[]): ContainerRun | undefined {
  const { state, lastState, restartCount } = status;
  const last = lastState.terminated === undefined ? undefined : terminatedFrom(lastState.terminated, restartCount - 1);
  const backoff = restartCount === 0 ? 0 : 10_000;
  const before: Waiting = { kind: "waiting", reason: "", restarts: restartCount, backoff, ...(last === undefined ? {} : { last }) };
  if (state.terminated !== undefined)
    return { ...terminatedFrom(state.terminated, restartCount), ...(last === undefined ? {} : { last }), backoff };
  const startedAt = instantOf(state.running?.startedAt);
  if (startedAt !== undefined) return startRun(container, programOf(rules, { container, pod, restarts: restartCount }), startedAt, before);
  // Whatever it waited for, it waits for anew.
  return last === undefined ? undefined : last;
}

function terminatedFrom(terminated: NonNullable<ContainerStatus["state"]["terminated"]>, restarts: number): Terminated {
  const { exitCode, reason = "", message, startedAt, finishedAt } = terminated;
  const began = instantOf(startedAt);
  return {
    kind: "terminated",
    exitCode,
    reason,
    ...(message === undefined ? {} : { message }),
    ...(began === undefined ? {} : { startedAt: began }),
    finishedAt: instantOf(finishedAt) ?? (0 as Instant),
    restarts,
    backoff: 0,
  };
}

function instantOf(time: string | undefined): Instant | undefined {
  return time === undefined ? undefined : parseTime(time);
}
