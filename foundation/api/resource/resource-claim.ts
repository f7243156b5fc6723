import {
  condition,
  type Condition,
  type defaulted,
  defineKind,
  embedded,
  field,
  flag,
  jsonObject,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  map,
  object,
  quantity,
  type Schema,
  string,
  struct,
  text,
  time,
  type Time,
} from "@kubets/machinery";
import { deviceClaim, type DeviceClaim } from "./device-claim.ts";
import { nodeSelector, type NodeSelector } from "../core/shared/node-selector.ts";
import { deviceToleration, type DeviceToleration, type DeviceConfiguration, deviceConfiguration } from "./device-configuration.ts";
import { ageColumn, nameColumn } from "../columns.ts";
import { immutable } from "../immutable.ts";
import { withDeviceCounts } from "./device-claim.ts";
import { validateDeviceClaim } from "./device-claim-rules.ts";
import { validateResourceClaimStatus } from "./resource-claim-rules.ts";

/** Asks for devices, which Pods that name it then share. */
export interface ResourceV1ResourceClaim extends KubernetesObject {
  readonly [defaulted]?: "status";
  readonly spec: ResourceClaimSpec;
  readonly status: ResourceClaimStatus;
}

/** What a claim asks for. */
export interface ResourceClaimSpec {
  readonly [defaulted]?: "devices";
  readonly devices: DeviceClaim;
}

/** What a claim was given, and who uses it. */
export interface ResourceClaimStatus {
  readonly allocation?: AllocationResult;
  readonly reservedFor?: readonly ResourceClaimConsumerReference[];
  readonly devices?: readonly AllocatedDeviceStatus[];
}

/** Names an object that uses a claim. */
export interface ResourceClaimConsumerReference {
  readonly apiGroup?: string;
  readonly resource: string;
  readonly name: string;
  readonly uid: string;
}

/** What a claim was given. */
export interface AllocationResult {
  readonly [defaulted]?: "devices";
  readonly devices: DeviceAllocationResult;
  readonly nodeSelector?: NodeSelector;
  readonly allocationTimestamp?: Time;
}

/** The devices that a claim was given. */
export interface DeviceAllocationResult {
  readonly results?: readonly DeviceRequestAllocationResult[];
  readonly config?: readonly DeviceAllocationConfiguration[];
}

/** A device that was given for a request. */
export interface DeviceRequestAllocationResult {
  readonly request: string;
  readonly driver: string;
  readonly pool: string;
  readonly device: string;
  readonly adminAccess?: boolean;
  readonly tolerations?: readonly DeviceToleration[];
  readonly bindingConditions?: readonly string[];
  readonly bindingFailureConditions?: readonly string[];
  readonly shareID?: string;
  readonly consumedCapacity?: Readonly<Record<string, string>>;
}

/** What the drivers of given devices are told. */
export interface DeviceAllocationConfiguration extends DeviceConfiguration {
  readonly source: "FromClaim" | "FromClass";
  readonly requests?: readonly string[];
}

/** What a driver says of a device that was given. */
export interface AllocatedDeviceStatus {
  readonly driver: string;
  readonly pool: string;
  readonly device: string;
  readonly shareID?: string;
  readonly conditions?: readonly Condition[];
  readonly data?: Readonly<Record<string, unknown>>;
  readonly networkData?: NetworkDeviceData;
}

/** What there is to know of a network device that was given. */
export interface NetworkDeviceData {
  readonly interfaceName?: string;
  readonly ips?: readonly string[];
  readonly hardwareAddress?: string;
}

const networkDeviceData: Schema<NetworkDeviceData> = object<NetworkDeviceData>(
  "io.k8s.api.resource.v1.NetworkDeviceData",
  "What there is to know of a network device that was given.",
  {
    interfaceName: text({ field: 1, doc: "The interface in the Pod." }),
    ips: list(string, {
      field: 2,
      listType: "atomic",
      doc: "The addresses of the interface, each with the length of its network such as `192.0.2.5/24`.",
    }),
    hardwareAddress: text({ field: 3, doc: "The interface's hardware address." }),
  },
);

const allocatedDeviceStatus: Schema<AllocatedDeviceStatus> = object<AllocatedDeviceStatus>(
  "io.k8s.api.resource.v1.AllocatedDeviceStatus",
  "What a driver says of a device that was given.",
  {
    driver: text({ field: 1, required: true, doc: "The device's driver." }),
    pool: text({ field: 2, required: true, doc: "The device's pool." }),
    device: text({ field: 3, required: true, doc: "The device's name in the pool." }),
    shareID: text({ field: 7, presence: "pointer", doc: "Which share of a device that is given several times." }),
    conditions: list(condition, { field: 4, listType: "map", mapKeys: ["type"], doc: "What there is to know of the device; at most 8." }),
    data: field(jsonObject, { field: 5, presence: "pointer", doc: "What only the driver understands; at most 10 KiB." }),
    networkData: struct(networkDeviceData, { field: 6, presence: "pointer", doc: "What there is to know of a network device." }),
  },
);

const deviceAllocationConfiguration: Schema<DeviceAllocationConfiguration> = object<DeviceAllocationConfiguration>(
  "io.k8s.api.resource.v1.DeviceAllocationConfiguration",
  "What the drivers of given devices are told.",
  {
    source: text({
      field: 1,
      required: true,
      enum: ["FromClaim", "FromClass"],
      doc: "Whether the class says it (FromClass), or the claim (FromClaim).",
    }),
    requests: list(string, { field: 2, listType: "atomic", doc: "The requests that it is for; all where none are named." }),
    ...embedded(deviceConfiguration, { field: 3 }),
  },
);

const deviceRequestAllocationResult: Schema<DeviceRequestAllocationResult> = object<DeviceRequestAllocationResult>(
  "io.k8s.api.resource.v1.DeviceRequestAllocationResult",
  "A device that was given for a request.",
  {
    request: text({ field: 1, required: true, doc: "The request, or the request and its alternative as `request/alternative`." }),
    driver: text({ field: 2, required: true, doc: "The device's driver." }),
    pool: text({ field: 3, required: true, doc: "The device's pool." }),
    device: text({ field: 4, required: true, doc: "The device's name in the pool." }),
    adminAccess: flag({ field: 5, presence: "pointer", doc: "Whether it was given for administration, besides whoever has it." }),
    tolerations: list(deviceToleration, {
      field: 6,
      listType: "atomic",
      doc: "The taints that the request tolerates, as they were when it was given.",
    }),
    bindingConditions: list(string, {
      field: 7,
      listType: "atomic",
      doc: "Conditions of the device that must hold before the Pod is bound.",
    }),
    bindingFailureConditions: list(string, {
      field: 8,
      listType: "atomic",
      doc: "Conditions of the device by which the binding has failed.",
    }),
    shareID: text({ field: 9, presence: "pointer", doc: "Which share of a device that is given several times." }),
    consumedCapacity: map(quantity, { field: 10, doc: "How much of each capacity of the device was given." }),
  },
);

const deviceAllocationResult: Schema<DeviceAllocationResult> = object<DeviceAllocationResult>(
  "io.k8s.api.resource.v1.DeviceAllocationResult",
  "The devices that a claim was given.",
  {
    results: list(deviceRequestAllocationResult, { field: 1, listType: "atomic", doc: "The devices, by request." }),
    config: list(deviceAllocationConfiguration, {
      field: 2,
      listType: "atomic",
      doc: "What their drivers are told, of the class and of the claim.",
    }),
  },
);

const allocationResult: Schema<AllocationResult> = object<AllocationResult>(
  "io.k8s.api.resource.v1.AllocationResult",
  "What a claim was given.",
  {
    devices: struct(deviceAllocationResult, { field: 1, default: {}, doc: "The devices." }),
    nodeSelector: struct(nodeSelector, {
      field: 3,
      presence: "pointer",
      doc: "The nodes where they can be used; all where nothing is said.",
    }),
    allocationTimestamp: field(time, { field: 5, presence: "pointer", doc: "When they were given." }),
  },
);

const resourceClaimConsumerReference: Schema<ResourceClaimConsumerReference> = object<ResourceClaimConsumerReference>(
  "io.k8s.api.resource.v1.ResourceClaimConsumerReference",
  "Names an object that uses a claim.",
  {
    apiGroup: text({ field: 1, doc: "Its API group; empty for the core group." }),
    resource: text({ field: 3, required: true, doc: "Its resource, such as pods." }),
    name: text({ field: 4, required: true, doc: "Its name." }),
    uid: text({ field: 5, required: true, doc: "Its uid." }),
  },
);

const resourceClaimStatus: Schema<ResourceClaimStatus> = object<ResourceClaimStatus>(
  "io.k8s.api.resource.v1.ResourceClaimStatus",
  "What a claim was given, and who uses it.",
  {
    allocation: struct(allocationResult, { field: 1, presence: "pointer", doc: "What it was given; nothing yet where absent." }),
    reservedFor: list(resourceClaimConsumerReference, {
      field: 2,
      listType: "map",
      mapKeys: ["uid"],
      patchStrategy: "merge",
      mergeKey: "uid",
      doc: "Who may use it, most often Pods; at most 256.",
    }),
    devices: list(allocatedDeviceStatus, {
      field: 4,
      listType: "map",
      mapKeys: ["driver", "device", "pool", "shareID"],
      doc: "What the drivers say of each device given.",
    }),
  },
);

export const resourceClaimSpec: Schema<ResourceClaimSpec> = object<ResourceClaimSpec>(
  "io.k8s.api.resource.v1.ResourceClaimSpec",
  "What a claim asks for.",
  {
    devices: struct(deviceClaim, { field: 1, default: {}, doc: "The devices." }),
  },
);

const resourceClaim: Schema<ResourceV1ResourceClaim> = kindObject<ResourceV1ResourceClaim>(
  "io.k8s.api.resource.v1.ResourceClaim",
  "Asks for devices, which Pods that name it then share.",
  {
    spec: struct(resourceClaimSpec, { field: 2, required: true, doc: "What is asked for; never changes." }),
    status: struct(resourceClaimStatus, { field: 3, default: {}, doc: "What was given." }),
  },
);

export const ResourceV1ResourceClaimKind: Kind<ResourceV1ResourceClaim> = defineKind<ResourceV1ResourceClaim>({
  group: "resource.k8s.io",
  version: "v1",
  kind: "ResourceClaim",
  resource: "resourceclaims",
  scope: "Namespaced",
  schema: resourceClaim,
  subresources: { status: true },
  columns: [nameColumn, { name: "State", type: "string", doc: "How far it is.", cell: stateOf }, ageColumn],
  strategy: {
    answersDeleted: true,
    defaults: (claim) => ({ ...claim, spec: { ...claim.spec, devices: withDeviceCounts(claim.spec.devices) } }),
    validate: ({ spec }) => validateDeviceClaim(spec.devices, "spec.devices"),
    validateUpdate: ({ spec }, previous) => immutable("spec", spec, previous.spec),
    validateStatusUpdate: validateResourceClaimStatus,
  },
});

function stateOf({ metadata, status }: ResourceV1ResourceClaim): string {
  const { allocation, reservedFor = [] } = status;
  const isDeleted = metadata.deletionTimestamp !== undefined;
  return [
    ...(isDeleted ? ["deleted"] : []),
    ...(allocation === undefined && !isDeleted ? ["pending"] : []),
    ...(allocation === undefined ? [] : ["allocated"]),
    ...(reservedFor.length > 0 ? ["reserved"] : []),
  ].join(",");
}
