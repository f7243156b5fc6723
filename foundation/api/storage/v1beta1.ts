/** Classes of volume attributes as they were before v1: the same objects. */
import { type Kind, kindInVersion } from "@kubets/machinery";
import { type VolumeAttributesClass, VolumeAttributesClassKind } from "./volume-attributes-class.ts";

export const StorageV1beta1VolumeAttributesClassKind: Kind<VolumeAttributesClass> = kindInVersion<VolumeAttributesClass>(
  VolumeAttributesClassKind,
  {
    version: "v1beta1",
    schema: { from: "io.k8s.api.storage.v1.", to: "io.k8s.api.storage.v1beta1." },
    deprecation: { since: "1.34", until: "1.37", instead: "storage.k8s.io/v1" },
  },
);
