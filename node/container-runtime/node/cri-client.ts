import type { Clock, Logger, Metrics, Tasks } from "@kubets/machinery";
import { unmeasured } from "@kubets/machinery";
import type { ContainerId } from "../container.ts";
import type { ImageService, RuntimeService } from "../cri.ts";
import type { PodSandboxId } from "../pod-sandbox.ts";
import { isRuntimeError } from "../runtime-error.ts";
import type { CriCall, CriRequest, CriResponse } from "../protocol/cri.ts";
import { criProtocol, serviceOf } from "../protocol/cri.ts";
import {
  containerFromWire,
  containerStatusFromWire,
  imageFromWire,
  imageStatusFromWire,
  runtimeStatusFromWire,
  sandboxFromWire,
  sandboxStatusFromWire,
} from "../protocol/from-wire.ts";
import { containerStatsFromWire, filesystemFromWire, sandboxStatsFromWire } from "../protocol/stats-from-wire.ts";
import {
  containerConfigToWire,
  containerFilterToWire,
  credentialsToWire,
  resourcesToWire,
  sandboxConfigToWire,
  sandboxFilterToWire,
} from "../protocol/to-wire.ts";
import { containerEvents } from "./container-events.ts";
import type { GrpcCallOptions } from "./grpc-connection.ts";
import { connectGrpc } from "./grpc-connection.ts";

/** A container runtime that speaks CRI v1. */
export interface ContainerRuntime extends RuntimeService, ImageService {
  /** Ends the connection; calls under way fail. */
  close(): void;
}

export interface CriClientOptions {
  /** Of the runtime's unix socket. */
  readonly socketPath: string;
  readonly clock: Clock;
  readonly tasks: Tasks;
  readonly logger: Logger;
  readonly metrics?: Metrics;
}

/** A call that the runtime does not answer fails after this long, on top of the time that it was given to wait. */
const requestMilliseconds = 120_000;

/** From 5 ms to 3 minutes: a sandbox takes a tenth of a second, a large image minutes. */
const operationBounds: readonly number[] = Array.from({ length: 14 }, (_, index) => 0.005 * 2.25 ** index);

/** `RunPodSandbox` → `run_podsandbox`: what dashboards know the calls by. */
function operationOf(call: string): string {
  return call
    .replace("PodSandbox", "Podsandbox")
    .replaceAll(/(?!^)[A-Z]/g, "_$&")
    .toLowerCase();
}

/** Connects to a container runtime at the first call. */
export function createCriClient({ socketPath, clock, tasks, logger, metrics = unmeasured }: CriClientOptions): ContainerRuntime {
  const connection = connectGrpc(socketPath);
  const durations = metrics.histogram(
    "kubelet_runtime_operations_duration_seconds",
    "How long calls of the container runtime took.",
    operationBounds,
  );
  const failures = metrics.counter("kubelet_runtime_operations_errors_total", "How many calls of the container runtime failed.");

  const call = <Call extends CriCall>(
    name: Call,
    request: CriRequest<Call>,
    { signal, timeoutMilliseconds = requestMilliseconds }: GrpcCallOptions = {},
  ): Promise<CriResponse<Call>> =>
    tasks.run("container runtime call", async () => {
      const limits = { timeoutMilliseconds, ...(signal === undefined ? {} : { signal }) };
      const operation = { operation_type: operationOf(name) };
      const began = clock.monotonic();
      try {
        // What the registry of messages makes has the members that the table says; only the compiler can't see it.
        return (await connection.call(criProtocol.method(serviceOf(name), name), request, limits)) as CriResponse<Call>;
      } catch (error) {
        failures.add(1, operation);
        throw error;
      } finally {
        durations.observe((clock.monotonic() - began) / 1000, operation);
      }
    });

  return {
    async version(options) {
      const { runtimeName, runtimeVersion, runtimeApiVersion } = await call("Version", { version: "v1" }, options);
      return { runtimeName, runtimeVersion, runtimeApiVersion };
    },
    async status(options) {
      return runtimeStatusFromWire(await call("Status", {}, options));
    },

    async runPodSandbox(config, { runtimeHandler = "", ...options } = {}) {
      const { podSandboxId } = await call("RunPodSandbox", { config: sandboxConfigToWire(config), runtimeHandler }, options);
      return podSandboxId as PodSandboxId;
    },
    async stopPodSandbox(podSandboxId, options) {
      await call("StopPodSandbox", { podSandboxId }, options);
    },
    async removePodSandbox(podSandboxId, options) {
      await call("RemovePodSandbox", { podSandboxId }, options);
    },
    async podSandboxStatus(podSandboxId, options) {
      const answer = await unlessMissing(call("PodSandboxStatus", { podSandboxId }, options));
      return answer?.status === undefined ? undefined : sandboxStatusFromWire(answer.status);
    },
    async listPodSandboxes(filter = {}, options) {
      const { items } = await call("ListPodSandbox", { filter: sandboxFilterToWire(filter) }, options);
      return items.map(sandboxFromWire);
    },

    async createContainer(podSandboxId, config, sandboxConfig, options) {
      const request = { podSandboxId, config: containerConfigToWire(config), sandboxConfig: sandboxConfigToWire(sandboxConfig) };
      return (await call("CreateContainer", request, options)).containerId as ContainerId;
    },
    async startContainer(containerId, options) {
      await call("StartContainer", { containerId }, options);
    },
    async stopContainer(containerId, { timeoutSeconds, ...options }) {
      const timeoutMilliseconds = requestMilliseconds + timeoutSeconds * 1000;
      await call("StopContainer", { containerId, timeout: wholeSeconds(timeoutSeconds) }, { ...options, timeoutMilliseconds });
    },
    async removeContainer(containerId, options) {
      await call("RemoveContainer", { containerId }, options);
    },
    async containerStatus(containerId, options) {
      const answer = await unlessMissing(call("ContainerStatus", { containerId }, options));
      return answer?.status === undefined ? undefined : containerStatusFromWire(answer.status);
    },
    async listContainers(filter = {}, options) {
      const { containers } = await call("ListContainers", { filter: containerFilterToWire(filter) }, options);
      return containers.map(containerFromWire);
    },
    async updateContainerResources(containerId, resources, options) {
      await call("UpdateContainerResources", { containerId, linux: resourcesToWire(resources) }, options);
    },
    async reopenContainerLog(containerId, options) {
      await call("ReopenContainerLog", { containerId }, options);
    },

    async execSync(containerId, command, { timeoutSeconds = 0, ...options } = {}) {
      const timeout = wholeSeconds(timeoutSeconds);
      const limit = timeoutSeconds === 0 ? noLimit : { timeoutMilliseconds: requestMilliseconds + timeoutSeconds * 1000 };
      const { stdout, stderr, exitCode } = await call("ExecSync", { containerId, cmd: command, timeout }, { ...options, ...limit });
      return { stdout, stderr, exitCode };
    },
    async exec(containerId, { command, ...streams }, options) {
      return (await call("Exec", { containerId, cmd: command, ...streams }, options)).url;
    },
    async attach(containerId, streams, options) {
      return (await call("Attach", { containerId, ...streams }, options)).url;
    },
    async portForward(podSandboxId, ports, options) {
      return (await call("PortForward", { podSandboxId, port: ports }, options)).url;
    },

    async containerStats(containerId, options) {
      const answer = await unlessMissing(call("ContainerStats", { containerId }, options));
      return answer?.stats === undefined ? undefined : containerStatsFromWire(answer.stats);
    },
    async listContainerStats({ id = "", sandbox = "", labels = {} } = {}, options) {
      const filter = { id, podSandboxId: sandbox, labelSelector: labels };
      return (await call("ListContainerStats", { filter }, options)).stats.map(containerStatsFromWire);
    },
    async listPodSandboxStats({ id = "", labels = {} } = {}, options) {
      return (await call("ListPodSandboxStats", { filter: { id, labelSelector: labels } }, options)).stats.map(sandboxStatsFromWire);
    },
    containerEvents: ({ signal }) => containerEvents({ connection, clock, tasks, logger, signal }),

    async listImages(options) {
      return (await call("ListImages", {}, options)).images.map(imageFromWire);
    },
    async imageStatus(image, options) {
      return imageStatusFromWire(await call("ImageStatus", { image: { image }, verbose: true }, options));
    },
    async pullImage(image, { credentials, sandboxConfig, ...options } = {}) {
      const request = {
        image: { image },
        ...(credentials === undefined ? {} : { auth: credentialsToWire(credentials) }),
        ...(sandboxConfig === undefined ? {} : { sandboxConfig: sandboxConfigToWire(sandboxConfig) }),
      };
      return (await call("PullImage", request, { ...options, ...noLimit })).imageRef;
    },
    async removeImage(image, options) {
      await unlessMissing(call("RemoveImage", { image: { image } }, options));
    },
    async imageFilesystems(options) {
      return (await call("ImageFsInfo", {}, options)).imageFilesystems.map(filesystemFromWire);
    },

    close: () => connection.close(),
  };
}

/** How long a pull takes is the network's affair; its caller has a signal. */
const noLimit = { timeoutMilliseconds: 24 * 3_600_000 };

function wholeSeconds(seconds: number): bigint {
  return BigInt(Math.max(0, Math.ceil(seconds)));
}

/** `undefined` for an answer that there is no such thing. */
async function unlessMissing<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isRuntimeError(error, "NotFound")) return undefined;
    throw error;
  }
}
