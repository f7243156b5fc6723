import { PersistentVolumeClaimKind, PersistentVolumeKind, VolumeAttributesClassKind, volumeProtection } from "@kubets/api";
import type { Kind } from "@kubets/machinery";
import type { AdmissionPlugin } from "../../contracts.ts";
import { isAbout } from "../refusal.ts";

const finalizers: readonly (readonly [kind: Pick<Kind, "group" | "resource">, finalizer: string])[] = [
  [PersistentVolumeClaimKind, volumeProtection.claim],
  [PersistentVolumeKind, volumeProtection.volume],
  [VolumeAttributesClassKind, volumeProtection.attributesClass],
];

/** Marks new volumes and claims, so that none is gone while somebody uses it; the protection controllers take the mark away. */
export function storageObjectInUseProtection(): AdmissionPlugin {
  return {
    name: "StorageObjectInUseProtection",
    mutate(attributes) {
      const { object, operation } = attributes;
      if (operation !== "CREATE") return object;
      const finalizer = finalizers.find(([{ group, resource }]) => isAbout(attributes, group, resource))?.[1];
      const { finalizers: present = [] } = object.metadata;
      if (finalizer === undefined || present.includes(finalizer)) return object;
      return { ...object, metadata: { ...object.metadata, finalizers: [...present, finalizer] } };
    },
  };
}
