import type {
  Container,
  ContainerConfig,
  ContainerEvent,
  ContainerFilter,
  ContainerId,
  ContainerStatus,
  ExecRequest,
  ExecSyncResult,
  LinuxContainerResources,
  StreamsRequest,
} from "./container.ts";
import type { Image, ImageStatus, PullOptions } from "./image.ts";
import type { PodSandbox, PodSandboxConfig, PodSandboxFilter, PodSandboxId, PodSandboxStatus } from "./pod-sandbox.ts";
import type { ContainerStats, FilesystemUsage, PodSandboxStats } from "./stats.ts";

/**
 * The Container Runtime Interface as the kubelet sees it: CRI v1 in our own types. Calls reject with a `RuntimeError`.
 *
 * Sizes and times are numbers (bytes; milliseconds with a fraction): none of them reaches 2^53. What is left out is what the
 * runtime decides: an absent limit is no limit, an absent user is the image's.
 */
export interface RuntimeService {
  version(options?: CallOptions): Promise<RuntimeVersion>;
  status(options?: CallOptions): Promise<RuntimeStatus>;

  /** Makes the Pod's namespaces and network and starts its pause container. `runtimeHandler`: the RuntimeClass's, or the default. */
  runPodSandbox(config: PodSandboxConfig, options?: CallOptions & { readonly runtimeHandler?: string }): Promise<PodSandboxId>;
  /** Stops what still runs in the sandbox and takes its network down. Doing so twice, or to one that is gone, is harmless. */
  stopPodSandbox(sandbox: PodSandboxId, options?: CallOptions): Promise<void>;
  /** Removes the sandbox and all of its containers, by force. Doing so twice is harmless. */
  removePodSandbox(sandbox: PodSandboxId, options?: CallOptions): Promise<void>;
  /** `undefined` when there is no such sandbox. */
  podSandboxStatus(sandbox: PodSandboxId, options?: CallOptions): Promise<PodSandboxStatus | undefined>;
  listPodSandboxes(filter?: PodSandboxFilter, options?: CallOptions): Promise<readonly PodSandbox[]>;

  /** `sandboxConfig` is the one that the sandbox was run with. */
  createContainer(
    sandbox: PodSandboxId,
    config: ContainerConfig,
    sandboxConfig: PodSandboxConfig,
    options?: CallOptions,
  ): Promise<ContainerId>;
  startContainer(container: ContainerId, options?: CallOptions): Promise<void>;
  /** Sends the stop signal, waits `timeoutSeconds` for the exit, then kills. Resolves once the container has exited. */
  stopContainer(container: ContainerId, options: CallOptions & { readonly timeoutSeconds: number }): Promise<void>;
  /** Removes the container, by force when it runs. Doing so twice is harmless. */
  removeContainer(container: ContainerId, options?: CallOptions): Promise<void>;
  /** `undefined` when there is no such container. */
  containerStatus(container: ContainerId, options?: CallOptions): Promise<ContainerStatus | undefined>;
  listContainers(filter?: ContainerFilter, options?: CallOptions): Promise<readonly Container[]>;
  updateContainerResources(container: ContainerId, resources: LinuxContainerResources, options?: CallOptions): Promise<void>;
  /** To be called after the log file was renamed. */
  reopenContainerLog(container: ContainerId, options?: CallOptions): Promise<void>;

  /** Runs a command and waits for its end; past `timeoutSeconds` (0 or absent: none) it is killed: `DeadlineExceeded`. */
  execSync(
    container: ContainerId,
    command: readonly string[],
    options?: CallOptions & { readonly timeoutSeconds?: number },
  ): Promise<ExecSyncResult>;
  /** These three answer the URL of a streaming server on loopback; it may be used once, by SPDY/3.1 or a WebSocket. */
  exec(container: ContainerId, request: ExecRequest, options?: CallOptions): Promise<string>;
  attach(container: ContainerId, streams: StreamsRequest, options?: CallOptions): Promise<string>;
  portForward(sandbox: PodSandboxId, ports: readonly number[], options?: CallOptions): Promise<string>;

  /** `undefined` when there is no such container. */
  containerStats(container: ContainerId, options?: CallOptions): Promise<ContainerStats | undefined>;
  listContainerStats(filter?: Omit<ContainerFilter, "state">, options?: CallOptions): Promise<readonly ContainerStats[]>;
  listPodSandboxStats(filter?: Omit<PodSandboxFilter, "state">, options?: CallOptions): Promise<readonly PodSandboxStats[]>;

  /**
   * What happens to containers and sandboxes, as it happens, until `signal` is aborted (then it ends without an error).
   *
   * The first item is `relist`, and another one comes whenever events may have been missed (the runtime was restarted, its
   * events can't be had): list everything and compare. Where the runtime has no events, `relist` comes every second.
   */
  containerEvents(options: { readonly signal: AbortSignal }): AsyncIterable<ContainerEvent>;
}

export interface ImageService {
  listImages(options?: CallOptions): Promise<readonly Image[]>;
  /** By any name or id; `undefined` when it is not on this node. */
  imageStatus(image: string, options?: CallOptions): Promise<ImageStatus | undefined>;
  /** Pulls and answers the id of the image. Rejects with `NotFound` when the registry has none of that name. */
  pullImage(image: string, options?: CallOptions & PullOptions): Promise<string>;
  /** Removes all names of the image. Harmless when it is not there. */
  removeImage(image: string, options?: CallOptions): Promise<void>;
  /** Where images are kept, and how much they take. */
  imageFilesystems(options?: CallOptions): Promise<readonly FilesystemUsage[]>;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface RuntimeVersion {
  /** Such as `containerd`. */
  readonly runtimeName: string;
  /** Such as `1.6.20~ds1`. */
  readonly runtimeVersion: string;
  /** Such as `v1`. */
  readonly runtimeApiVersion: string;
}

export interface RuntimeStatus {
  /** `RuntimeReady` and `NetworkReady` at least. */
  readonly conditions: readonly RuntimeCondition[];
  readonly handlers: readonly RuntimeHandler[];
}

export interface RuntimeCondition {
  readonly type: string;
  readonly status: boolean;
  readonly reason: string;
  readonly message: string;
}

export interface RuntimeHandler {
  /** Empty for the default one. */
  readonly name: string;
  readonly recursiveReadOnlyMounts: boolean;
  readonly userNamespaces: boolean;
}
