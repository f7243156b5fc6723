import { type Container, type Pod, SecretKind, type Service } from "@kubets/api";
import type { Informer } from "@kubets/client";
import type {
  ContainerId,
  ImageService,
  ImageStatus,
  Mount,
  PodSandboxConfig,
  PodSandboxId,
  RuntimeService,
} from "@kubets/container-runtime";
import { type Clock, sleep } from "@kubets/machinery";
import { podCgroup, podCgroupLimits } from "../cgroups/resources.ts";
import { containerConfig } from "../containers/container-config.ts";
import { CreateContainerConfigError, environmentOf } from "../containers/environment.ts";
import { containerNameLabel, podUidLabel } from "../containers/labels.ts";
import { hostnameOf, hostsFile, parseResolverConfiguration } from "../containers/name-resolution.ts";
import { sandboxConfig } from "../containers/sandbox-config.ts";
import { ensureImage, type EnsuredImage, type WantedImage } from "../images/ensure-image.ts";
import { credentialsFor } from "../images/pull-secrets.ts";
import { containerLogPath, hostsPath, type Layout, podDirectory, podLogDirectory, terminationMessagePath } from "../layout.ts";
import type { NodeSystem } from "../system.ts";
import type { NodeAmounts } from "../volumes/downward-api.ts";
import { volumeMountsOf } from "../volumes/mounts.ts";
import type { PodVolumes } from "../volumes/pod-volumes.ts";
import type { ReferencedObjects } from "../volumes/referenced-objects.ts";
import type { ContainerExited } from "./events.ts";
import { readLastWords } from "./last-words.ts";
import { resizeContainers, type ResizedContainer } from "./resize-containers.ts";
import { allContainers } from "./state.ts";

export interface PodOperationsOptions {
  readonly runtime: RuntimeService & ImageService;
  readonly system: NodeSystem;
  readonly clock: Clock;
  readonly layout: Layout;
  readonly volumes: PodVolumes;
  readonly objects: ReferencedObjects;
  readonly services: Informer<Service>;
  readonly allocatable: () => NodeAmounts;
  readonly nodeAddress: string;
  readonly clusterDns: () => readonly string[];
  readonly clusterDomain: string;
  readonly cgroupRoot: string;
  readonly machineMemory: number;
  /** By which of the runtime's handlers Pods of a RuntimeClass run. */
  readonly runtimeHandler: (runtimeClass: string, signal: AbortSignal) => Promise<string>;
}

/** What is done for a Pod in the runtime and on the machine: each a step that a Pod worker asks for. */
export interface PodOperations {
  /** `isRetry`: it failed before, so what it needs comes first; else all is done at once. Rejects with a {@link MountError} if volumes fail. */
  startSandbox(
    pod: Pod,
    run: { readonly attempt: number; readonly isRetry: boolean },
    signal: AbortSignal,
  ): Promise<{ readonly id: PodSandboxId; readonly ips: readonly string[] }>;
  ensureImage(pod: Pod, image: WantedImage, signal: AbortSignal, onPull: () => void): Promise<EnsuredImage>;
  /** Answers the container, created but not started yet. */
  createContainer(pod: Pod, container: Container, run: ContainerPlace): Promise<ContainerId>;
  /** Removes the runs of a container before the last one, with their logs: one that is over is kept to be looked at. */
  removeOldRuns(pod: Pod, container: string, attempt: number): Promise<void>;
  /** Waits until the runtime says that the container is over. `undefined`: it is still running, or not known. */
  ended(pod: Pod, container: string, id: ContainerId, signal: AbortSignal): Promise<ContainerExited | undefined>;
  /** Gives running containers the resources that their Pod says; `before`: those in force. */
  resize(pod: Pod, containers: readonly ResizedContainer[], signal: AbortSignal): Promise<void>;
  /** Stops the Pod's sandboxes; with `release`, gives back its volumes and control groups too. */
  stopSandbox(pod: Pod, id: PodSandboxId | undefined, release: boolean): Promise<void>;
  /** Removes what is left. */
  discard(pod: Pod): Promise<void>;
}

export interface ContainerPlace {
  readonly sandbox: { readonly id: PodSandboxId; readonly attempt: number; readonly ips: readonly string[] };
  readonly attempt: number;
  readonly imageRef: string;
  readonly targetId?: ContainerId;
}

/** The CRI tells a container's end some 50 ms after the event. */
const endPoll = 15;
const endPolls = 200;
const mostRemembered = 1000;

export function createPodOperations(options: PodOperationsOptions): PodOperations {
  const {
    runtime,
    system,
    clock,
    layout,
    volumes,
    objects,
    services,
    allocatable,
    nodeAddress,
    clusterDns,
    clusterDomain,
    cgroupRoot,
    machineMemory,
    runtimeHandler,
  } = options;
  const { files } = system;
  let resolver: ReturnType<typeof parseResolverConfiguration> | undefined;
  /** What the runtime said of images that were found for containers: by their digests, of which nothing changes. */
  const images = new Map<string, ImageStatus>();
  /** Pods whose sandbox was started in this life of the kubelet: where their volumes lie. All files for first runs of their containers are there. */
  const prepared = new Map<string, { readonly places: ReadonlyMap<string, string>; readonly containers: ReadonlySet<string> }>();

  const configOf = async (pod: Pod, attempt: number): Promise<PodSandboxConfig> => {
    resolver ??= parseResolverConfiguration(await system.machine.resolverConfiguration());
    return sandboxConfig(pod, attempt, { layout, cgroupRoot, clusterDomain, clusterDns: clusterDns(), resolver });
  };
  const withAddresses = (pod: Pod, ips: readonly string[]): Pod => {
    const all = pod.spec.hostNetwork === true ? [nodeAddress] : ips;
    const [podIP] = all;
    const known = podIP === undefined ? {} : { podIP, podIPs: all.map((ip) => ({ ip })) };
    return { ...pod, status: { ...pod.status, hostIP: nodeAddress, hostIPs: [{ ip: nodeAddress }], ...known } };
  };
  const writeHosts = async (pod: Pod, ips: readonly string[]): Promise<void> => {
    const node = pod.spec.hostNetwork === true ? new TextDecoder().decode(await files.read("/etc/hosts")) : undefined;
    const { hostAliases: aliases } = pod.spec;
    const text = hostsFile(ips, hostnameOf(pod, clusterDomain), {
      ...(aliases === undefined ? {} : { aliases }),
      ...(node === undefined ? {} : { node }),
    });
    await files.write(hostsPath(layout, pod.metadata.uid), new TextEncoder().encode(text), { mode: 0o644 });
  };
  // A kubelet that ended between sandbox and container may not have come to it.
  const ensureHosts = async (pod: Pod, ips: readonly string[]): Promise<void> => {
    if ((await files.kindOf(hostsPath(layout, pod.metadata.uid))) === undefined) await writeHosts(pod, ips);
  };
  const hostsMount = (pod: Pod, container: Container): readonly Mount[] => {
    const mountsIt = container.volumeMounts?.some(({ mountPath }) => mountPath === "/etc/hosts") ?? false;
    return mountsIt ? [] : [{ containerPath: "/etc/hosts", hostPath: hostsPath(layout, pod.metadata.uid) }];
  };
  const makeRunFiles = async (pod: Pod, container: Container, attempt: number): Promise<void> => {
    await Promise.all([
      files.write(terminationMessagePath(layout, pod.metadata.uid, container.name, attempt), new Uint8Array(), { mode: 0o666 }),
      files.makeDirectory(`${podLogDirectory(layout, pod)}/${container.name}`, { mode: 0o755 }),
    ]);
  };
  const messageMount = (pod: Pod, container: Container, attempt: number): Mount => ({
    containerPath: container.terminationMessagePath,
    hostPath: terminationMessagePath(layout, pod.metadata.uid, container.name, attempt),
  });

  /** All that a Pod needs on the machine before its containers: directories, control groups and volumes. */
  const prepare = async (pod: Pod, attempt: number): Promise<void> => {
    const { uid } = pod.metadata;
    try {
      // What containers left in a sandbox before this one stays.
      const containers = attempt === 0 ? allContainers(pod) : [];
      await files.makeDirectory(podDirectory(layout, uid), { mode: 0o750 });
      const [places] = await Promise.all([
        volumes.mount(pod),
        system.cgroups.make(podCgroup(cgroupRoot, pod), podCgroupLimits(pod)),
        files
          .makeDirectory(podLogDirectory(layout, pod), { mode: 0o755 })
          .then(() => Promise.all(containers.map((container) => makeRunFiles(pod, container, 0)))),
      ]);
      prepared.set(uid, { places, containers: new Set(containers.map(({ name }) => name)) });
    } catch (cause) {
      throw new MountError(cause instanceof Error ? cause.message : String(cause), { cause });
    }
  };
  const runSandbox = async (
    pod: Pod,
    attempt: number,
    signal: AbortSignal,
  ): Promise<{ readonly id: PodSandboxId; readonly ips: readonly string[] }> => {
    const { runtimeClassName = "" } = pod.spec;
    const handler = runtimeClassName === "" ? {} : { runtimeHandler: await runtimeHandler(runtimeClassName, signal) };
    const id = await runtime.runPodSandbox(await configOf(pod, attempt), { signal, ...handler });
    const ips = (await runtime.podSandboxStatus(id, { signal }))?.ips ?? [];
    await writeHosts(pod, ips);
    return { id, ips };
  };

  return {
    async startSandbox(pod, { attempt, isRetry }, signal) {
      const preparation = prepare(pod, attempt);
      if (isRetry) await preparation;
      const [preparing, sandbox] = await Promise.allSettled([preparation, runSandbox(pod, attempt, signal)]);
      if (sandbox.status === "rejected") throw sandbox.reason;
      if (preparing.status === "rejected") {
        // Its name is needed for the next try.
        await runtime.stopPodSandbox(sandbox.value.id);
        await runtime.removePodSandbox(sandbox.value.id);
        throw preparing.reason;
      }
      return sandbox.value;
    },
    async ensureImage(pod, image, signal, onPull) {
      const { namespace = "", uid } = pod.metadata;
      const secrets = await Promise.all((pod.spec.imagePullSecrets ?? []).map(({ name }) => objects.get(SecretKind, namespace, name, uid)));
      const credentials = credentialsFor(
        image.reference,
        secrets.filter((secret) => secret !== undefined),
      );
      const found = await ensureImage(image, { images: runtime, clock, credentials, signal, onPull });
      if ("imageRef" in found && found.image !== undefined) {
        if (images.size >= mostRemembered) images.clear();
        images.set(found.imageRef, found.image);
      }
      return found;
    },
    async createContainer(pod, container, { sandbox, attempt, imageRef, targetId }) {
      const addressed = withAddresses(pod, sandbox.ips);
      const known = attempt === 0 ? prepared.get(pod.metadata.uid) : undefined;
      const isPrepared = known?.containers.has(container.name) ?? false;
      const [places, image] = await Promise.all([
        known?.places ?? volumes.mount(addressed),
        images.get(imageRef) ?? runtime.imageStatus(imageRef),
        ...(isPrepared ? [] : [makeRunFiles(pod, container, attempt), ensureHosts(addressed, sandbox.ips)]),
      ]);
      if (image === undefined) throw new CreateContainerConfigError(`image ${imageRef} is no longer on this machine`);
      await volumes.mountImages(pod, container);
      const { configMap, secret } = volumes.sources(addressed);
      const environment = await environmentOf(container, {
        configMap,
        secret,
        services: services.list(),
        pod: addressed,
        allocatable: allocatable(),
      });
      const variables = new Map(environment.map(({ name, value }) => [name, value]));
      const mounts = [
        ...(await volumeMountsOf(addressed, container, { places, variables, files })),
        ...hostsMount(pod, container),
        messageMount(pod, container, attempt),
      ];
      const facts = { attempt, image, environment, mounts, layout, machineMemory, ...(targetId === undefined ? {} : { targetId }) };
      try {
        return await runtime.createContainer(
          sandbox.id,
          containerConfig(addressed, container, facts),
          await configOf(pod, sandbox.attempt),
        );
      } catch (error) {
        // It may have been removed since it was found.
        images.delete(imageRef);
        throw error;
      }
    },
    async removeOldRuns(pod, container, attempt) {
      const { uid } = pod.metadata;
      const runs = await runtime.listContainers({ labels: { [podUidLabel]: uid, [containerNameLabel]: container } });
      for (const { id, metadata } of runs) {
        if (metadata.attempt >= attempt - 1) continue;
        await runtime.removeContainer(id);
        await files.remove(`${podLogDirectory(layout, pod)}/${containerLogPath(container, metadata.attempt)}`);
        await files.remove(terminationMessagePath(layout, uid, container, metadata.attempt));
      }
    },
    async ended(pod, container, id, signal) {
      for (let poll = 0; poll < endPolls; poll++) {
        const status = await runtime.containerStatus(id, { signal });
        if (status === undefined) {
          return {
            kind: "exited",
            container,
            id,
            exitCode: 137,
            reason: "ContainerStatusUnknown",
            message: "The container could not be located when the pod was terminated",
            finishedAt: clock.now(),
          };
        }
        if (status.state === "exited") {
          const spec = [...(pod.spec.initContainers ?? []), ...pod.spec.containers, ...(pod.spec.ephemeralContainers ?? [])].find(
            ({ name }) => name === container,
          );
          const words = spec === undefined ? "" : await readLastWords(files, layout, { pod, container: spec, status });
          const { exitCode, reason, startedAt, finishedAt = clock.now() } = status;
          return {
            kind: "exited",
            container,
            id,
            exitCode,
            reason,
            finishedAt,
            ...(startedAt === undefined ? {} : { startedAt }),
            ...(words === "" ? {} : { message: words }),
          };
        }
        await sleep(clock, endPoll, signal);
      }
      return undefined;
    },
    resize: (pod, containers, signal) =>
      resizeContainers(pod, containers, { runtime, cgroups: system.cgroups, cgroupRoot, machineMemory }, signal),
    async stopSandbox(pod, id, release) {
      const all = await runtime.listPodSandboxes({ labels: { [podUidLabel]: pod.metadata.uid } });
      for (const sandbox of all) if (sandbox.state === "ready" || sandbox.id === id) await runtime.stopPodSandbox(sandbox.id);
      prepared.delete(pod.metadata.uid);
      if (!release) return;
      await volumes.unmount(pod);
      await system.cgroups.remove(podCgroup(cgroupRoot, pod));
    },
    async discard(pod) {
      const all = await runtime.listPodSandboxes({ labels: { [podUidLabel]: pod.metadata.uid } });
      for (const sandbox of all) {
        await runtime.stopPodSandbox(sandbox.id);
        await runtime.removePodSandbox(sandbox.id);
      }
      prepared.delete(pod.metadata.uid);
      await volumes.unmount(pod);
      await system.cgroups.remove(podCgroup(cgroupRoot, pod));
      await Promise.all([files.remove(podDirectory(layout, pod.metadata.uid)), files.remove(podLogDirectory(layout, pod))]);
    },
  };
}

/** Volumes, directories or control groups could not be set up; there is no sandbox. */
export class MountError extends Error {
  override readonly name = "MountError";
}
