import { ConfigMapKind, type Container, type Pod, SecretKind, type Volume } from "@kubets/api";
import type { Client } from "@kubets/client";
import { type Clock, isStatus } from "@kubets/machinery";
import { type Layout, podDirectory, volumeDirectory } from "../layout.ts";
import type { NodeSystem } from "../system.ts";
import type { NodeAmounts } from "./downward-api.ts";
import { type FileSources, filesOf, isInMemory, isMadeOfFiles } from "./files.ts";
import { prepareHostPath } from "./host-path.ts";
import type { ImageVolumes } from "./image-volumes.ts";
import { memoryVolumeBytes } from "./memory-size.ts";
import { findClaimedVolume } from "./persistent-claims.ts";
import type { ReferencedObjects } from "./referenced-objects.ts";
import type { PodTokens } from "./tokens.ts";
import { writeAtomically } from "./write-atomically.ts";

export interface PodVolumesOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly system: Pick<NodeSystem, "files" | "mounts">;
  readonly layout: Layout;
  readonly objects: ReferencedObjects;
  readonly tokens: PodTokens;
  readonly images: ImageVolumes;
  readonly allocatable: () => NodeAmounts;
}

/** The volumes of the Pods on this node. */
export interface PodVolumes {
  /** Sets all volumes up, or finds them so. Answers where each one lies. */
  mount(pod: Pod): Promise<ReadonlyMap<string, string>>;
  /** The volumes that are images, once those are on this node. */
  mountImages(pod: Pod, container: Container): Promise<void>;
  /** Brings the files of volumes that are made of objects up to date. */
  refresh(pod: Pod): Promise<void>;
  unmount(pod: Pod): Promise<void>;
  sources(pod: Pod): FileSources;
}

export function createPodVolumes({ client, clock, system, layout, objects, tokens, images, allocatable }: PodVolumesOptions): PodVolumes {
  const { files, mounts } = system;

  const sources = (pod: Pod): FileSources => {
    const { namespace = "", uid } = pod.metadata;
    return {
      pod,
      allocatable: allocatable(),
      configMap: (name) => objects.get(ConfigMapKind, namespace, name, uid),
      secret: (name) => objects.get(SecretKind, namespace, name, uid),
      token: (projection) => tokens.token(pod, projection),
    };
  };
  const directoryOf = (pod: Pod, volume: Volume): string => volumeDirectory(layout, pod.metadata.uid, pluginOf(volume), volume.name);

  /** Whether it had to be mounted: it may be so from an earlier life of the kubelet, and isn't any more after one of the machine. */
  const mountMemory = async (pod: Pod, volume: Volume, directory: string): Promise<boolean> => {
    if (await mounts.isMountPoint(directory)) return false;
    const sizeBytes = memoryVolumeBytes(pod, volume, allocatable());
    await mounts.tmpfs(directory, {
      mode: volume.emptyDir === undefined ? 0o755 : 0o777,
      ...(sizeBytes === undefined ? {} : { sizeBytes }),
    });
    return true;
  };
  const writeFiles = async (pod: Pod, volume: Volume): Promise<string> => {
    const directory = directoryOf(pod, volume);
    const wanted = await filesOf(volume, sources(pod));
    const { fsGroup } = pod.spec.securityContext;
    await writeAtomically(files, directory, wanted, {
      stamp: String(clock.now()).replace(".", "_"),
      ...(fsGroup === undefined ? {} : { group: fsGroup }),
    });
    return directory;
  };
  const mountFiles = async (pod: Pod, volume: Volume): Promise<string> => {
    const directory = directoryOf(pod, volume);
    await files.makeDirectory(directory, { mode: 0o755 });
    if (isInMemory(volume)) await mountMemory(pod, volume, directory);
    return writeFiles(pod, volume);
  };
  const mountEmpty = async (pod: Pod, volume: Volume): Promise<string> => {
    const directory = directoryOf(pod, volume);
    const { medium = "" } = volume.emptyDir ?? {};
    if (medium !== "" && medium !== "Memory") throw new Error(`emptyDir medium ${medium} is not supported by this kubelet`);
    let isNew = (await files.kindOf(directory)) === undefined;
    await files.makeDirectory(directory, { mode: 0o777 });
    if (medium === "Memory") isNew = await mountMemory(pod, volume, directory);
    const { fsGroup } = pod.spec.securityContext;
    if (isNew && fsGroup !== undefined) await files.giveToGroup(directory, fsGroup, { writable: true });
    return directory;
  };
  const mountOne = async (pod: Pod, volume: Volume): Promise<string> => {
    if (isMadeOfFiles(volume)) return mountFiles(pod, volume);
    if (volume.image !== undefined) return images.place(pod, volume);
    if (volume.hostPath !== undefined) return prepareHostPath(files, volume.hostPath);
    const claimed = await findClaimedVolume(pod, volume, { client, files });
    if (claimed !== undefined) return claimed;
    const kind = Object.keys(volume).find((key) => key !== "name");
    if (kind === undefined || kind === "emptyDir") return mountEmpty(pod, volume);
    throw new Error(`volumes of kind ${kind} are not supported by this kubelet`);
  };

  return {
    sources,
    async mount(pod) {
      const volumes = pod.spec.volumes ?? [];
      const places = await Promise.all(
        volumes.map(async (volume) => {
          try {
            return [volume.name, await mountOne(pod, volume)] as const;
          } catch (error) {
            throw new Error(`MountVolume.SetUp failed for volume "${volume.name}" : ${messageOf(error)}`, { cause: error });
          }
        }),
      );
      return new Map(places);
    },
    mountImages: (pod, container) => images.mountFor(pod, container),
    async refresh(pod) {
      for (const volume of pod.spec.volumes ?? []) if (isMadeOfFiles(volume)) await writeFiles(pod, volume);
    },
    async unmount(pod) {
      const directory = podDirectory(layout, pod.metadata.uid);
      for (const place of await mounts.below(directory)) await mounts.unmount(place);
      await images.release(pod);
      await files.remove(`${directory}/volumes`);
      tokens.release(pod.metadata.uid);
      await objects.release(pod.metadata.uid);
    },
  };
}

function pluginOf({ configMap, secret, downwardAPI, projected }: Volume): string {
  if (configMap !== undefined) return "configmap";
  if (secret !== undefined) return "secret";
  if (downwardAPI !== undefined) return "downward-api";
  return projected === undefined ? "empty-dir" : "projected";
}

export function messageOf(error: unknown): string {
  if (isStatus(error)) return error.message;
  return error instanceof Error ? error.message : String(error);
}
