import {
  defineKind,
  flag,
  integer,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  object,
  type Schema,
  struct,
  text,
} from "@kubets/machinery";
import { nodeSelector, type NodeSelector } from "../core/shared/node-selector.ts";
import { type Device, device } from "./device.ts";
import { type CounterSet, counterSet } from "./device-counters.ts";
import { ageColumn, nameColumn } from "../columns.ts";
import { validateResourceSlice, validateResourceSliceUpdate } from "./resource-slice-rules.ts";

/** Tells of devices of one driver that nodes can use: a part of a pool, or all of it. */
export interface ResourceSlice extends KubernetesObject {
  readonly spec: ResourceSliceSpec;
}

/** Which devices a slice tells of, and where they can be used. */
export interface ResourceSliceSpec {
  readonly driver: string;
  readonly pool: ResourcePool;
  readonly nodeName?: string;
  readonly nodeSelector?: NodeSelector;
  readonly allNodes?: boolean;
  readonly devices?: readonly Device[];
  readonly perDeviceNodeSelection?: boolean;
  readonly sharedCounters?: readonly CounterSet[];
}

/** The pool that a slice is a part of. */
export interface ResourcePool {
  readonly name: string;
  readonly generation: number;
  readonly resourceSliceCount: number;
}

const resourcePool: Schema<ResourcePool> = object<ResourcePool>(
  "io.k8s.api.resource.v1.ResourcePool",
  "The pool that a slice is a part of.",
  {
    name: text({ field: 1, required: true, doc: "Its name, with the driver's the only one." }),
    generation: integer({
      field: 2,
      required: true,
      bits: 64,
      doc: "Which version of the pool this is; only slices of the highest count.",
    }),
    resourceSliceCount: integer({ field: 3, required: true, bits: 64, doc: "How many slices this version of the pool has." }),
  },
);

const resourceSliceSpec: Schema<ResourceSliceSpec> = object<ResourceSliceSpec>(
  "io.k8s.api.resource.v1.ResourceSliceSpec",
  "Which devices a slice tells of, and where they can be used.",
  {
    driver: text({ field: 1, required: true, doc: "The driver of the devices; never changes." }),
    pool: struct(resourcePool, { field: 2, required: true, doc: "The pool that the devices are of." }),
    nodeName: text({ field: 3, presence: "pointer", doc: "The one node that can use them; never changes." }),
    nodeSelector: struct(nodeSelector, { field: 4, presence: "pointer", doc: "The nodes that can use them." }),
    allNodes: flag({ field: 5, presence: "pointer", doc: "That all nodes can use them." }),
    devices: list(device, { field: 6, listType: "atomic", doc: "The devices; at most 128, or 64 where any has taints or uses counters." }),
    perDeviceNodeSelection: flag({ field: 7, presence: "pointer", doc: "That each device says which nodes can use it." }),
    sharedCounters: list(counterSet, {
      field: 8,
      listType: "atomic",
      doc: "Counters that the pool's devices use together; at most 8 sets, in slices without devices.",
    }),
  },
);

const resourceSlice: Schema<ResourceSlice> = kindObject<ResourceSlice>(
  "io.k8s.api.resource.v1.ResourceSlice",
  "Tells of devices of one driver that nodes can use: a part of a pool, or all of it.",
  {
    spec: struct(resourceSliceSpec, { field: 2, required: true, doc: "Which devices, and where." }),
  },
);

export const ResourceSliceKind: Kind<ResourceSlice> = defineKind<ResourceSlice>({
  group: "resource.k8s.io",
  version: "v1",
  kind: "ResourceSlice",
  resource: "resourceslices",
  scope: "Cluster",
  schema: resourceSlice,
  columns: [
    nameColumn,
    { name: "Node", type: "string", doc: "The one node that can use the devices.", cell: ({ spec }) => spec.nodeName ?? "" },
    { name: "Driver", type: "string", doc: "The driver of the devices.", cell: ({ spec }) => spec.driver },
    { name: "Pool", type: "string", doc: "The pool that the devices are of.", cell: ({ spec }) => spec.pool.name },
    ageColumn,
  ],
  selectableFields: {
    "spec.driver": ({ spec }) => spec.driver,
    "spec.nodeName": ({ spec }) => spec.nodeName ?? "",
  },
  strategy: { answersDeleted: true, generation: true, validate: validateResourceSlice, validateUpdate: validateResourceSliceUpdate },
});
