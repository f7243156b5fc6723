import {
  defineKind,
  type FieldError,
  forbidden,
  type Kind,
  kindObject,
  type KubernetesObject,
  map,
  required,
  sameJson,
  type Schema,
  string,
  text,
} from "@kubets/machinery";
import { nameColumn, ageColumn } from "../columns.ts";
import { validateParameters, validateProvisioner } from "./driver-rules.ts";

/** Names properties that a volume can be given, and given anew, by its driver. */
export interface VolumeAttributesClass extends KubernetesObject {
  readonly driverName: string;
  readonly parameters?: Readonly<Record<string, string>>;
}

const volumeAttributesClass: Schema<VolumeAttributesClass> = kindObject<VolumeAttributesClass>(
  "io.k8s.api.storage.v1.VolumeAttributesClass",
  "Names properties that a volume can be given, and given anew, by its driver.",
  {
    driverName: text({ field: 2, required: true, doc: "The CSI driver; never changes." }),
    parameters: map(string, { field: 3, doc: "The properties, as the driver knows them; never change." }),
  },
);

export const VolumeAttributesClassKind: Kind<VolumeAttributesClass> = defineKind<VolumeAttributesClass>({
  group: "storage.k8s.io",
  version: "v1",
  kind: "VolumeAttributesClass",
  resource: "volumeattributesclasses",
  shortNames: ["vac"],
  scope: "Cluster",
  schema: volumeAttributesClass,
  columns: [nameColumn, { name: "DriverName", type: "string", doc: "The CSI driver.", cell: ({ driverName }) => driverName }, ageColumn],
  strategy: { answersDeleted: true, validate: validateVolumeAttributesClass, validateUpdate: validateVolumeAttributesClassUpdate },
});

function validateVolumeAttributesClass({ driverName, parameters = {} }: VolumeAttributesClass): readonly FieldError[] {
  return [
    ...validateProvisioner(driverName, "driverName"),
    ...validateParameters(parameters, "parameters"),
    ...(Object.keys(parameters).length === 0 ? [required("parameters", "must contain at least one key/value pair")] : []),
  ];
}

/** Volumes were changed by what the class said; it can't say something else afterwards. */
function validateVolumeAttributesClassUpdate(current: VolumeAttributesClass, previous: VolumeAttributesClass): readonly FieldError[] {
  const unchanging = ["driverName", "parameters"] as const;
  return unchanging
    .filter((field) => !sameJson(current[field], previous[field]))
    .map((field) => forbidden(field, `updates to ${field} are forbidden.`));
}
