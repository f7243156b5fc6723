import { type PersistentVolumeClaim, PersistentVolumeClaimKind, type StorageClass, StorageClassKind } from "@kubets/api";
import type { AdmissionPlugin, ObjectReader } from "../../contracts.ts";
import { isAbout } from "../refusal.ts";

const defaultAnnotation = "storageclass.kubernetes.io/is-default-class";
const claimAnnotation = "volume.beta.kubernetes.io/storage-class";

/** Gives a claim that says nothing about its storage class the default one. A claim that says `""` wants none. */
export function defaultStorageClass({ reader }: { readonly reader: ObjectReader }): AdmissionPlugin {
  return {
    name: "DefaultStorageClass",
    mutate(attributes) {
      const { object, operation } = attributes;
      if (operation !== "CREATE" || !isAbout(attributes, PersistentVolumeClaimKind.group, PersistentVolumeClaimKind.resource))
        return object;
      const claim = object as PersistentVolumeClaim;
      if (claim.spec.storageClassName !== undefined || claim.metadata.annotations?.[claimAnnotation] !== undefined) return object;
      return withDefaultClass(claim, reader);
    },
  };
}

async function withDefaultClass(claim: PersistentVolumeClaim, reader: ObjectReader): Promise<PersistentVolumeClaim> {
  await reader.ready(StorageClassKind);
  const found = newestDefault(reader.list(StorageClassKind, ""));
  return found === undefined ? claim : { ...claim, spec: { ...claim.spec, storageClassName: found.metadata.name } };
}

/** Of several defaults the newest, then the first by name. */
function newestDefault(classes: readonly StorageClass[]): StorageClass | undefined {
  return classes
    .filter(({ metadata }) => metadata.annotations?.[defaultAnnotation] === "true")
    .toSorted(
      (a, b) => compare(b.metadata.creationTimestamp, a.metadata.creationTimestamp) || compare(a.metadata.name, b.metadata.name),
    )[0];
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
