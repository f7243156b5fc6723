import type { ObjectMeta } from "@kubets/machinery";

/** How the class of a volume or claim was named before there was a field for it. */
export const storageClassAnnotation = "volume.beta.kubernetes.io/storage-class";

const abbreviations = [
  ["ReadWriteOnce", "RWO"],
  ["ReadOnlyMany", "ROX"],
  ["ReadWriteMany", "RWX"],
  ["ReadWriteOncePod", "RWOP"],
] as const;

/** Access modes as tables show them, always in the same order. */
export function shortAccessModes(modes: readonly string[] = []): string {
  return abbreviations
    .filter(([mode]) => modes.includes(mode))
    .map(([, short]) => short)
    .join(",");
}

/** The phase, or that the object is being deleted. */
export function phaseOf({ deletionTimestamp }: ObjectMeta, { phase }: { readonly phase: string }): string {
  return deletionTimestamp === undefined ? phase : "Terminating";
}
