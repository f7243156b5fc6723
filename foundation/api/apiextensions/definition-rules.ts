import {
  byteLength,
  type FieldError,
  invalid,
  isDns1035Label,
  isDnsSubdomain,
  notSupported,
  required,
  sameJson,
  type Steps,
  validateObjectMeta,
} from "@kubets/machinery";
import { immutable } from "../immutable.ts";
import { validateApproval } from "./approval.ts";
import { isDefinitionCondition } from "./conditions.ts";
import { validateConversion } from "./conversion-rules.ts";
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
} from "./custom-resource-definition.ts";
import { validateRootSchema } from "./root-schema-rules.ts";
import { toleranceOf, type Tolerance } from "./tolerance.ts";
import { validateColumn, validateSelectableFields, validateSubresources } from "./version-rules.ts";

/** What is wrong with a new definition. */
export function* validateDefinition(definition: CustomResourceDefinition): Steps<readonly FieldError[]> {
  const { metadata, spec } = definition;
  const name = `${spec.names.plural}.${spec.group}`;
  return [
    ...(metadata.name === name || validateObjectMeta({ scope: "Cluster", strategy: {} }, metadata).length > 0
      ? []
      : [invalid("metadata.name", metadata.name, 'must be spec.names.plural+"."+spec.group')]),
    ...(yield* validateSpec(spec, {})),
    ...validateStatus(definition),
    ...validateApproval(definition),
    ...validatePreserving(definition),
  ];
}

/** What is wrong with an update. What was let pass before, by an older server, may stay. */
export function* validateDefinitionUpdate(
  definition: CustomResourceDefinition,
  previous: CustomResourceDefinition,
): Steps<readonly FieldError[]> {
  const { spec } = definition;
  const isEstablished = isDefinitionCondition(previous, "Established");
  return [
    ...(yield* validateSpec(spec, toleranceOf(definition, previous))),
    ...(isEstablished
      ? [
          ...immutable("spec.scope", spec.scope, previous.spec.scope),
          ...immutable("spec.names.kind", spec.names.kind, previous.spec.names.kind),
        ]
      : []),
    ...immutable("spec.group", spec.group, previous.spec.group),
    ...immutable("spec.names.plural", spec.names.plural, previous.spec.names.plural),
    ...validateStatus(definition),
    ...validateApproval(definition, previous),
    ...(previous.spec.preserveUnknownFields === true ? [] : validatePreserving(definition)),
  ];
}

export function validateDefinitionStatusUpdate({ status }: CustomResourceDefinition): readonly FieldError[] {
  return validateNames(status.acceptedNames, "status.acceptedNames");
}

function validateStatus({ spec, status }: CustomResourceDefinition): readonly FieldError[] {
  return [
    ...validateNames(status.acceptedNames, "status.acceptedNames"),
    ...validateStoredVersions(status.storedVersions ?? [], spec.versions),
  ];
}

function validateStoredVersions(stored: readonly string[], versions: readonly CustomResourceDefinitionVersion[]): readonly FieldError[] {
  const path = "status.storedVersions";
  if (stored.length === 0) return [invalid(path, stored, "must have at least one stored version")];
  return [
    ...versions
      .filter(({ storage, name }) => storage && !stored.includes(name))
      .map(({ name }) => invalid(path, stored, `must have the storage version ${name}`)),
    ...stored.flatMap((name, index) =>
      versions.some((version) => version.name === name) ? [] : [invalid(`${path}[${index}]`, name, missingVersion(name))],
    ),
  ];
}

function missingVersion(version: string): string {
  return (
    `missing from spec.versions; ${version} was previously a storage version, and must remain in spec.versions until ` +
    `a storage migration ensures no data remains persisted in ${version} and removes ${version} from status.storedVersions`
  );
}

function validatePreserving({ spec }: CustomResourceDefinition): readonly FieldError[] {
  if (spec.preserveUnknownFields !== true) return [];
  const instead = "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead";
  return [invalid("spec.preserveUnknownFields", true, instead)];
}

function* validateSpec(spec: CustomResourceDefinitionSpec, tolerance: Tolerance): Steps<readonly FieldError[]> {
  const { versions, names } = spec;
  const path = "spec.versions";
  const inVersions: FieldError[] = [];
  for (const [index, version] of versions.entries()) inVersions.push(...(yield* validateVersion(version, `${path}[${index}]`, tolerance)));
  return [
    ...validateGroup(spec.group),
    ...(spec.scope === ""
      ? [required("spec.scope")]
      : spec.scope === "Cluster" || spec.scope === "Namespaced"
        ? []
        : [notSupported("spec.scope", spec.scope, ["Cluster", "Namespaced"])]),
    ...(tolerance.missingSchemas === true
      ? []
      : versions.flatMap(({ schema }, index) =>
          schema?.openAPIV3Schema === undefined ? [required(`${path}[${index}].schema.openAPIV3Schema`)] : [],
        )),
    ...inVersions,
    ...(new Set(versions.map(({ name }) => name)).size < versions.length
      ? [invalid(path, versions, "must contain unique version names")]
      : []),
    ...(versions.filter(({ storage }) => storage).length === 1
      ? []
      : [invalid(path, versions, "must have exactly one version marked as storage version")]),
    ...(["plural", "singular", "kind", "listKind"] as const).flatMap((name) =>
      (names[name] ?? "") === "" ? [required(`spec.names.${name}`)] : [],
    ),
    ...validateNames(names, "spec.names"),
    ...(spec.conversion === undefined ? [] : validateConversion(spec.conversion, spec, tolerance)),
  ];
}

function validateGroup(group: string): readonly FieldError[] {
  if (group === "") return [required("spec.group")];
  const problems = isDnsSubdomain(group);
  if (problems.length > 0) return [invalid("spec.group", group, problems.join(","))];
  return group.includes(".") ? [] : [invalid("spec.group", group, "should be a domain with at least one dot")];
}

function* validateVersion(version: CustomResourceDefinitionVersion, path: string, tolerance: Tolerance): Steps<readonly FieldError[]> {
  const { name, schema, subresources, additionalPrinterColumns = [], selectableFields = [] } = version;
  const problems = isDns1035Label(name);
  return [
    ...(problems.length === 0 ? [] : [invalid(`${path}.name`, name, problems.join(","))]),
    ...deprecationProblems(version).map((problem) => invalid(`${path}.deprecationWarning`, version.deprecationWarning, problem)),
    ...(schema?.openAPIV3Schema === undefined
      ? []
      : yield* validateRootSchema(schema.openAPIV3Schema, `${path}.schema.openAPIV3Schema`, {
          hasStatus: subresources?.status !== undefined,
          isUnchanged: tolerance.unchangedVersions?.has(name) === true,
        })),
    ...(subresources === undefined ? [] : validateSubresources(subresources, `${path}.subresources`)),
    ...additionalPrinterColumns.flatMap((column, index) => validateColumn(column, `${path}.additionalPrinterColumns[${index}]`)),
    ...validateSelectableFields(selectableFields, schema?.openAPIV3Schema, {
      path: `${path}.selectableFields`,
      mayBeTooMany: tolerance.tooManySelectableFields?.has(name) === true,
    }),
  ];
}

function deprecationProblems({ deprecated = false, deprecationWarning }: CustomResourceDefinitionVersion): readonly string[] {
  if (deprecationWarning === undefined) return [];
  if (!deprecated) return ["can only be set for deprecated versions"];
  const strange = /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u.exec(deprecationWarning)?.index;
  const printable = "must only contain printable UTF-8 characters; non-printable character found at index";
  return [
    ...(byteLength(deprecationWarning) > 256 ? ["must be <= 256 characters long"] : []),
    ...(deprecationWarning === "" ? ["must not be an empty string"] : []),
    ...(strange === undefined ? [] : [`${printable} ${byteLength(deprecationWarning.slice(0, strange))}`]),
  ];
}

function validateNames(names: CustomResourceDefinitionNames, path: string): readonly FieldError[] {
  const { plural, singular = "", kind, listKind = "", shortNames = [], categories = [] } = names;
  const label = (field: string, value: string): readonly FieldError[] => {
    const problems = value === "" ? [] : isDns1035Label(value);
    return problems.length === 0 ? [] : [invalid(`${path}.${field}`, value, problems.join(","))];
  };
  const camel = (field: string, value: string): readonly FieldError[] => {
    const problems = value === "" ? [] : isDns1035Label(value.toLowerCase());
    const mixed = "may have mixed case, but should otherwise match: ";
    return problems.length === 0 ? [] : [invalid(`${path}.${field}`, value, `${mixed}${problems.join(",")}`)];
  };
  const listed = (field: string, values: readonly string[]): readonly FieldError[] =>
    values.flatMap((value, index) => {
      const problems = isDns1035Label(value);
      return problems.length === 0 ? [] : [invalid(`${path}.${field}[${index}]`, value, problems.join(","))];
    });
  return [
    ...label("plural", plural),
    ...label("singular", singular),
    ...camel("kind", kind),
    ...camel("listKind", listKind),
    ...listed("shortNames", shortNames),
    ...(kind !== "" && sameJson(kind, listKind) ? [invalid(`${path}.listKind`, listKind, "kind and listKind may not be the same")] : []),
    ...listed("categories", categories),
  ];
}
