import { boolean, field, flag, int64, integer, list, map, object, quantity, type Schema, string, struct, text } from "@kubets/machinery";
import { deviceCounterConsumption, type DeviceCounterConsumption } from "./device-counters.ts";
import { nodeSelector, type NodeSelector } from "../core/shared/node-selector.ts";
import { type DeviceTaint, deviceTaint } from "./device-configuration.ts";

/** A device that claims can be given. */
export interface Device {
  readonly name: string;
  readonly attributes?: Readonly<Record<string, DeviceAttribute>>;
  readonly capacity?: Readonly<Record<string, DeviceCapacity>>;
  readonly consumesCounters?: readonly DeviceCounterConsumption[];
  readonly nodeName?: string;
  readonly nodeSelector?: NodeSelector;
  readonly allNodes?: boolean;
  readonly taints?: readonly DeviceTaint[];
  readonly bindsToNode?: boolean;
  readonly bindingConditions?: readonly string[];
  readonly bindingFailureConditions?: readonly string[];
  readonly allowMultipleAllocations?: boolean;
  readonly nodeAllocatableResourceMappings?: Readonly<Record<string, NodeAllocatableResourceMapping>>;
}

/** How much of a node's resource a device takes. */
export interface NodeAllocatableResourceMapping {
  readonly capacityKey?: string;
  readonly allocationMultiplier?: string;
}

/** One thing that a device is like, in the one field that fits. */
export interface DeviceAttribute {
  readonly int?: number;
  readonly bool?: boolean;
  readonly string?: string;
  readonly version?: string;
  readonly ints?: readonly number[];
  readonly bools?: readonly boolean[];
  readonly strings?: readonly string[];
  readonly versions?: readonly string[];
}

/** How much of something a device has. */
export interface DeviceCapacity {
  readonly value: string;
  readonly requestPolicy?: CapacityRequestPolicy;
}

/** How much of a capacity claims may ask for. */
export interface CapacityRequestPolicy {
  readonly default?: string;
  readonly validValues?: readonly string[];
  readonly validRange?: CapacityRequestPolicyRange;
}

/** The range of amounts that claims may ask for. */
export interface CapacityRequestPolicyRange {
  readonly min: string;
  readonly max?: string;
  readonly step?: string;
}

const capacityRequestPolicyRange: Schema<CapacityRequestPolicyRange> = object<CapacityRequestPolicyRange>(
  "io.k8s.api.resource.v1.CapacityRequestPolicyRange",
  "The range of amounts that claims may ask for.",
  {
    min: field(quantity, { field: 1, presence: "pointer", required: true, doc: "The least." }),
    max: field(quantity, { field: 2, presence: "pointer", doc: "The most; all of the capacity where nothing is said." }),
    step: field(quantity, { field: 3, presence: "pointer", doc: "What amounts go up by, from the least on." }),
  },
);

const capacityRequestPolicy: Schema<CapacityRequestPolicy> = object<CapacityRequestPolicy>(
  "io.k8s.api.resource.v1.CapacityRequestPolicy",
  "How much of a capacity claims may ask for.",
  {
    default: field(quantity, { field: 1, presence: "pointer", doc: "What a claim gets that says nothing." }),
    validValues: list(quantity, { field: 3, listType: "atomic", doc: "The amounts that may be asked for; at most 10." }),
    validRange: struct(capacityRequestPolicyRange, {
      field: 4,
      presence: "pointer",
      doc: "The range in which amounts may be asked for; not together with validValues.",
    }),
  },
);

const deviceCapacity: Schema<DeviceCapacity> = object<DeviceCapacity>(
  "io.k8s.api.resource.v1.DeviceCapacity",
  "How much of something a device has.",
  {
    value: field(quantity, { field: 1, required: true, doc: "How much." }),
    requestPolicy: struct(capacityRequestPolicy, {
      field: 2,
      presence: "pointer",
      doc: "How much of it claims may ask for, where the device is given several times.",
    }),
  },
);

const deviceAttribute: Schema<DeviceAttribute> = object<DeviceAttribute>(
  "io.k8s.api.resource.v1.DeviceAttribute",
  "One thing that a device is like, in the one field that fits.",
  {
    int: integer({ field: 2, presence: "pointer", bits: 64, doc: "A whole number." }),
    bool: flag({ field: 3, presence: "pointer", doc: "True or false." }),
    string: text({ field: 4, presence: "pointer", doc: "A text of at most 64 characters." }),
    version: text({ field: 5, presence: "pointer", doc: "A version as semver.org has them, of at most 64 characters." }),
    ints: list(int64, { field: 6, listType: "atomic", doc: "Whole numbers." }),
    bools: list(boolean, { field: 7, listType: "atomic", doc: "Truths." }),
    strings: list(string, { field: 8, listType: "atomic", doc: "Texts." }),
    versions: list(string, { field: 9, listType: "atomic", doc: "Versions." }),
  },
);

const nodeAllocatableResourceMapping: Schema<NodeAllocatableResourceMapping> = object<NodeAllocatableResourceMapping>(
  "io.k8s.api.resource.v1.NodeAllocatableResourceMapping",
  "How much of a node's resource a device takes.",
  {
    capacityKey: text({
      field: 1,
      presence: "pointer",
      doc: "The capacity that says how much; one of the device counts as one where none is named.",
    }),
    allocationMultiplier: field(quantity, { field: 2, presence: "pointer", doc: "By how much that is multiplied." }),
  },
);

export const device: Schema<Device> = object<Device>("io.k8s.api.resource.v1.Device", "A device that claims can be given.", {
  name: text({ field: 1, required: true, doc: "Its name in the pool, a DNS label." }),
  attributes: map(deviceAttribute, {
    field: 2,
    doc: "What it is like, by name; the driver's own names need no domain. With the capacities at most 32.",
  }),
  capacity: map(deviceCapacity, { field: 3, doc: "How much of what it has, by name." }),
  consumesCounters: list(deviceCounterConsumption, { field: 4, listType: "atomic", doc: "What it uses of shared counters." }),
  nodeName: text({ field: 5, presence: "pointer", doc: "The one node that can use it." }),
  nodeSelector: struct(nodeSelector, { field: 6, presence: "pointer", doc: "The nodes that can use it." }),
  allNodes: flag({ field: 7, presence: "pointer", doc: "That all nodes can use it." }),
  taints: list(deviceTaint, { field: 8, listType: "atomic", doc: "What keeps it from claims that don't tolerate it; at most 16." }),
  bindsToNode: flag({ field: 9, presence: "pointer", doc: "Whether, once it is given, it can be used on that node only." }),
  bindingConditions: list(string, {
    field: 10,
    listType: "atomic",
    doc: "Conditions that must hold before a Pod that uses it is bound; at most 4.",
  }),
  bindingFailureConditions: list(string, {
    field: 11,
    listType: "atomic",
    doc: "Conditions by which such a binding has failed; at most 4.",
  }),
  allowMultipleAllocations: flag({ field: 12, presence: "pointer", doc: "Whether it may be given to several claims at once." }),
  nodeAllocatableResourceMappings: map(nodeAllocatableResourceMapping, {
    field: 13,
    doc: "Which resources of the node it takes when it is given, by name.",
  }),
});
