import { type FieldError, forbidden, invalid, regularExpression, required, sameJson, type Steps } from "@kubets/machinery";
import type { JSONSchemaProps } from "./json-schema-props.ts";
import { isObject, itemsOf } from "./structural/schema-forms.ts";

/**
 * What keeps a schema from being structural: the form of values must be said outside of allOf, anyOf, oneOf and not, so that unknown
 * fields can be told, and nothing within them may say anything new of the form.
 */
export function* validateStructural(schema: JSONSchemaProps, path: string): Steps<readonly FieldError[]> {
  if (structural.has(schema)) return [];
  const errors: FieldError[] = [];
  yield* validateForm(schema, "root", path, errors);
  validateCompleteness(schema, schema, path, path, errors);
  if (errors.length === 0) structural.add(schema);
  return errors;
}

/** Root schemas that were looked at: they are asked about again whenever a status is decided. */
const structural = new WeakSet<JSONSchemaProps>();

type Level = "root" | "item" | "field";

const missingType: Readonly<Record<Level, string>> = {
  root: "must not be empty at the root",
  item: "must not be empty for specified array items",
  field: "must not be empty for specified object fields",
};

function* validateForm(schema: JSONSchemaProps, level: Level, path: string, errors: FieldError[]): Steps<void> {
  yield 1;
  const { type = "", properties = {}, additionalProperties } = schema;
  const items = itemsOf(schema);
  const isEmbedded = schema["x-kubernetes-embedded-resource"] === true;
  const isIntOrString = schema["x-kubernetes-int-or-string"] === true;
  const preserves = schema["x-kubernetes-preserve-unknown-fields"] === true;
  if (type === "array" && schema.items === undefined) errors.push(required(`${path}.items`, "must be specified"));
  if (items !== undefined) yield* validateForm(items, "item", `${path}.items`, errors);
  for (const name of Object.keys(properties)) yield* validateForm(properties[name]!, "field", `${path}.properties[${name}]`, errors);
  if (additionalProperties !== undefined) {
    if (level === "root") errors.push(forbidden(`${path}.additionalProperties`, "must not be used at the root"));
    if (isObject(additionalProperties)) yield* validateForm(additionalProperties, "field", `${path}.additionalProperties`, errors);
    if (isEmbedded) errors.push(forbidden(`${path}.additionalProperties`, "must not be used if x-kubernetes-embedded-resource is set"));
  }
  if (isIntOrString && preserves)
    errors.push(invalid(`${path}.x-kubernetes-preserve-unknown-fields`, true, "must be false if x-kubernetes-int-or-string is true"));
  if (isIntOrString && isEmbedded)
    errors.push(invalid(`${path}.x-kubernetes-embedded-resource`, true, "must be false if x-kubernetes-int-or-string is true"));
  validateJunctors(schema, path, errors, {
    skipAnyOf: isIntOrStringForm(schema.anyOf),
    skipFirstAllOf: isIntOrStringForm(schema.allOf?.[0]?.anyOf),
  });
  if (isEmbedded && type !== "object") {
    const must = "must be object if x-kubernetes-embedded-resource is true";
    errors.push(type === "" ? required(`${path}.type`, must) : invalid(`${path}.type`, type, must));
  } else if (type === "" && !isIntOrString && !preserves) errors.push(required(`${path}.type`, missingType[level]));
  if (level === "root" && type !== "" && type !== "object") errors.push(invalid(`${path}.type`, type, "must be object at the root"));
  validateMetadata(schema, level, path, errors);
  if (isEmbedded && !preserves && Object.keys(properties).length === 0) {
    const must = "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields";
    errors.push(required(`${path}.properties`, must));
  }
}

function validateMetadata(schema: JSONSchemaProps, level: Level, path: string, errors: FieldError[]): void {
  const { properties = {} } = schema;
  const isResource = level === "root" || schema["x-kubernetes-embedded-resource"] === true;
  for (const name of ["kind", "apiVersion"]) {
    const given = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (given !== undefined && isResource && given.type !== "string")
      errors.push(invalid(`${path}.properties[${name}].type`, given.type ?? "", "must be string"));
  }
  const metadata = Object.hasOwn(properties, "metadata") ? properties["metadata"] : undefined;
  if (metadata === undefined) return;
  const at = `${path}.properties[metadata]`;
  if (isResource && metadata.type !== "object") errors.push(invalid(`${at}.type`, metadata.type ?? "", "must be object"));
  if (level !== "root") return;
  const { type: _type, default: _default, properties: inner = {}, ...rest } = metadata;
  const isNamesOnly = Object.keys(inner).every((name) => name === "name" || name === "generateName");
  if (!isNamesOnly || Object.keys(rest).length > 0)
    errors.push(forbidden(at, "must not specify anything other than name and generateName, but metadata is implicitly specified"));
}

const intOrString: readonly JSONSchemaProps[] = [{ type: "integer" }, { type: "string" }];

function isIntOrStringForm(anyOf: readonly JSONSchemaProps[] | undefined): boolean {
  return anyOf !== undefined && sameJson(anyOf, intOrString);
}

interface Skips {
  /** The two types of an int-or-string may stand there. */
  readonly skipAnyOf?: boolean;
  readonly skipFirstAllOf?: boolean;
}

function validateJunctors(
  schema: JSONSchemaProps,
  path: string,
  errors: FieldError[],
  { skipAnyOf = false, skipFirstAllOf = false }: Skips,
): void {
  const { anyOf = [], allOf = [], oneOf = [], not, pattern = "" } = schema;
  if (!skipAnyOf) for (const [index, each] of anyOf.entries()) validateNested(each, `${path}.anyOf[${index}]`, errors);
  for (const [index, each] of allOf.entries())
    validateNested(each, `${path}.allOf[${index}]`, errors, skipFirstAllOf && index === 0 ? { skipAnyOf: true } : {});
  for (const [index, each] of oneOf.entries()) validateNested(each, `${path}.oneOf[${index}]`, errors);
  if (not !== undefined) validateNested(not, `${path}.not`, errors);
  if (pattern === "") return;
  const expression = regularExpression(pattern);
  if ("problem" in expression)
    errors.push(invalid(`${path}.pattern`, pattern, `must be a valid regular expression, but isn't: ${expression.problem}`));
}

const emptyFields = [
  ["title", "must be empty to be structural"],
  ["description", "must be empty to be structural"],
] as const;
const falseFields = [
  "nullable",
  "x-kubernetes-preserve-unknown-fields",
  "x-kubernetes-embedded-resource",
  "x-kubernetes-int-or-string",
] as const;
const undefinedFields = ["x-kubernetes-list-type", "x-kubernetes-map-type"] as const;

/** A schema under a junctor: it may say what values must be like, not what they consist of. */
function validateNested(schema: JSONSchemaProps, path: string, errors: FieldError[], skips: Skips = {}): void {
  const { type = "", properties = {}, additionalProperties } = schema;
  const items = itemsOf(schema);
  validateJunctors(schema, path, errors, skips);
  if (items !== undefined) validateNested(items, `${path}.items`, errors);
  for (const name of Object.keys(properties)) validateNested(properties[name]!, `${path}.properties[${name}]`, errors);
  const forbid = (field: string, detail: string): number => errors.push(forbidden(`${path}.${field}`, detail));
  if (type !== "") forbid("type", "must be empty to be structural");
  if (additionalProperties !== undefined && additionalProperties !== false)
    forbid("additionalProperties", "must be undefined to be structural");
  if (schema.default !== undefined) forbid("default", "must be undefined to be structural");
  for (const [field, detail] of emptyFields) if ((schema[field] ?? "") !== "") forbid(field, detail);
  for (const field of falseFields) if (schema[field] === true) forbid(field, "must be false to be structural");
  if ((schema["x-kubernetes-list-map-keys"] ?? []).length > 0) forbid("x-kubernetes-list-map-keys", "must be empty to be structural");
  for (const field of undefinedFields) if (schema[field] !== undefined) forbid(field, "must be undefined to be structural");
  if ((schema["x-kubernetes-validations"] ?? []).length > 0) forbid("x-kubernetes-validations", "must be empty to be structural");
  if (Object.hasOwn(properties, "metadata")) forbid("properties[metadata]", "must not be specified in a nested context");
}

/** Whatever a schema under a junctor speaks of must be named outside of it too. */
function validateCompleteness(
  nested: JSONSchemaProps,
  structural: JSONSchemaProps,
  path: string,
  nestedPath: string,
  errors: FieldError[],
): void {
  const visit = (each: JSONSchemaProps, where: string): void => validateNestedCompleteness(each, structural, path, where, errors);
  if (nested.not !== undefined) visit(nested.not, `${nestedPath}.not`);
  for (const junctor of ["allOf", "anyOf", "oneOf"] as const)
    for (const [index, each] of (nested[junctor] ?? []).entries()) visit(each, `${nestedPath}.${junctor}[${index}]`);
}

function validateNestedCompleteness(
  nested: JSONSchemaProps,
  structural: JSONSchemaProps | undefined,
  path: string,
  nestedPath: string,
  errors: FieldError[],
): void {
  if (structural === undefined) {
    errors.push(required(path, `because it is defined in ${nestedPath}`));
    return;
  }
  validateCompleteness(nested, structural, path, nestedPath, errors);
  const items = itemsOf(nested);
  if (items !== undefined) validateNestedCompleteness(items, itemsOf(structural), `${path}.items`, `${nestedPath}.items`, errors);
  for (const [name, each] of Object.entries(nested.properties ?? {})) {
    const known = structural.properties?.[name];
    validateNestedCompleteness(each, known, `${path}.properties[${name}]`, `${nestedPath}.properties[${name}]`, errors);
  }
}
