import { type FieldError, invalid, notFoundValue, required } from "@kubets/machinery";
import type { EnvFromSource, EnvVar, EnvVarSource, FileKeySelector } from "../environment.ts";
import { validateObjectFieldSelector, validateResourceFieldSelector } from "./downward-api.ts";
import { validateDataKey, validateDnsLabel, validateDnsSubdomain, validateVariableName } from "./formats.ts";
import { validateFilePath } from "./paths.ts";
import type { VolumesByName } from "./volumes.ts";

export function validateEnvironment(variables: readonly EnvVar[], field: string, volumes: VolumesByName): readonly FieldError[] {
  return variables.flatMap((variable, index) => [
    ...(variable.name === "" ? [] : validateVariableName(variable.name, `${field}[${index}].name`)),
    ...validateValueFrom(variable, `${field}[${index}].valueFrom`, volumes),
  ]);
}

const variableFields = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
];

function validateValueFrom({ value = "", valueFrom: source }: EnvVar, field: string, volumes: VolumesByName): readonly FieldError[] {
  if (source === undefined) return [];
  const sources = Object.values(source).filter((each) => each !== undefined).length;
  const errors = validateValueSource(source, field, volumes);
  if (sources === 0) {
    const choice = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`";
    return [...errors, invalid(field, "", choice)];
  }
  if (value !== "") return [...errors, invalid(field, "", "may not be specified when `value` is not empty")];
  if (sources > 1) return [...errors, invalid(field, "", "may not have more than one field specified at a time")];
  return errors;
}

function validateValueSource(source: EnvVarSource, field: string, volumes: VolumesByName): readonly FieldError[] {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = source;
  return [
    ...(fieldRef === undefined ? [] : validateObjectFieldSelector(fieldRef, `${field}.fieldRef`, variableFields)),
    ...(resourceFieldRef === undefined
      ? []
      : validateResourceFieldSelector(resourceFieldRef, `${field}.resourceFieldRef`, { needsContainer: false })),
    ...(configMapKeyRef === undefined ? [] : validateKeySelector(configMapKeyRef, `${field}.configMapKeyRef`)),
    ...(secretKeyRef === undefined ? [] : validateKeySelector(secretKeyRef, `${field}.secretKeyRef`)),
    ...(fileKeyRef === undefined ? [] : validateFileKeySelector(fileKeyRef, `${field}.fileKeyRef`, volumes)),
  ];
}

function validateKeySelector({ name, key }: { readonly name: string; readonly key: string }, field: string): readonly FieldError[] {
  return [...validateDnsSubdomain(name, `${field}.name`), ...(key === "" ? [] : validateDataKey(key, `${field}.key`))];
}

function validateFileKeySelector({ volumeName, path, key }: FileKeySelector, field: string, volumes: VolumesByName): readonly FieldError[] {
  return [
    ...(key === "" ? [] : validateVariableName(key, `${field}.key`)),
    ...(volumeName === "" || volumes.has(volumeName) ? [] : [notFoundValue(`${field}.volumeName`, volumeName)]),
    ...(volumeName === "" ? [] : validateDnsLabel(volumeName, `${field}.volumeName`)),
    ...validateFilePath(path, `${field}.path`),
  ];
}

export function validateEnvironmentFrom(sources: readonly EnvFromSource[], field: string): readonly FieldError[] {
  return sources.flatMap(({ prefix = "", configMapRef, secretRef }, index) => {
    const at = `${field}[${index}]`;
    const given = [configMapRef, secretRef].filter((each) => each !== undefined).length;
    return [
      ...(prefix === "" ? [] : validateVariableName(prefix, `${at}.prefix`)),
      ...(configMapRef === undefined ? [] : validateSourceName(configMapRef.name, `${at}.configMapRef.name`)),
      ...(secretRef === undefined ? [] : validateSourceName(secretRef.name, `${at}.secretRef.name`)),
      ...(given === 0 ? [invalid(field, "", "must specify one of: `configMapRef` or `secretRef`")] : []),
      ...(given > 1 ? [invalid(field, "", "may not have more than one field specified at a time")] : []),
    ];
  });
}

function validateSourceName(name: string, field: string): readonly FieldError[] {
  return name === "" ? [required(field)] : validateDnsSubdomain(name, field);
}
