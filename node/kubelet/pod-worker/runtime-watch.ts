import { type RuntimeService } from "@kubets/container-runtime";
import type { Clock, Logger, Task, Tasks } from "@kubets/machinery";
import { repeat } from "../repeat.ts";
import type { PodOperations } from "./pod-operations.ts";
import type { PodWorkers } from "./pod-workers.ts";

export interface RuntimeWatchOptions {
  readonly runtime: RuntimeService;
  readonly operations: PodOperations;
  readonly workers: PodWorkers;
  /** Takes the ids of containers that ended before it was known whose they are. */
  readonly endedEarly: Set<string>;
  readonly clock: Clock;
  readonly tasks: Tasks;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const mostRemembered = 1000;
/** Events are quick, but not certain: containerd's shims drop what they could not publish while containerd was away. */
const relistMilliseconds = 5_000;

/** Follows what happens to containers by themselves, and tells the workers. Resolves when `signal` has ended it. */
export function followRuntime({
  runtime,
  operations,
  workers,
  endedEarly,
  clock,
  tasks,
  logger,
  signal,
}: RuntimeWatchOptions): Promise<void> {
  const lookAt = (uid: string, container: string, id: Parameters<PodOperations["ended"]>[2]): void =>
    tasks.start("kubelet container end", async () => {
      try {
        const state = workers.stateOf(uid);
        const ended = state === undefined ? undefined : await operations.ended(state.pod, container, id, signal);
        if (ended !== undefined) workers.dispatch(uid, ended);
      } catch (error) {
        if (!signal.aborted) logger.warn("End of a container not read", { container: id, error });
      }
    });

  const onExit = (id: string): void => {
    let isStarting = false;
    for (const { pod, runs, sandbox } of workers.all()) {
      const { uid } = pod.metadata;
      if (sandbox.kind === "ready" && sandbox.id === id) return workers.dispatch(uid, { kind: "sandboxLost", id: sandbox.id });
      for (const [name, run] of Object.entries(runs)) if (run.kind === "running" && run.id === id) return lookAt(uid, name, run.id);
      if (Object.values(runs).some(({ kind }) => kind === "starting")) isStarting = true;
    }
    if (!isStarting) return;
    if (endedEarly.size >= mostRemembered) endedEarly.clear();
    endedEarly.add(id);
  };

  const compare = async (): Promise<void> => {
    // Known before the runtime is asked: what is started meanwhile is missing in its answer, and not lost.
    const known = workers.all();
    const [sandboxes, containers] = await Promise.all([runtime.listPodSandboxes({}, { signal }), runtime.listContainers({}, { signal })]);
    const ready = new Set<string>(sandboxes.filter(({ state }) => state === "ready").map(({ id }) => id));
    const running = new Set<string>(containers.filter(({ state }) => state === "running").map(({ id }) => id));
    for (const { pod, runs, sandbox } of known) {
      for (const [name, run] of Object.entries(runs))
        if (run.kind === "running" && !running.has(run.id)) lookAt(pod.metadata.uid, name, run.id);
      if (sandbox.kind === "ready" && !ready.has(sandbox.id)) workers.dispatch(pod.metadata.uid, { kind: "sandboxLost", id: sandbox.id });
    }
  };

  const failure = "Containers not listed";
  repeat(compare, { name: "kubelet relist", interval: relistMilliseconds, failure, clock, tasks, logger, signal });
  return tasks.run("kubelet runtime events", async (task: Task) => {
    const events = runtime.containerEvents({ signal })[Symbol.asyncIterator]();
    try {
      for (let next = await task.idle(events.next()); next.done !== true; next = await task.idle(events.next())) {
        if (next.value.type === "exited") onExit(next.value.id);
        else if (next.value.type === "relist")
          await compare().catch((error: unknown) => {
            if (!signal.aborted) logger.warn(failure, { error });
          });
      }
    } catch (error) {
      if (!signal.aborted) logger.error("Events of the container runtime ended", { error });
    }
  });
}
