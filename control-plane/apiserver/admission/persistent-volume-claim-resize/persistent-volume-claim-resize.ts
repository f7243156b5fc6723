import {
  type PersistentVolumeClaim,
  PersistentVolumeClaimKind,
  requestedStorage,
  storageClassOfClaim,
  StorageClassKind,
} from "@kubets/api";
import { compareQuantities } from "@kubets/machinery";
import type { AdmissionPlugin, ObjectReader } from "../../contracts.ts";
import { isAbout, refusal } from "../refusal.ts";

/** Lets a claim ask for more only when it has a volume, and its class says that its volumes can grow. */
export function persistentVolumeClaimResize({ reader }: { readonly reader: ObjectReader }): AdmissionPlugin {
  return {
    name: "PersistentVolumeClaimResize",
    async validate(attributes) {
      const { object, previous, operation } = attributes;
      if (operation !== "UPDATE" || !isAbout(attributes, PersistentVolumeClaimKind.group, PersistentVolumeClaimKind.resource)) return;
      const [claim, before] = [object as PersistentVolumeClaim, previous as PersistentVolumeClaim];
      if (compareQuantities(requestedStorage(claim), requestedStorage(before)) <= 0) return;
      if (before.status.phase !== "Bound") throw refusal(attributes, "Only bound persistent volume claims can be expanded");
      await reader.ready(StorageClassKind);
      const className = storageClassOfClaim(claim);
      const storageClass = className === storageClassOfClaim(before) ? reader.get(StorageClassKind, "", className) : undefined;
      if (storageClass?.allowVolumeExpansion === true) return;
      throw refusal(
        attributes,
        "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize",
      );
    },
  };
}
