import type { Instant } from "@kubets/machinery";
import type { Container, ContainerId, ContainerStatus, LinuxContainerResources, Mount } from "../container.ts";
import type { RuntimeStatus } from "../cri.ts";
import type { Image, ImageConfiguration, ImageStatus } from "../image.ts";
import type { PodSandbox, PodSandboxId, PodSandboxStatus } from "../pod-sandbox.ts";
import { pauseImageName } from "../pause/pause-image.ts";
import type { CriResponse, ReadMessage } from "./cri.ts";
import { containerStates, namespaceModes, propagations, sandboxStates, signals } from "./enums.ts";

// What runtimes answer, in our own types.

export function runtimeStatusFromWire({ status, runtimeHandlers }: CriResponse<"Status">): RuntimeStatus {
  return {
    conditions: (status?.conditions ?? []).map(({ type, status, reason, message }) => ({ type, status, reason, message })),
    handlers: runtimeHandlers.map(({ name, features }) => ({
      name,
      recursiveReadOnlyMounts: features?.recursiveReadOnlyMounts ?? false,
      userNamespaces: features?.userNamespaces ?? false,
    })),
  };
}

export function sandboxFromWire(wire: ReadMessage<"PodSandbox"> | ReadMessage<"PodSandboxStatus">): PodSandbox {
  const { name = "", uid = "", namespace = "", attempt = 0 } = wire.metadata ?? {};
  return {
    id: wire.id as PodSandboxId,
    metadata: { name, uid, namespace, attempt },
    state: sandboxStates[wire.state] ?? "notReady",
    createdAt: instantOf(wire.createdAt),
    labels: { ...wire.labels },
    annotations: { ...wire.annotations },
    runtimeHandler: wire.runtimeHandler,
  };
}

export function sandboxStatusFromWire(wire: ReadMessage<"PodSandboxStatus">): PodSandboxStatus {
  const ips = [wire.network?.ip ?? "", ...(wire.network?.additionalIps ?? []).map(({ ip }) => ip)];
  return {
    ...sandboxFromWire(wire),
    ips: ips.filter((ip) => ip !== ""),
    networkNamespace: namespaceModes[wire.linux?.namespaces?.options?.network ?? 0] ?? "pod",
  };
}

export function containerFromWire(wire: ReadMessage<"Container">): Container {
  return { ...commonFromWire(wire), sandbox: wire.podSandboxId as PodSandboxId };
}

export function containerStatusFromWire(wire: ReadMessage<"ContainerStatus">): ContainerStatus {
  const { linux } = wire.resources ?? {};
  const user = wire.user?.linux;
  return {
    ...commonFromWire(wire),
    ...(wire.startedAt > 0n ? { startedAt: instantOf(wire.startedAt) } : {}),
    ...(wire.finishedAt > 0n ? { finishedAt: instantOf(wire.finishedAt) } : {}),
    exitCode: wire.exitCode,
    reason: wire.reason,
    message: wire.message,
    mounts: wire.mounts.map(mountFromWire),
    logPath: wire.logPath,
    ...(linux === undefined ? {} : { resources: resourcesFromWire(linux) }),
    ...(user === undefined
      ? {}
      : { user: { uid: Number(user.uid), gid: Number(user.gid), supplementalGroups: user.supplementalGroups.map(Number) } }),
    ...(wire.stopSignal === 0 ? {} : { stopSignal: signals[wire.stopSignal] ?? "" }),
  };
}

function commonFromWire(wire: ReadMessage<"Container"> | ReadMessage<"ContainerStatus">): Omit<Container, "sandbox"> {
  return {
    id: wire.id as ContainerId,
    metadata: { name: wire.metadata?.name ?? "", attempt: wire.metadata?.attempt ?? 0 },
    image: wire.image?.image ?? "",
    imageRef: wire.imageRef,
    state: containerStates[wire.state] ?? "unknown",
    createdAt: instantOf(wire.createdAt),
    labels: { ...wire.labels },
    annotations: { ...wire.annotations },
  };
}

function mountFromWire(wire: ReadMessage<"Mount">): Mount {
  return {
    containerPath: wire.containerPath,
    hostPath: wire.hostPath,
    readonly: wire.readonly,
    recursiveReadOnly: wire.recursiveReadOnly,
    selinuxRelabel: wire.selinuxRelabel,
    propagation: propagations[wire.propagation] ?? "None",
  };
}

function resourcesFromWire(wire: ReadMessage<"LinuxContainerResources">): LinuxContainerResources {
  return {
    cpuPeriod: Number(wire.cpuPeriod),
    cpuQuota: Number(wire.cpuQuota),
    cpuShares: Number(wire.cpuShares),
    memoryLimitBytes: Number(wire.memoryLimitInBytes),
    memorySwapLimitBytes: Number(wire.memorySwapLimitInBytes),
    oomScoreAdjust: Number(wire.oomScoreAdj),
    cpusetCpus: wire.cpusetCpus,
    cpusetMems: wire.cpusetMems,
    hugepageLimits: wire.hugepageLimits.map(({ pageSize, limit }) => ({ pageSize, limit: Number(limit) })),
    unified: { ...wire.unified },
  };
}

export function imageFromWire(wire: ReadMessage<"Image">): Image {
  return {
    id: wire.id,
    repoTags: [...wire.repoTags],
    repoDigests: [...wire.repoDigests],
    size: Number(wire.size),
    // containerd 1.6 does not tell.
    pinned: wire.pinned || wire.repoTags.includes(pauseImageName),
    ...(wire.uid === undefined ? {} : { uid: Number(wire.uid.value) }),
    ...(wire.username === "" ? {} : { username: wire.username }),
  };
}

export function imageStatusFromWire({ image, info }: CriResponse<"ImageStatus">): ImageStatus | undefined {
  if (image === undefined) return undefined;
  const told: unknown = info["info"] === undefined ? undefined : JSON.parse(info["info"]);
  const configuration = imageConfigurationOf(told);
  const chainId = textOf(memberOf(told, "chainID"));
  return {
    ...imageFromWire(image),
    ...(configuration === undefined ? {} : { configuration }),
    ...(chainId === undefined ? {} : { chainId }),
  };
}

/** Reads the `imageSpec` out of what containerd and CRI-O put into a verbose answer, as JSON. */
function imageConfigurationOf(told: unknown): ImageConfiguration | undefined {
  const config = memberOf(memberOf(told, "imageSpec"), "config");
  if (config === undefined) return undefined;
  const stopSignal = textOf(memberOf(config, "StopSignal"));
  return {
    entrypoint: textsOf(memberOf(config, "Entrypoint")),
    command: textsOf(memberOf(config, "Cmd")),
    environment: textsOf(memberOf(config, "Env")),
    workingDirectory: textOf(memberOf(config, "WorkingDir")) ?? "",
    user: textOf(memberOf(config, "User")) ?? "",
    ...(stopSignal === undefined ? {} : { stopSignal }),
    volumes: Object.keys((memberOf(config, "Volumes") as object | undefined) ?? {}),
  };
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? ((value as Record<string, unknown>)[name] ?? undefined) : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

/** From nanoseconds. The fraction keeps the microseconds, which is what a number has room for. */
export function instantOf(nanoseconds: bigint): Instant {
  return (Number(nanoseconds / 1000n) / 1000) as Instant;
}
