import type { Image } from "@kubets/container-runtime";

/** Above the high mark images are removed until the low one is reached: parts of the disk's size, as upstream's defaults are. */
const highMark = 0.85;
const lowMark = 0.8;

/** Which images to remove so that the disk isn't full: those that no container uses, the largest first. */
export function imagesToRemove(
  images: readonly Image[],
  inUse: ReadonlySet<string>,
  { storageBytes, availableBytes }: { readonly storageBytes: number; readonly availableBytes: number },
): readonly Image[] {
  const used = storageBytes - availableBytes;
  if (used <= storageBytes * highMark) return [];
  let excess = used - storageBytes * lowMark;
  const removed: Image[] = [];
  for (const image of images.toSorted((a, b) => b.size - a.size)) {
    if (excess <= 0) break;
    if (image.pinned || isUsed(image, inUse)) continue;
    removed.push(image);
    excess -= image.size;
  }
  return removed;
}

function isUsed({ id, repoTags, repoDigests }: Image, inUse: ReadonlySet<string>): boolean {
  return [id, ...repoTags, ...repoDigests].some((name) => inUse.has(name));
}
