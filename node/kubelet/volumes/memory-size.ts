import type { Pod, Volume } from "@kubets/api";
import { wholeValue } from "@kubets/machinery";
import { podCgroupLimits } from "../cgroups/resources.ts";
import type { NodeAmounts } from "./downward-api.ts";

/**
 * How much a volume in memory may hold, in bytes: what the volume says, and never more than its Pod's limit of memory or than the node
 * has for Pods. `undefined` when none of them says anything.
 */
export function memoryVolumeBytes(pod: Pod, { emptyDir }: Volume, allocatable: NodeAmounts): number | undefined {
  const ofNode = allocatable["memory"];
  const bounds = [
    emptyDir?.sizeLimit === undefined ? undefined : wholeValue(emptyDir.sizeLimit),
    podCgroupLimits(pod).memoryBytes,
    ofNode === undefined ? undefined : wholeValue(ofNode),
  ].filter((bound) => bound !== undefined && bound > 0);
  return bounds.length === 0 ? undefined : Math.min(...(bounds as number[]));
}
