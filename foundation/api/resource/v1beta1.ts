/** Devices and claims as they were in v1beta1: what is asked for stands in the request itself, and what a device is in `basic`. */
import {
  type FieldsOf,
  flag,
  integer,
  type Kind,
  kindInVersion,
  type KubernetesObject,
  list,
  object,
  type Schema,
  schemaInVersion,
  type SchemaVersion,
  struct,
  text,
} from "@kubets/machinery";
import {
  type CapacityRequirements,
  capacityRequirements,
  type DeviceClaim,
  deviceSubRequest,
  type DeviceRequest,
  type DeviceSubRequest,
  type ExactDeviceRequest,
} from "./device-claim.ts";
import { type DeviceClass, DeviceClassKind } from "./device-class.ts";
import { type DeviceSelector, deviceSelector, type DeviceToleration, deviceToleration } from "./device-configuration.ts";
import { type Device, device } from "./device.ts";
import { type ResourceClaimTemplate, ResourceClaimTemplateKind, type ResourceClaimTemplateSpec } from "./resource-claim-template.ts";
import { type ResourceClaimSpec, type ResourceV1ResourceClaim, ResourceV1ResourceClaimKind } from "./resource-claim.ts";
import { type ResourceSlice, ResourceSliceKind, type ResourceSliceSpec } from "./resource-slice.ts";

/** A request for devices, either of one kind or of the first kind that is there. */
export interface ResourceV1beta1DeviceRequest extends Partial<ExactDeviceRequest> {
  readonly name: string;
  readonly firstAvailable?: readonly DeviceSubRequest[];
}

/** A device that claims can be given. */
export interface ResourceV1beta1Device {
  readonly name: string;
  readonly basic?: ResourceV1beta1BasicDevice;
}

/** What a device is. */
export type ResourceV1beta1BasicDevice = Omit<Device, "name">;

/** The devices that a claim asks for. */
export interface ResourceV1beta1DeviceClaim extends Omit<DeviceClaim, "requests"> {
  readonly requests?: readonly ResourceV1beta1DeviceRequest[];
}

/** Asks for devices, which Pods that name it then share. */
export interface ResourceV1beta1ResourceClaim extends Omit<ResourceV1ResourceClaim, "spec">, KubernetesObject {
  readonly spec: ResourceV1beta1ResourceClaimSpec;
}

/** What a claim asks for. */
export interface ResourceV1beta1ResourceClaimSpec extends Omit<ResourceClaimSpec, "devices"> {
  readonly devices: ResourceV1beta1DeviceClaim;
}

/** Makes a ResourceClaim for each Pod that names it. */
export interface ResourceV1beta1ResourceClaimTemplate extends Omit<ResourceClaimTemplate, "spec">, KubernetesObject {
  readonly spec: Omit<ResourceClaimTemplateSpec, "spec"> & { readonly spec: ResourceV1beta1ResourceClaimSpec };
}

/** Tells of devices of one driver that nodes can use: a part of a pool, or all of it. */
export interface ResourceV1beta1ResourceSlice extends Omit<ResourceSlice, "spec">, KubernetesObject {
  readonly spec: Omit<ResourceSliceSpec, "devices"> & { readonly devices?: readonly ResourceV1beta1Device[] };
}

const names: SchemaVersion = {
  from: "io.k8s.api.resource.v1.",
  to: "io.k8s.api.resource.v1beta1.",
  numbers: { DeviceSubRequest: { tolerations: 7, capacity: 8 } },
};

const deviceRequest: Schema<ResourceV1beta1DeviceRequest> = object<ResourceV1beta1DeviceRequest>(
  "io.k8s.api.resource.v1beta1.DeviceRequest",
  "A request for devices, either of one kind or of the first kind that is there.",
  {
    name: text({ field: 1, required: true, doc: "Its name, by which Pods and constraints refer to it." }),
    deviceClassName: text({ field: 2, doc: "The DeviceClass; not together with firstAvailable." }),
    selectors: list(schemaInVersion<DeviceSelector>(deviceSelector, names), {
      field: 3,
      listType: "atomic",
      doc: "Further conditions on the devices, all of which must hold.",
    }),
    allocationMode: text({
      field: 4,
      doc: "Whether a number of devices is wanted (ExactCount) or all there are (All); ExactCount where nothing is said.",
    }),
    count: integer({ field: 5, bits: 64, doc: "How many, with ExactCount; one where nothing is said." }),
    adminAccess: flag({ field: 6, presence: "pointer", doc: "Whether for administration, besides whoever has them." }),
    firstAvailable: list(schemaInVersion<DeviceSubRequest>(deviceSubRequest, names), {
      field: 7,
      listType: "atomic",
      doc: "Alternatives, best first; at most 8.",
    }),
    tolerations: list(schemaInVersion<DeviceToleration>(deviceToleration, names), {
      field: 8,
      listType: "atomic",
      doc: "The taints that the devices may have; at most 16.",
    }),
    capacity: struct(schemaInVersion<CapacityRequirements>(capacityRequirements, names), {
      field: 9,
      presence: "pointer",
      doc: "How much of each device is wanted, of those that are given several times.",
    }),
  },
);

const basicDevice: Schema<ResourceV1beta1BasicDevice> = object<ResourceV1beta1BasicDevice>(
  "io.k8s.api.resource.v1beta1.BasicDevice",
  "What a device is.",
  basicFields(),
);

/** A device's own fields in v1, which count from its name on. */
function basicFields(): FieldsOf<ResourceV1beta1BasicDevice> {
  const { node } = schemaInVersion<Device>(device, names);
  if (node.type !== "object") throw new TypeError(`Cannot take the fields of a ${node.type}: a device is an object`);
  const { name: _, ...fields } = node.fields();
  const renumbered = Object.entries(fields).map(([name, entry]) => [name, { ...entry, field: entry.field - 1 }]);
  return Object.fromEntries(renumbered) as FieldsOf<ResourceV1beta1BasicDevice>;
}

const deviceV1beta1: Schema<ResourceV1beta1Device> = object<ResourceV1beta1Device>(
  "io.k8s.api.resource.v1beta1.Device",
  "A device that claims can be given.",
  {
    name: text({ field: 1, required: true, doc: "Its name in the pool, a DNS label." }),
    basic: struct(basicDevice, { field: 2, presence: "pointer", doc: "What it is." }),
  },
);

const before = {
  version: "v1beta1",
  schema: { ...names, instead: { DeviceRequest: deviceRequest, Device: deviceV1beta1 } },
  deprecation: { since: "1.35", until: "1.38" },
} as const;

export const ResourceV1beta1DeviceClassKind: Kind<DeviceClass> = kindInVersion<DeviceClass>(DeviceClassKind, before);

export const ResourceV1beta1ResourceClaimKind: Kind<ResourceV1beta1ResourceClaim> = kindInVersion<
  ResourceV1beta1ResourceClaim,
  ResourceV1ResourceClaim
>(ResourceV1ResourceClaimKind, {
  ...before,
  convert: {
    toStored: (claim) => ({ ...claim, spec: claimToStored(claim.spec) }),
    fromStored: (claim) => ({ ...claim, spec: claimFromStored(claim.spec) }),
  },
});

export const ResourceV1beta1ResourceClaimTemplateKind: Kind<ResourceV1beta1ResourceClaimTemplate> = kindInVersion<
  ResourceV1beta1ResourceClaimTemplate,
  ResourceClaimTemplate
>(ResourceClaimTemplateKind, {
  ...before,
  convert: {
    toStored: (template) => ({ ...template, spec: { ...template.spec, spec: claimToStored(template.spec.spec) } }),
    fromStored: (template) => ({ ...template, spec: { ...template.spec, spec: claimFromStored(template.spec.spec) } }),
  },
});

export const ResourceV1beta1ResourceSliceKind: Kind<ResourceV1beta1ResourceSlice> = kindInVersion<
  ResourceV1beta1ResourceSlice,
  ResourceSlice
>(ResourceSliceKind, {
  ...before,
  convert: {
    toStored: ({ spec: { devices, ...spec }, ...slice }) => ({
      ...slice,
      spec: { ...spec, ...(devices && { devices: devices.map(({ name, basic }): Device => ({ name, ...basic })) }) },
    }),
    fromStored: ({ spec: { devices, ...spec }, ...slice }) => ({
      ...slice,
      spec: { ...spec, ...(devices && { devices: devices.map(({ name, ...basic }): ResourceV1beta1Device => ({ name, basic })) }) },
    }),
  },
});

function claimToStored({ devices: { requests, ...devices } }: ResourceV1beta1ResourceClaimSpec): ResourceClaimSpec {
  return { devices: { ...(requests && { requests: requests.map(requestToStored) }), ...devices } };
}

function claimFromStored({ devices: { requests, ...devices } }: ResourceClaimSpec): ResourceV1beta1ResourceClaimSpec {
  return { devices: { ...(requests && { requests: requests.map(requestFromStored) }), ...devices } };
}

/** Who says nothing of devices of one kind asks for the alternatives alone. */
function requestToStored({ name, firstAvailable, deviceClassName, ...exactly }: ResourceV1beta1DeviceRequest): DeviceRequest {
  const asksExactly = deviceClassName !== undefined || Object.values(exactly).some((value) => value !== undefined);
  return {
    name,
    ...(asksExactly && { exactly: { deviceClassName: deviceClassName ?? "", ...exactly } }),
    ...(firstAvailable && { firstAvailable }),
  };
}

function requestFromStored({ name, exactly, firstAvailable }: DeviceRequest): ResourceV1beta1DeviceRequest {
  return { name, ...exactly, ...(firstAvailable && { firstAvailable }) };
}
