import type { Container, Pod, Volume } from "@kubets/api";
import type { ImageContent } from "@kubets/container-runtime";
import type { WantedImage } from "../images/ensure-image.ts";
import { type Layout, volumeDirectory } from "../layout.ts";
import type { NodeSystem } from "../system.ts";

export interface ImageVolumesOptions {
  readonly system: Pick<NodeSystem, "files" | "mounts">;
  readonly layout: Layout;
  /** Absent: this node has no way to show what is in an image. */
  readonly content: ImageContent | undefined;
}

/** Volumes that are images: pulled like those of containers, mounted read-only for as long as their Pod is there. */
export interface ImageVolumes {
  /** Where a volume lies, whether it is mounted yet or not. */
  place(pod: Pod, volume: Volume): string;
  /** Mounts the volumes of this kind that a container wants to see: their images must be here by now. */
  mountFor(pod: Pod, container: Container): Promise<void>;
  /** Gives the images of a Pod back; nothing must be mounted any more. */
  release(pod: Pod): Promise<void>;
  /** The same for all Pods but these. */
  releaseOthers(uids: ReadonlySet<string>): Promise<void>;
}

/** The images of the volumes that a container mounts. */
export function volumeImagesOf(pod: Pod, container: Container): readonly WantedImage[] {
  return imageVolumesOf(pod, container).map(({ image }) => ({
    reference: image?.reference ?? "",
    pullPolicy: image?.pullPolicy ?? "IfNotPresent",
  }));
}

export function createImageVolumes({ system: { files, mounts }, layout, content }: ImageVolumesOptions): ImageVolumes {
  const place: ImageVolumes["place"] = (pod, { name }) => volumeDirectory(layout, pod.metadata.uid, "image", name);
  return {
    place,
    async mountFor(pod, container) {
      for (const volume of imageVolumesOf(pod, container)) {
        if (content === undefined) throw new Error("volumes of kind image are not supported by this node's container runtime");
        const path = place(pod, volume);
        if (await mounts.isMountPoint(path)) continue;
        await files.makeDirectory(path, { mode: 0o755 });
        await content.mount(volume.image?.reference ?? "", { holder: holderOf(pod.metadata.uid, volume.name), path });
      }
    },
    async release({ metadata: { uid }, spec: { volumes = [] } }) {
      for (const { name, image } of volumes) if (image !== undefined) await content?.release(holderOf(uid, name));
    },
    async releaseOthers(uids) {
      for (const holder of (await content?.holders()) ?? []) if (!uids.has(holder.split(".", 1)[0]!)) await content?.release(holder);
    },
  };
}

function imageVolumesOf({ spec: { volumes = [] } }: Pod, { volumeMounts = [] }: Container): readonly Volume[] {
  return volumes.filter(({ name, image }) => image !== undefined && volumeMounts.some((mount) => mount.name === name));
}

/** Neither part holds a dot. */
function holderOf(uid: string, volume: string): string {
  return `${uid}.${volume}`;
}
