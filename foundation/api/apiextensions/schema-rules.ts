import { type FieldError, forbidden, invalid, notSupported, required, type Steps } from "@kubets/machinery";
import type { JSONSchemaProps } from "./json-schema-props.ts";
import { validateListType } from "./list-type-rules.ts";
import { validateRuleTexts } from "./validation-rule-rules.ts";
import { isObject } from "./structural/schema-forms.ts";

const types = ["array", "boolean", "integer", "number", "object", "string"];

/** What holds for the schemas around the one at hand. */
interface Surroundings {
  /** Defaults are forbidden here, and why. */
  readonly noDefaults?: string;
  /** Within the type or metadata of an object. */
  readonly insideMeta?: true;
  readonly isRoot?: true;
}

/** What is not allowed of OpenAPI in a schema, and what is wrong with its extensions. */
export function* validateOpenApiSchema(
  schema: JSONSchemaProps,
  path: string,
  around: Surroundings = { isRoot: true },
): Steps<readonly FieldError[]> {
  yield 1;
  const errors: FieldError[] = [...validateForm(schema, path, around)];
  if (schema.uniqueItems === true)
    errors.push(forbidden(`${path}.uniqueItems`, "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"));
  const { isRoot: _isRoot, ...inner } = around;
  for (const [each, where, more] of below(schema, path, around))
    errors.push(...(yield* validateOpenApiSchema(each, where, { ...inner, ...more })));
  errors.push(...validateExtensions(schema, path));
  errors.push(...validateListType(schema, path));
  errors.push(...validateRuleTexts(schema, path));
  return errors;
}

/** The schemas right within a schema, each with its path and what becomes different there. */
function* below(schema: JSONSchemaProps, path: string, around: Surroundings): Iterable<readonly [JSONSchemaProps, string, Surroundings]> {
  const { additionalProperties, properties, items, not, definitions = {}, dependencies = {} } = schema;
  if (isObject(additionalProperties)) {
    const more = around.insideMeta === true ? { noDefaults: "inside additionalProperties applying to object metadata" } : {};
    yield [additionalProperties, `${path}.additionalProperties`, more];
  }
  for (const name in properties) {
    const isMeta = name === "metadata" || name === "kind" || name === "apiVersion";
    const entersMeta = isMeta && (around.isRoot === true || schema["x-kubernetes-embedded-resource"] === true);
    yield [
      properties[name]!,
      `${path}.properties[${name}]`,
      {
        ...(entersMeta ? { insideMeta: true } : {}),
        ...(entersMeta && around.isRoot === true ? { noDefaults: `in top-level ${name}` } : {}),
      },
    ];
  }
  if (not !== undefined) yield [not, `${path}.not`, {}];
  for (const junctor of ["allOf", "oneOf", "anyOf"] as const)
    for (const [index, each] of (schema[junctor] ?? []).entries()) yield [each, `${path}.${junctor}[${index}]`, {}];
  for (const name of Object.keys(definitions)) yield [definitions[name]!, `${path}.definitions[${name}]`, {}];
  if (Array.isArray(items))
    for (const [index, each] of (items as readonly JSONSchemaProps[]).entries()) yield [each, `${path}.items[${index}]`, {}];
  else if (isObject(items)) yield [items, `${path}.items`, {}];
  for (const name of Object.keys(dependencies)) {
    const each = dependencies[name];
    if (isObject(each)) yield [each, `${path}.dependencies[${name}]`, {}];
  }
}

function validateForm(schema: JSONSchemaProps, path: string, { noDefaults, insideMeta }: Surroundings): readonly FieldError[] {
  const { type = "", additionalProperties, properties = {} } = schema;
  const errors: FieldError[] = [];
  const not = (field: string): number => errors.push(forbidden(`${path}.${field}`, `${field} is not supported`));
  if (type !== "" && !types.includes(type)) errors.push(notSupported(`${path}.type`, type, types));
  if (schema.default !== undefined && noDefaults !== undefined) errors.push(forbidden(`${path}.default`, `must not be set ${noDefaults}`));
  if ((schema.id ?? "") !== "") not("id");
  if (schema.additionalItems !== undefined) not("additionalItems");
  if (Object.keys(schema.patternProperties ?? {}).length > 0) not("patternProperties");
  if (Object.keys(schema.definitions ?? {}).length > 0) not("definitions");
  if (schema.dependencies !== undefined) not("dependencies");
  if (schema.$ref !== undefined) not("$ref");
  if (type === "null") errors.push(forbidden(`${path}.type`, "type cannot be set to null, use nullable as an alternative"));
  if (Array.isArray(schema.items) && schema.items.length > 0)
    errors.push(forbidden(`${path}.items`, "items must be a schema object and not an array"));
  if (insideMeta === true && schema["x-kubernetes-embedded-resource"] === true)
    errors.push(forbidden(`${path}.x-kubernetes-embedded-resource`, "must not be used inside of resource meta"));
  // Properties are for structures, additionalProperties for maps: nothing is both.
  if (additionalProperties !== undefined && additionalProperties !== true && Object.keys(properties).length > 0)
    errors.push(forbidden(`${path}.additionalProperties`, "additionalProperties and properties are mutual exclusive"));
  return errors;
}

function validateExtensions(schema: JSONSchemaProps, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const { type = "" } = schema;
  const preserve = schema["x-kubernetes-preserve-unknown-fields"];
  const mapType = schema["x-kubernetes-map-type"];
  if (preserve === false) errors.push(invalid(`${path}.x-kubernetes-preserve-unknown-fields`, false, "must be true or undefined"));
  if (mapType === undefined) return errors;
  const needsObject = "must be object if x-kubernetes-map-type is specified";
  if (type === "") errors.push(required(`${path}.type`, needsObject));
  else if (type !== "object") errors.push(invalid(`${path}.type`, type, needsObject));
  if (mapType !== "atomic" && mapType !== "granular")
    errors.push(notSupported(`${path}.x-kubernetes-map-type`, mapType, ["atomic", "granular"]));
  return errors;
}
