import type { Pod, PodStatus, ResourceRequirements } from "@kubets/api";
import type { ContainerId, PodSandboxId } from "@kubets/container-runtime";
import type { Instant } from "@kubets/machinery";

/** What happened to a Pod on this node. */
export type PodEvent =
  /** The Pod as the API shows it. */
  | { readonly kind: "observed"; readonly pod: Pod }
  | { readonly kind: "gone" }
  /** The node is short of something, and this Pod goes for the others. */
  | { readonly kind: "evicted"; readonly message: string; readonly graceSeconds: number }
  /** Nothing; a moment that was waited for has come. */
  | { readonly kind: "time" }
  /** Something that the Pod refers to has changed: what failed for want of it may be tried again. */
  | { readonly kind: "referenceChanged" }
  | { readonly kind: "rejected"; readonly reason: string; readonly message: string }
  | { readonly kind: "sandboxStarted"; readonly id: PodSandboxId; readonly ips: readonly string[] }
  | { readonly kind: "sandboxFailed"; readonly reason: string; readonly message: string }
  /** The sandbox is no longer alive, though nobody stopped it. */
  | { readonly kind: "sandboxLost"; readonly id: PodSandboxId }
  | { readonly kind: "sandboxStopped" }
  | { readonly kind: "stopFailed" }
  | { readonly kind: "discarded" }
  | { readonly kind: "imageReady"; readonly container: string; readonly imageRef: string }
  | { readonly kind: "imageFailed"; readonly container: string; readonly reason: ImageFailure; readonly message: string }
  | {
      readonly kind: "containerStarted";
      readonly container: string;
      readonly id: ContainerId;
      readonly startedAt: Instant;
      /** With which it was made, where that may not be what the Pod says by now. */
      readonly resources?: ResourceRequirements;
    }
  /** Running containers have these resources now. */
  | { readonly kind: "resized"; readonly resources: Readonly<Record<string, ResourceRequirements>> }
  | { readonly kind: "resizeFailed"; readonly reason: ResizeFailure; readonly message: string }
  | { readonly kind: "containerFailed"; readonly container: string; readonly reason: string; readonly message: string }
  | { readonly kind: "postStartDone"; readonly container: string; readonly id: ContainerId; readonly failure?: string }
  | ContainerExited
  | { readonly kind: "probed"; readonly container: string; readonly id: ContainerId; readonly probe: ProbeType; readonly healthy: boolean };

/** For want of room that may come, or that can't be here; or it went wrong. */
export type ResizeFailure = "Deferred" | "Infeasible" | "Error";

export type ProbeType = "startup" | "liveness" | "readiness";

/** Why an image can't be had: the reasons that a waiting container shows. */
export type ImageFailure = "ErrImagePull" | "ErrImageNeverPull" | "InvalidImageName" | "ImageInspectError" | "RegistryUnavailable";

export interface ContainerExited {
  readonly kind: "exited";
  readonly container: string;
  readonly id: ContainerId;
  readonly exitCode: number;
  readonly reason: string;
  readonly message?: string;
  readonly startedAt?: Instant;
  readonly finishedAt: Instant;
}

/** What is to be done for a Pod. All but the last four answer by an event when they are through. */
export type PodEffect =
  /** Directories, volumes, cgroup and sandbox. `isRetry`: it failed before. → sandboxStarted, sandboxFailed */
  | { readonly kind: "startSandbox"; readonly attempt: number; readonly isRetry: boolean }
  /** → imageReady, imageFailed */
  | { readonly kind: "ensureImage"; readonly container: string }
  /** → containerStarted (and postStartDone, where there is a hook), containerFailed */
  | { readonly kind: "startContainer"; readonly container: string; readonly attempt: number; readonly imageRef: string }
  /** → exited */
  | {
      readonly kind: "stopContainer";
      readonly container: string;
      readonly id: ContainerId;
      readonly graceSeconds: number;
      /** The hook has been started before: the container is only to end sooner. */
      readonly again: boolean;
    }
  /** Gives running containers the resources that the Pod says. → resized, resizeFailed */
  | { readonly kind: "resize"; readonly containers: readonly string[] }
  /** Stops the sandbox, takes volumes and cgroups away. → sandboxStopped, stopFailed */
  | { readonly kind: "stopSandbox"; readonly id: PodSandboxId | undefined; readonly release: boolean }
  /** Removes containers, logs and directories. → discarded, stopFailed */
  | { readonly kind: "discard" }
  | { readonly kind: "report"; readonly status: PodStatus }
  /** Asks the API to remove the object now. */
  | { readonly kind: "remove" }
  | {
      readonly kind: "tell";
      readonly type: "Normal" | "Warning";
      readonly reason: string;
      readonly message: string;
      readonly container?: string;
    }
  | { readonly kind: "wake"; readonly at: Instant };
