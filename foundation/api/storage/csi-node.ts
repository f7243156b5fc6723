import {
  byteLength,
  defineKind,
  duplicate,
  duplicates,
  type FieldError,
  integer,
  invalid,
  isQualifiedName,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  object,
  required,
  type Schema,
  string,
  struct,
  text,
} from "@kubets/machinery";
import { nameColumn, ageColumn } from "../columns.ts";
import { immutable } from "../immutable.ts";
import { validateCsiDriverName } from "./driver-rules.ts";

/** Tells of the CSI drivers on a node. It has the node's name. */
export interface CSINode extends KubernetesObject {
  readonly spec: CSINodeSpec;
}

/** The CSI drivers on a node. */
export interface CSINodeSpec {
  readonly drivers: readonly CSINodeDriver[];
}

/** What a CSI driver says of itself on one node. */
export interface CSINodeDriver {
  readonly name: string;
  readonly nodeID: string;
  readonly topologyKeys?: readonly string[];
  readonly allocatable?: VolumeNodeResources;
}

/** What a node has to give of a driver. */
export interface VolumeNodeResources {
  readonly count?: number;
}

const volumeNodeResources: Schema<VolumeNodeResources> = object<VolumeNodeResources>(
  "io.k8s.api.storage.v1.VolumeNodeResources",
  "What a node has to give of a driver.",
  {
    count: integer({ field: 1, presence: "pointer", doc: "How many of its volumes the node takes; any number where nothing is said." }),
  },
);

const csiNodeDriver: Schema<CSINodeDriver> = object<CSINodeDriver>(
  "io.k8s.api.storage.v1.CSINodeDriver",
  "What a CSI driver says of itself on one node.",
  {
    name: text({ field: 1, required: true, doc: "The driver's name." }),
    nodeID: text({ field: 2, required: true, doc: "How the driver names the node." }),
    topologyKeys: list(string, { field: 3, listType: "atomic", doc: "The labels by which the driver tells places apart." }),
    allocatable: struct(volumeNodeResources, { field: 4, presence: "pointer", doc: "What the node has to give of this driver." }),
  },
);

const csiNodeSpec: Schema<CSINodeSpec> = object<CSINodeSpec>("io.k8s.api.storage.v1.CSINodeSpec", "The CSI drivers on a node.", {
  drivers: list(csiNodeDriver, {
    field: 1,
    required: true,
    mayBeEmpty: true,
    listType: "map",
    mapKeys: ["name"],
    patchStrategy: "merge",
    mergeKey: "name",
    doc: "What each of them says of itself; none left when the last is uninstalled.",
  }),
});

const csiNode: Schema<CSINode> = kindObject<CSINode>(
  "io.k8s.api.storage.v1.CSINode",
  "Tells of the CSI drivers on a node. It has the node's name.",
  {
    spec: struct(csiNodeSpec, { field: 2, required: true, doc: "The drivers." }),
  },
);

export const CSINodeKind: Kind<CSINode> = defineKind<CSINode>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSINode",
  resource: "csinodes",
  scope: "Cluster",
  schema: csiNode,
  columns: [
    nameColumn,
    { name: "Drivers", type: "integer", doc: "How many drivers the node has.", cell: ({ spec }) => spec.drivers.length },
    ageColumn,
  ],
  strategy: { answersDeleted: true, unconditionalUpdate: false, validate: validateCSINode, validateUpdate: validateCSINodeUpdate },
});

const longestNodeId = 256;

function validateCSINode({ spec }: CSINode): readonly FieldError[] {
  const path = "spec.drivers";
  return [
    ...duplicates(path, spec.drivers, ({ name }) => name, { child: "name" }),
    ...spec.drivers.flatMap((driver, index) => validateDriver(driver, `${path}[${index}]`)),
  ];
}

function validateDriver({ name, nodeID, allocatable, topologyKeys = [] }: CSINodeDriver, path: string): readonly FieldError[] {
  const count = allocatable?.count ?? 0;
  return [
    ...(name === "" ? [] : validateCsiDriverName(name, `${path}.name`)),
    ...(byteLength(nodeID) > longestNodeId ? [invalid(`${path}.nodeID`, nodeID, `must be ${longestNodeId} characters or less`)] : []),
    ...(count < 0 ? [invalid(`${path}.allocatable.count`, count, "must be greater than or equal to 0")] : []),
    // The errors are of the driver, not of its key, as upstream has it.
    ...topologyKeys.flatMap((key, index) => [
      ...(key === "" ? [required(path)] : []),
      ...(topologyKeys.indexOf(key) < index ? [duplicate(path, key)] : []),
      ...isQualifiedName(key).map((message) => invalid(path, key, message)),
    ]),
  ];
}

/** What a driver said of itself stays, but for how many volumes the node takes. */
function validateCSINodeUpdate({ spec }: CSINode, previous: CSINode): readonly FieldError[] {
  return previous.spec.drivers.flatMap((before) => {
    const driver = spec.drivers.find(({ name }) => name === before.name);
    return driver === undefined ? [] : immutable("spec.drivers", withoutLimit(driver), withoutLimit(before));
  });
}

function withoutLimit(driver: CSINodeDriver): CSINodeDriver {
  const { allocatable: _, ...rest } = driver;
  return rest;
}
