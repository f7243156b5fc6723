/** Devices and claims as they were in v1beta2: the same objects as in v1. */
import { type Kind, kindInVersion, type SchemaVersion } from "@kubets/machinery";
import { type DeviceClass, DeviceClassKind } from "./device-class.ts";
import { type ResourceClaimTemplate, ResourceClaimTemplateKind } from "./resource-claim-template.ts";
import { type ResourceV1ResourceClaim, ResourceV1ResourceClaimKind } from "./resource-claim.ts";
import { type ResourceSlice, ResourceSliceKind } from "./resource-slice.ts";

/** How the types of v1 are called in v1beta2. */
export const resourceV1beta2: SchemaVersion = { from: "io.k8s.api.resource.v1.", to: "io.k8s.api.resource.v1beta2." };

const before = { version: "v1beta2", schema: resourceV1beta2, deprecation: { since: "1.36", until: "1.39" } } as const;

export const ResourceV1beta2DeviceClassKind: Kind<DeviceClass> = kindInVersion<DeviceClass>(DeviceClassKind, before);

export const ResourceV1beta2ResourceClaimKind: Kind<ResourceV1ResourceClaim> = kindInVersion<ResourceV1ResourceClaim>(
  ResourceV1ResourceClaimKind,
  before,
);

export const ResourceV1beta2ResourceClaimTemplateKind: Kind<ResourceClaimTemplate> = kindInVersion<ResourceClaimTemplate>(
  ResourceClaimTemplateKind,
  before,
);

export const ResourceV1beta2ResourceSliceKind: Kind<ResourceSlice> = kindInVersion<ResourceSlice>(ResourceSliceKind, before);
