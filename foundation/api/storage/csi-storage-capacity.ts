import {
  defineKind,
  field,
  type FieldError,
  invalid,
  isDnsSubdomain,
  type Kind,
  kindObject,
  type KubernetesObject,
  type LabelSelector,
  labelSelector,
  quantity,
  type Schema,
  struct,
  text,
  validateLabelSelector,
} from "@kubets/machinery";
import { nameColumn } from "../columns.ts";
import { immutable } from "../immutable.ts";

/** How much space a CSI driver has for volumes of a class in one place. */
export interface CSIStorageCapacity extends KubernetesObject {
  readonly nodeTopology?: LabelSelector;
  readonly storageClassName: string;
  readonly capacity?: string;
  readonly maximumVolumeSize?: string;
}

const csiStorageCapacity: Schema<CSIStorageCapacity> = kindObject<CSIStorageCapacity>(
  "io.k8s.api.storage.v1.CSIStorageCapacity",
  "How much space a CSI driver has for volumes of a class in one place.",
  {
    nodeTopology: struct(labelSelector, { field: 2, presence: "pointer", doc: "Which nodes reach it; none where nothing is said." }),
    storageClassName: text({ field: 3, required: true, mayBeEmpty: true, doc: "The class; never changes." }),
    capacity: field(quantity, { field: 4, presence: "pointer", doc: "How much is left in all, where the driver tells." }),
    maximumVolumeSize: field(quantity, {
      field: 5,
      presence: "pointer",
      doc: "How large the largest volume can be, where the driver tells.",
    }),
  },
);

export const CSIStorageCapacityKind: Kind<CSIStorageCapacity> = defineKind<CSIStorageCapacity>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "CSIStorageCapacity",
  resource: "csistoragecapacities",
  scope: "Namespaced",
  schema: csiStorageCapacity,
  columns: [
    nameColumn,
    { name: "StorageClassName", type: "string", doc: "The class.", cell: ({ storageClassName }) => storageClassName },
    { name: "Capacity", type: "string", doc: "How much is left.", cell: ({ capacity }) => capacity ?? "<unset>" },
  ],
  strategy: { unconditionalUpdate: false, validate: validateCapacity, validateUpdate: validateCapacityUpdate },
});

function validateCapacity({ nodeTopology, storageClassName, capacity }: CSIStorageCapacity): readonly FieldError[] {
  return [
    ...(nodeTopology === undefined ? [] : validateLabelSelector(nodeTopology, "nodeTopology")),
    ...isDnsSubdomain(storageClassName).map((message) => invalid("storageClassName", storageClassName, message)),
    ...(capacity?.startsWith("-") === true ? [invalid("capacity", capacity, "must be greater than or equal to 0")] : []),
  ];
}

/** Whoever measures asks by class and place: another question is another object. */
function validateCapacityUpdate(capacity: CSIStorageCapacity, previous: CSIStorageCapacity): readonly FieldError[] {
  return [
    ...immutable("nodeTopology", capacity.nodeTopology, previous.nodeTopology),
    ...immutable("storageClassName", capacity.storageClassName, previous.storageClassName),
  ];
}
