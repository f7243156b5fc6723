import { embedded, flag, integer, list, map, object, quantity, type Schema, string, struct, text } from "@kubets/machinery";
import {
  deviceSelector,
  type DeviceSelector,
  type DeviceToleration,
  deviceToleration,
  deviceConfiguration,
  type DeviceConfiguration,
} from "./device-configuration.ts";

/** The devices that a claim asks for. */
export interface DeviceClaim {
  readonly requests?: readonly DeviceRequest[];
  readonly constraints?: readonly DeviceConstraint[];
  readonly config?: readonly DeviceClaimConfiguration[];
}

/** A request for devices, either of one kind or of the first kind that is there. */
export interface DeviceRequest {
  readonly name: string;
  readonly exactly?: ExactDeviceRequest;
  readonly firstAvailable?: readonly DeviceSubRequest[];
}

/** A request for devices of one kind. */
export interface ExactDeviceRequest {
  readonly deviceClassName: string;
  readonly selectors?: readonly DeviceSelector[];
  readonly allocationMode?: string;
  readonly count?: number;
  readonly adminAccess?: boolean;
  readonly tolerations?: readonly DeviceToleration[];
  readonly capacity?: CapacityRequirements;
}

/** One of the alternatives of a request. */
export interface DeviceSubRequest {
  readonly name: string;
  readonly deviceClassName: string;
  readonly selectors?: readonly DeviceSelector[];
  readonly allocationMode?: string;
  readonly count?: number;
  readonly tolerations?: readonly DeviceToleration[];
  readonly capacity?: CapacityRequirements;
}

/** How much of a device is wanted. */
export interface CapacityRequirements {
  readonly requests?: Readonly<Record<string, string>>;
}

/** Something that must hold between the devices of a claim. */
export interface DeviceConstraint {
  readonly requests?: readonly string[];
  readonly matchAttribute?: string;
  readonly distinctAttribute?: string;
}

/** What the drivers of a claim's devices are told. */
export interface DeviceClaimConfiguration extends DeviceConfiguration {
  readonly requests?: readonly string[];
}

const deviceClaimConfiguration: Schema<DeviceClaimConfiguration> = object<DeviceClaimConfiguration>(
  "io.k8s.api.resource.v1.DeviceClaimConfiguration",
  "What the drivers of a claim's devices are told.",
  {
    requests: list(string, { field: 1, listType: "atomic", doc: "The requests that it is for; all where none are named." }),
    ...embedded(deviceConfiguration, { field: 2 }),
  },
);

const deviceConstraint: Schema<DeviceConstraint> = object<DeviceConstraint>(
  "io.k8s.api.resource.v1.DeviceConstraint",
  "Something that must hold between the devices of a claim.",
  {
    requests: list(string, { field: 1, listType: "atomic", doc: "The requests that it is for; all where none are named." }),
    matchAttribute: text({ field: 2, presence: "pointer", doc: "An attribute that must be the same for all of the devices." }),
    distinctAttribute: text({ field: 3, presence: "pointer", doc: "An attribute that must differ between all of the devices." }),
  },
);

export const capacityRequirements: Schema<CapacityRequirements> = object<CapacityRequirements>(
  "io.k8s.api.resource.v1.CapacityRequirements",
  "How much of a device is wanted.",
  {
    requests: map(quantity, { field: 1, doc: "How much of each of its capacities." }),
  },
);

export const deviceSubRequest: Schema<DeviceSubRequest> = object<DeviceSubRequest>(
  "io.k8s.api.resource.v1.DeviceSubRequest",
  "One of the alternatives of a request.",
  {
    name: text({ field: 1, required: true, doc: "Its name." }),
    deviceClassName: text({ field: 2, required: true, doc: "The DeviceClass." }),
    selectors: list(deviceSelector, { field: 3, listType: "atomic", doc: "Further conditions on the devices, all of which must hold." }),
    allocationMode: text({
      field: 4,
      doc: "Whether a number of devices is wanted (ExactCount) or all there are (All); ExactCount where nothing is said.",
    }),
    count: integer({ field: 5, bits: 64, doc: "How many, with ExactCount; one where nothing is said." }),
    tolerations: list(deviceToleration, { field: 6, listType: "atomic", doc: "The taints that the devices may have; at most 16." }),
    capacity: struct(capacityRequirements, {
      field: 7,
      presence: "pointer",
      doc: "How much of each device is wanted, of those that are given several times.",
    }),
  },
);

const exactDeviceRequest: Schema<ExactDeviceRequest> = object<ExactDeviceRequest>(
  "io.k8s.api.resource.v1.ExactDeviceRequest",
  "A request for devices of one kind.",
  {
    deviceClassName: text({ field: 1, required: true, doc: "The DeviceClass." }),
    selectors: list(deviceSelector, { field: 2, listType: "atomic", doc: "Further conditions on the devices, all of which must hold." }),
    allocationMode: text({
      field: 3,
      doc: "Whether a number of devices is wanted (ExactCount) or all there are (All); ExactCount where nothing is said.",
    }),
    count: integer({ field: 4, bits: 64, doc: "How many, with ExactCount; one where nothing is said." }),
    adminAccess: flag({
      field: 5,
      presence: "pointer",
      doc: "Whether for administration, besides whoever has them; only in namespaces with the label resource.kubernetes.io/admin-access.",
    }),
    tolerations: list(deviceToleration, { field: 6, listType: "atomic", doc: "The taints that the devices may have; at most 16." }),
    capacity: struct(capacityRequirements, {
      field: 7,
      presence: "pointer",
      doc: "How much of each device is wanted, of those that are given several times.",
    }),
  },
);

const deviceRequest: Schema<DeviceRequest> = object<DeviceRequest>(
  "io.k8s.api.resource.v1.DeviceRequest",
  "A request for devices, either of one kind or of the first kind that is there.",
  {
    name: text({ field: 1, required: true, doc: "Its name, by which Pods and constraints refer to it." }),
    exactly: struct(exactDeviceRequest, { field: 2, presence: "pointer", doc: "What is asked for; not together with firstAvailable." }),
    firstAvailable: list(deviceSubRequest, { field: 3, listType: "atomic", doc: "Alternatives, best first; at most 8." }),
  },
);

export const deviceClaim: Schema<DeviceClaim> = object<DeviceClaim>(
  "io.k8s.api.resource.v1.DeviceClaim",
  "The devices that a claim asks for.",
  {
    requests: list(deviceRequest, { field: 1, listType: "atomic", doc: "The requests, all of which must be met; at most 32." }),
    constraints: list(deviceConstraint, { field: 2, listType: "atomic", doc: "What must hold between the devices; at most 32." }),
    config: list(deviceClaimConfiguration, { field: 3, listType: "atomic", doc: "What their drivers are told; at most 32." }),
  },
);

/** Who says nothing of the number of devices wants one. */
export function withDeviceCounts(claim: DeviceClaim): DeviceClaim {
  if (claim.requests === undefined) return claim;
  const requests = claim.requests.map((request): DeviceRequest => ({
    ...request,
    ...(request.exactly === undefined ? {} : { exactly: withCount(request.exactly) }),
    ...(request.firstAvailable === undefined ? {} : { firstAvailable: request.firstAvailable.map((each) => withCount(each)) }),
  }));
  return { ...claim, requests };
}

function withCount<T extends Pick<DeviceSubRequest, "allocationMode" | "count">>(request: T): T {
  const { allocationMode = "ExactCount", count = 0 } = request;
  return { ...request, allocationMode, ...(allocationMode === "ExactCount" && count === 0 ? { count: 1 } : {}) };
}
