import { isSidecar } from "@kubets/api";
import type { Logger } from "@kubets/machinery";
import type { PodWorkerState } from "./state.ts";
import { stopContainer, type StopSurroundings } from "./stop-container.ts";

export interface EndPodsOptions extends StopSurroundings {
  /** Whatever a Pod asks for, it gets no more. */
  readonly longestGraceSeconds: number;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/**
 * Ends what runs of Pods as a deletion would: hooks, the signal to stop, their grace; sidecars after the containers that they serve.
 * Nothing is reported: the Pods are to start again.
 */
export async function endPods(states: readonly PodWorkerState[], options: EndPodsOptions): Promise<void> {
  await Promise.all(states.map((state) => endPod(state, options)));
}

async function endPod(state: PodWorkerState, options: EndPodsOptions): Promise<void> {
  const { pod, runs, sandbox, nodeAddress } = state;
  const { clock, logger, signal, longestGraceSeconds } = options;
  const deadline = clock.monotonic() + Math.min(longestGraceSeconds, pod.spec.terminationGracePeriodSeconds) * 1000;
  const podIP = sandbox.kind === "ready" ? (sandbox.ips[0] ?? nodeAddress) : nodeAddress;
  const { containers, initContainers = [], ephemeralContainers = [] } = pod.spec;
  const end = async (container: (typeof containers)[number]): Promise<void> => {
    const run = runs[container.name];
    if (run?.kind !== "running") return;
    const graceSeconds = Math.max(0, Math.ceil((deadline - clock.monotonic()) / 1000));
    // A hook that was under way has ended with the kubelet's other work: it runs once more rather than not at all.
    const stop = { pod, container, id: run.id, podIP, graceSeconds, runsHook: graceSeconds > 0 };
    const about = { pod: `${pod.metadata.namespace}/${pod.metadata.name}`, container: container.name };
    try {
      await stopContainer(stop, { ...options, onHookFailed: () => logger.warn("preStop hook failed", about) }, signal);
    } catch (error) {
      logger.warn("Container not stopped", { ...about, error });
    }
  };
  const sidecars = initContainers.filter(isSidecar);
  const others = [...initContainers.filter((each) => !isSidecar(each)), ...containers, ...ephemeralContainers];
  await Promise.all(others.map(end));
  for (const sidecar of sidecars.toReversed()) await end(sidecar);
}
