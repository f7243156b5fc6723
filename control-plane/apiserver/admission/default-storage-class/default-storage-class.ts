import {
  defaultStorageClassOf,
  type PersistentVolumeClaim,
  PersistentVolumeClaimKind,
  StorageClassKind,
  takesDefaultClass,
} from "@kubets/api";
import type { AdmissionPlugin, ObjectReader } from "../../contracts.ts";
import { isAbout } from "../refusal.ts";

/** Gives a claim that says nothing about its storage class the default one. A claim that says `""` wants none. */
export function defaultStorageClass({ reader }: { readonly reader: ObjectReader }): AdmissionPlugin {
  return {
    name: "DefaultStorageClass",
    mutate(attributes) {
      const { object, operation } = attributes;
      if (operation !== "CREATE" || !isAbout(attributes, PersistentVolumeClaimKind.group, PersistentVolumeClaimKind.resource))
        return object;
      const claim = object as PersistentVolumeClaim;
      return takesDefaultClass(claim) ? withDefaultClass(claim, reader) : object;
    },
  };
}

async function withDefaultClass(claim: PersistentVolumeClaim, reader: ObjectReader): Promise<PersistentVolumeClaim> {
  await reader.ready(StorageClassKind);
  const found = defaultStorageClassOf(reader.list(StorageClassKind, ""));
  return found === undefined ? claim : { ...claim, spec: { ...claim.spec, storageClassName: found.metadata.name } };
}
