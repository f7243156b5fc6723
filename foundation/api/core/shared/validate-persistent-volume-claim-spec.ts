import {
  compareQuantities,
  type FieldError,
  forbidden,
  invalid,
  isDnsLabel,
  isDnsSubdomain,
  required,
  validateLabelSelector,
} from "@kubets/machinery";
import type { TypedLocalObjectReference, TypedObjectReference } from "./object-reference.ts";
import type { PersistentVolumeClaimSpec } from "./persistent-volume-claim-spec.ts";

export function validatePersistentVolumeClaimSpec(spec: PersistentVolumeClaimSpec, field: string): readonly FieldError[] {
  const { selector, storageClassName = "", volumeAttributesClassName = "" } = spec;
  return [
    ...validateAccessModes(spec.accessModes ?? [], `${field}.accessModes`),
    ...(selector === undefined ? [] : validateLabelSelector(selector, `${field}.selector`)),
    ...validateStorage(spec.resources.requests?.storage, `${field}.resources[storage]`),
    ...validateClassName(storageClassName, `${field}.storageClassName`),
    ...validateDataSources(spec, field),
    ...validateClassName(volumeAttributesClassName, `${field}.volumeAttributesClassName`),
  ];
}

function validateAccessModes(modes: NonNullable<PersistentVolumeClaimSpec["accessModes"]>, field: string): readonly FieldError[] {
  if (modes.length === 0) return [required(field, "at least 1 access mode is required")];
  const mixed = modes.includes("ReadWriteOncePod") && modes.some((mode) => mode !== "ReadWriteOncePod");
  return mixed ? [forbidden(field, "may not use ReadWriteOncePod with other access modes")] : [];
}

function validateStorage(storage: string | undefined, field: string): readonly FieldError[] {
  if (storage === undefined) return [required(field)];
  return compareQuantities(storage, "0") > 0 ? [] : [invalid(field, storage, "must be greater than zero")];
}

function validateClassName(name: string, field: string): readonly FieldError[] {
  return name === "" ? [] : isDnsSubdomain(name).map((problem) => invalid(field, name, problem));
}

function validateDataSources({ dataSource, dataSourceRef }: PersistentVolumeClaimSpec, field: string): readonly FieldError[] {
  const at = `${field}.dataSource`;
  const namespace = dataSourceRef?.namespace ?? "";
  return [
    ...(dataSource === undefined ? [] : validateDataSource(dataSource, at)),
    ...(dataSourceRef === undefined ? [] : validateDataSource(dataSourceRef, `${field}.dataSourceRef`)),
    ...(namespace === "" ? [] : isDnsLabel(namespace).map((problem) => invalid(`${field}.dataSourceRef.namespace`, namespace, problem))),
    ...(dataSource !== undefined && namespace !== ""
      ? [invalid(field, at, "may not be specified when dataSourceRef.namespace is specified")]
      : []),
    ...(dataSource !== undefined && dataSourceRef !== undefined && namespace === "" && !isSameSource(dataSource, dataSourceRef)
      ? [invalid(field, at, "must match dataSourceRef")]
      : []),
  ];
}

function validateDataSource({ apiGroup = "", kind }: TypedLocalObjectReference, field: string): readonly FieldError[] {
  if (apiGroup !== "") return isDnsSubdomain(apiGroup).map((problem) => invalid(`${field}.apiGroup`, apiGroup, problem));
  if (kind === "PersistentVolumeClaim") return [];
  return [invalid(field, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup")];
}

function isSameSource(source: TypedLocalObjectReference, reference: TypedObjectReference): boolean {
  return source.apiGroup === reference.apiGroup && source.kind === reference.kind && source.name === reference.name;
}
