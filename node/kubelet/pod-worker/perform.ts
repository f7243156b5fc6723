import type { Container, Pod } from "@kubets/api";
import type { ContainerId, RuntimeService } from "@kubets/container-runtime";
import { type Clock, type Logger, sleep, type Task, type Tasks } from "@kubets/machinery";
import { CreateContainerConfigError } from "../containers/environment.ts";
import type { NodeNetwork } from "../system.ts";
import type { PodEffect, PodEvent, ResizeFailure } from "./events.ts";
import { type EnsuredImage, imageOf, type WantedImage } from "../images/ensure-image.ts";
import { volumeImagesOf } from "../volumes/image-volumes.ts";
import { runHook } from "./hooks.ts";
import { createLimit } from "./limit.ts";
import { MountError, type PodOperations } from "./pod-operations.ts";
import { allContainers, type PodWorkerState } from "./state.ts";
import { stopContainer as endContainer } from "./stop-container.ts";

export interface PerformerOptions {
  readonly operations: PodOperations;
  readonly runtime: RuntimeService;
  readonly network: NodeNetwork;
  readonly clock: Clock;
  readonly tasks: Tasks;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Containers of which the runtime told the end before their start was known. */
  readonly endedEarly: Set<string>;
  /** Why a Pod that runs can't have the resources that it says. */
  readonly refuseResize: (pod: Pod) => { readonly reason: ResizeFailure; readonly message: string } | undefined;
  readonly stateOf: (uid: string) => PodWorkerState | undefined;
  readonly dispatch: (uid: string, event: PodEvent) => void;
  readonly tell: (state: PodWorkerState, event: Telling) => void;
}

type Telling = Omit<Extract<PodEffect, { readonly kind: "tell" }>, "kind">;

/** `container`: the one that is made of it; absent for a volume's. */
type AskedImage = WantedImage & { readonly container?: string };

/** The effects that touch containers. */
export type PodOperation = Extract<
  PodEffect,
  { readonly kind: "startSandbox" | "ensureImage" | "startContainer" | "stopContainer" | "resize" | "stopSandbox" | "discard" }
>;

const retryDelay = 2000;
/** More at once only make each one slower: a start is work for the processors. */
const mostStarts = 4;
const mostPulls = 3;

/** Carries effects out, one task each, and tells the worker how they went. */
export function createPerformer(options: PerformerOptions): (uid: string, effect: PodOperation) => void {
  const { operations, runtime, network, clock, tasks, logger, signal, endedEarly, refuseResize, stateOf, dispatch, tell } = options;
  const start = createLimit(mostStarts);
  const pull = createLimit(mostPulls);

  const perform = async (uid: string, effect: PodOperation, task: Task): Promise<void> => {
    const state = stateOf(uid);
    if (state === undefined) return;
    const { pod } = state;
    switch (effect.kind) {
      case "startSandbox":
        try {
          const sandbox = await start(() => operations.startSandbox(pod, effect, signal));
          dispatch(uid, { kind: "sandboxStarted", ...sandbox });
        } catch (error) {
          if (signal.aborted) return;
          const message = messageOf(error);
          if (error instanceof MountError) dispatch(uid, { kind: "sandboxFailed", reason: "FailedMount", message });
          else
            dispatch(uid, { kind: "sandboxFailed", reason: "FailedCreatePodSandBox", message: `Failed to create pod sandbox: ${message}` });
        }
        return;
      case "ensureImage":
        return findImages(uid, state, containerOf(state, effect.container));
      case "startContainer":
        return startContainer(uid, state, effect);
      case "stopContainer":
        return stopContainer(uid, state, effect);
      case "resize":
        return resize(uid, state, effect.containers);
      case "stopSandbox":
      case "discard":
        try {
          if (effect.kind === "discard") await operations.discard(pod);
          else await operations.stopSandbox(pod, effect.id, effect.release);
          dispatch(uid, { kind: effect.kind === "discard" ? "discarded" : "sandboxStopped" });
        } catch (error) {
          if (signal.aborted) return;
          logger.warn("Pod not taken down yet", { pod: `${pod.metadata.namespace}/${pod.metadata.name}`, error });
          await task.idle(sleep(clock, retryDelay, signal));
          dispatch(uid, { kind: "stopFailed" });
        }
    }
  };

  /** The container's own image, then those of the volumes that it mounts: the first that can't be had holds it up. */
  const findImages = async (uid: string, state: PodWorkerState, container: Container): Promise<void> => {
    const { name } = container;
    let imageRef = "";
    let outcome: Telling | undefined;
    try {
      const images: readonly AskedImage[] = [{ ...imageOf(container), container: name }, ...volumeImagesOf(state.pod, container)];
      for (const image of images) {
        if (outcome !== undefined) tell(state, outcome);
        const found = await findImage(state, image);
        outcome = tellingOf(image, found);
        if ("failure" in found) {
          dispatch(uid, { kind: "imageFailed", container: name, reason: found.failure, message: found.message });
          return tell(state, outcome);
        }
        if (image.container !== undefined) ({ imageRef } = found);
      }
      dispatch(uid, { kind: "imageReady", container: name, imageRef });
      // Events are written while the runtime works, not before: who waits for the Pod doesn't wait for them.
      if (outcome !== undefined) tell(state, outcome);
    } catch (error) {
      if (!signal.aborted) dispatch(uid, { kind: "imageFailed", container: name, reason: "ImageInspectError", message: messageOf(error) });
    }
  };

  const findImage = (state: PodWorkerState, image: AskedImage): Promise<EnsuredImage> => {
    const message = `Pulling image ${JSON.stringify(image.reference)}`;
    const onPull = (): void => tell(state, { type: "Normal", reason: "Pulling", message, ...about(image) });
    return pull(() => operations.ensureImage(state.pod, image, signal, onPull));
  };

  const startContainer = async (
    uid: string,
    state: PodWorkerState,
    effect: Extract<PodOperation, { readonly kind: "startContainer" }>,
  ): Promise<void> => {
    const { pod, sandbox } = state;
    const container = containerOf(state, effect.container);
    const { name, resources } = container;
    if (sandbox.kind !== "ready")
      return dispatch(uid, {
        kind: "containerFailed",
        container: name,
        reason: "CreateContainerError",
        message: "the sandbox of the Pod is gone",
      });
    const target = "targetContainerName" in container ? state.runs[String(container.targetContainerName)] : undefined;
    const targetId = target?.kind === "running" ? target.id : undefined;
    let reason = "CreateContainerError";
    try {
      const place = { sandbox, attempt: effect.attempt, imageRef: effect.imageRef, ...(targetId === undefined ? {} : { targetId }) };
      const id = await operations.createContainer(pod, container, place);
      reason = "RunContainerError";
      const started = runtime.startContainer(id, { signal });
      tell(state, { type: "Normal", reason: "Created", message: "Container created", container: name });
      await started;
      // Times are told to the second: the runtime isn't asked for one that is now, while whoever waits for the Pod waits for the answer.
      dispatch(uid, { kind: "containerStarted", container: name, id, startedAt: clock.now(), resources });
      tell(state, { type: "Normal", reason: "Started", message: "Container started", container: name });
      // Its end may have been told before anyone knew whose it was.
      if (endedEarly.delete(id)) await reportEnd(uid, name, id);
      if (effect.attempt > 1) await removeOldRuns(state, name, effect.attempt);
      const hook = container.lifecycle?.postStart;
      if (hook === undefined) return;
      const failure = await runHook(
        hook,
        { pod, container, id, podIP: sandbox.ips[0] ?? state.nodeAddress },
        { runtime, network, clock },
        signal,
      );
      dispatch(uid, { kind: "postStartDone", container: name, id, ...(failure === undefined ? {} : { failure }) });
    } catch (error) {
      if (signal.aborted) return;
      const why = error instanceof CreateContainerConfigError ? error.name : reason;
      dispatch(uid, { kind: "containerFailed", container: name, reason: why, message: messageOf(error) });
    }
  };

  const removeOldRuns = async ({ pod }: PodWorkerState, container: string, attempt: number): Promise<void> => {
    try {
      await operations.removeOldRuns(pod, container, attempt);
    } catch (error) {
      // They go with their Pod at the latest.
      if (!signal.aborted)
        logger.warn("Old containers not removed", { pod: `${pod.metadata.namespace}/${pod.metadata.name}`, container, error });
    }
  };

  const stopContainer = async (
    uid: string,
    state: PodWorkerState,
    effect: Extract<PodOperation, { readonly kind: "stopContainer" }>,
  ): Promise<void> => {
    const { id, graceSeconds, again } = effect;
    const container = containerOf(state, effect.container);
    const { pod, sandbox } = state;
    const podIP = sandbox.kind === "ready" ? (sandbox.ips[0] ?? state.nodeAddress) : state.nodeAddress;
    const onHookFailed = (): void =>
      tell(state, { type: "Warning", reason: "FailedPreStopHook", message: "PreStopHook failed", container: container.name });
    try {
      const stop = { pod, container, id, podIP, graceSeconds, runsHook: !again && graceSeconds > 0 };
      await endContainer(stop, { runtime, network, clock, onHookFailed }, signal);
      await reportEnd(uid, container.name, id);
    } catch (error) {
      if (signal.aborted) return;
      logger.warn("Container not stopped yet", {
        pod: `${state.pod.metadata.namespace}/${state.pod.metadata.name}`,
        container: container.name,
        error,
      });
      await sleep(clock, retryDelay, signal);
      const now = stateOf(uid)?.runs[container.name];
      if (now?.kind === "running" && now.id === id) await stopContainer(uid, state, { ...effect, again: true });
    }
  };

  const resize = async (uid: string, { pod, runs }: PodWorkerState, names: readonly string[]): Promise<void> => {
    const refusal = refuseResize(pod);
    if (refusal !== undefined) return dispatch(uid, { kind: "resizeFailed", ...refusal });
    const running = names.flatMap((name) => {
      const run = runs[name];
      return run?.kind === "running" ? [{ container: containerOf({ pod }, name), id: run.id, before: run.resources }] : [];
    });
    try {
      await operations.resize(pod, running, signal);
      dispatch(uid, {
        kind: "resized",
        resources: Object.fromEntries(running.map(({ container }) => [container.name, container.resources])),
      });
    } catch (error) {
      if (!signal.aborted) dispatch(uid, { kind: "resizeFailed", reason: "Error", message: messageOf(error) });
    }
  };

  const reportEnd = async (uid: string, container: string, id: ContainerId): Promise<void> => {
    const state = stateOf(uid);
    const ended = state === undefined ? undefined : await operations.ended(state.pod, container, id, signal);
    if (ended !== undefined) dispatch(uid, ended);
  };

  return (uid, effect) =>
    tasks.start(`kubelet ${effect.kind}`, async (task) => {
      try {
        await perform(uid, effect, task);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    });
}

function tellingOf(image: AskedImage, found: EnsuredImage): Telling {
  if (!("failure" in found)) return { type: "Normal", reason: "Pulled", message: found.told, ...about(image) };
  const { failure, message } = found;
  if (failure !== "ErrImagePull") return { type: "Warning", reason: failure, message, ...about(image) };
  const failed = `Failed to pull image ${JSON.stringify(image.reference)}: ${message}`;
  return { type: "Warning", reason: "Failed", message: failed, ...about(image) };
}

function about({ container }: AskedImage): Pick<Telling, "container"> {
  return container === undefined ? {} : { container };
}

function containerOf({ pod }: Pick<PodWorkerState, "pod">, name: string): Container {
  return allContainers(pod).find((container) => container.name === name)!;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
