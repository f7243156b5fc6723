import type { Pod } from "@kubets/api";
import { traits } from "../../columns.ts";
import { maximumScore, type Plugin } from "../../framework.ts";

const megabyte = 1024 * 1024;
/** Fewer bytes than this save no time worth a preference. */
const smallest = 23 * megabyte;
const largestOfContainer = 1000 * megabyte;

/** Prefers nodes that have the Pod's images, the more bytes the better; an image that few nodes have counts less, so nodes don't heat up. */
export const imageLocality: Plugin = {
  name: "ImageLocality",
  sign: ({ pod }) => imagesOf(pod).join(" "),
  preScore({ pod }, snapshot) {
    const images = imagesOf(pod);
    const largest = largestOfContainer * (pod.spec.containers.length + (pod.spec.initContainers?.length ?? 0));
    const score = (slot: number): number => {
      if (!snapshot.traits.has(slot, traits.hasImages)) return 0;
      const present = snapshot.node(slot)!.status.images!;
      let bytes = 0;
      for (const image of images) {
        const found = present.find(({ names }) => names?.includes(image));
        if (found !== undefined) bytes += Math.trunc((found.sizeBytes ?? 0) * (snapshot.nodesWithImage(image) / snapshot.size));
      }
      const bounded = Math.min(Math.max(bytes, smallest), largest);
      return Math.trunc((maximumScore * (bounded - smallest)) / (largest - smallest));
    };
    return { scope: "node", score, epoch: () => snapshot.imagesGeneration };
  },
};

/** As nodes name them: without a tag an image is the latest. */
function imagesOf({ spec }: Pod): readonly string[] {
  const images: string[] = [];
  for (const containers of [spec.initContainers ?? [], spec.containers]) {
    for (const { image = "" } of containers) {
      if (image !== "") images.push(image.lastIndexOf(":") <= image.lastIndexOf("/") ? `${image}:latest` : image);
    }
  }
  return images;
}
