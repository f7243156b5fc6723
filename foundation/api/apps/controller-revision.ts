import {
  defineKind,
  field,
  integer,
  jsonObject,
  type Kind,
  kindObject,
  type KubernetesObject,
  required,
  type Schema,
} from "@kubets/machinery";
import { ageColumn, nameColumn } from "../columns.ts";
import { immutable } from "../immutable.ts";

/** A state that an object once had, kept by its controller for a rollback. */
export interface ControllerRevision extends KubernetesObject {
  readonly data?: Readonly<Record<string, unknown>>;
  readonly revision: number;
}

const controllerRevision: Schema<ControllerRevision> = kindObject<ControllerRevision>(
  "io.k8s.api.apps.v1.ControllerRevision",
  "A state that an object once had, kept by its controller for a rollback.",
  {
    data: field(jsonObject, { field: 2, doc: "The state, in a form that only the controller knows; never changes." }),
    revision: integer({ field: 3, required: true, minimum: 0, bits: 64, doc: "The higher, the newer." }),
  },
);

export const ControllerRevisionKind: Kind<ControllerRevision> = defineKind<ControllerRevision>({
  group: "apps",
  version: "v1",
  kind: "ControllerRevision",
  resource: "controllerrevisions",
  scope: "Namespaced",
  schema: controllerRevision,
  columns: [
    nameColumn,
    { name: "Controller", type: "string", doc: "The object whose state it was.", cell: controllerOf },
    { name: "Revision", type: "string", doc: "The higher, the newer.", cell: ({ revision }) => revision },
    ageColumn,
  ],
  strategy: {
    validate: ({ data }) => (data === undefined ? [required("data", "data is mandatory")] : []),
    validateUpdate: ({ data }, previous) => immutable("data", data, previous.data),
  },
});

/** The kind with its group, and the name, of the owner that is the controller. */
function controllerOf({ metadata }: ControllerRevision): string {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (owner === undefined) return "<none>";
  const kind = owner.kind.toLowerCase();
  const [group = "", version] = owner.apiVersion.split("/");
  return `${version === undefined ? kind : `${kind}.${group}`}/${owner.name}`;
}
