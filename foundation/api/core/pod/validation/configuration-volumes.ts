import { type FieldError, invalid, required } from "@kubets/machinery";
import type {
  ConfigMapVolumeSource,
  DownwardAPIVolumeFile,
  DownwardAPIVolumeSource,
  KeyToPath,
  SecretVolumeSource,
} from "../volumes/configuration.ts";
import { validateObjectFieldSelector, validateResourceFieldSelector } from "./downward-api.ts";
import { validateFilePath } from "./paths.ts";
import { validateFileMode } from "./ranges.ts";

export function validateSecret({ secretName = "", defaultMode, items = [] }: SecretVolumeSource, field: string): readonly FieldError[] {
  return [
    ...(secretName === "" ? [required(`${field}.secretName`)] : []),
    ...validateFileMode(defaultMode, `${field}.defaultMode`),
    ...validateItems(items, `${field}.items`),
  ];
}

export function validateConfigMap({ name, defaultMode, items = [] }: ConfigMapVolumeSource, field: string): readonly FieldError[] {
  return [
    ...(name === "" ? [required(`${field}.name`)] : []),
    ...validateFileMode(defaultMode, `${field}.defaultMode`),
    ...validateItems(items, `${field}.items`),
  ];
}

export function validateItems(items: readonly KeyToPath[], field: string): readonly FieldError[] {
  return items.flatMap(({ path, mode }, index) => [
    ...validateFilePath(path, `${field}[${index}].path`),
    ...validateFileMode(mode, `${field}[${index}].mode`),
  ]);
}

const fileFields = ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];

export function validateDownwardAPI({ defaultMode, items = [] }: DownwardAPIVolumeSource, field: string): readonly FieldError[] {
  return [...validateFileMode(defaultMode, `${field}.defaultMode`), ...items.flatMap((file) => validateDownwardAPIFile(file, field))];
}

/** The path is that of the volume, as upstream's is: its files have no index in it. */
export function validateDownwardAPIFile(file: DownwardAPIVolumeFile, field: string): readonly FieldError[] {
  const { path, fieldRef, resourceFieldRef, mode } = file;
  return [
    ...validateFilePath(path, `${field}.path`),
    ...(fieldRef === undefined ? [] : validateObjectFieldSelector(fieldRef, `${field}.fieldRef`, fileFields)),
    ...(fieldRef !== undefined && resourceFieldRef !== undefined
      ? [invalid(field, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously")]
      : []),
    ...(fieldRef === undefined && resourceFieldRef !== undefined
      ? validateResourceFieldSelector(resourceFieldRef, `${field}.resourceFieldRef`, { needsContainer: true })
      : []),
    ...(fieldRef === undefined && resourceFieldRef === undefined
      ? [required(field, "one of fieldRef and resourceFieldRef is required")]
      : []),
    ...validateFileMode(mode, `${field}.mode`),
  ];
}
