import { type FieldError, invalid, messageOf, objectMeta, decodeObject, sameJson, StatusError, type Steps } from "@kubets/machinery";
import type { JSONSchemaProps } from "./json-schema-props.ts";
import { coerceEmbedded, prune, validateEmbedded, validateListTypes, validateRules, validateValue } from "./structural/index.ts";
import { isEmbeddedResource, isObject, itemsOf } from "./structural/schema-forms.ts";

/** What is wrong with the defaults in a schema: they must keep it themselves, and have no fields that it doesn't name. */
export function* validateDefaults(schema: JSONSchemaProps, path: string): Steps<readonly FieldError[]> {
  const errors: FieldError[] = [];
  yield* validateBelow(schema, path, errors, { isRoot: true, metaPath: undefined });
  return errors;
}

interface Place {
  readonly isRoot?: boolean;
  /** Where within the type and metadata of an object the schema is; `undefined` outside. */
  readonly metaPath: readonly string[] | undefined;
}

function* validateBelow(schema: JSONSchemaProps, path: string, errors: FieldError[], place: Place): Steps<void> {
  yield schema.default === undefined ? 1 : 3;
  const isResource = place.isRoot === true || isEmbeddedResource(schema);
  const metaPath = isResource ? undefined : place.metaPath;
  if (schema.default !== undefined)
    errors.push(...(metaPath === undefined ? validateDefault(schema, path) : validateInMetadata(schema, path, metaPath)));
  const { additionalProperties, properties } = schema;
  const items = itemsOf(schema);
  const step = (name: string): Place => ({ metaPath: metaPath === undefined ? undefined : [...metaPath, name] });
  if (isObject(additionalProperties)) yield* validateBelow(additionalProperties, `${path}.additionalProperties`, errors, step("*"));
  if (items !== undefined) yield* validateBelow(items, `${path}.items`, errors, step("[]"));
  for (const name in properties) {
    const entersMeta = isResource && (name === "metadata" || name === "apiVersion" || name === "kind");
    yield* validateBelow(properties[name]!, `${path}.properties[${name}]`, errors, entersMeta ? { metaPath: [name] } : step(name));
  }
}

function validateDefault(schema: JSONSchemaProps, path: string): readonly FieldError[] {
  const value = schema.default;
  const at = `${path}.default`;
  const pruned = prune(schema, value, { isRoot: false }).value;
  const unknown = sameJson(pruned, value) ? [] : [invalid(at, value, "must not have unknown fields")];
  const coerced = coerceEmbedded(schema, value);
  if (coerced.error !== undefined) {
    const problem = `${coerced.error.field}: ${messageOf(coerced.error)}`;
    return [...unknown, invalid(at, value, `must result in valid metadata: ${problem}`)];
  }
  const own = [...validateEmbedded(schema, value, at), ...validateListTypes(schema, value, at)];
  if (own.length > 0) return [...unknown, ...own];
  const wrong = validateValue(schema, value, { root: at });
  return [...unknown, ...(wrong.length > 0 ? wrong : validateRules(schema, value, { path: at, isRoot: isEmbeddedResource(schema) }))];
}

/** A default within metadata must make metadata, whatever is around it. */
function validateInMetadata(schema: JSONSchemaProps, path: string, metaPath: readonly string[]): readonly FieldError[] {
  const value = schema.default;
  const surrounding = metaPath.slice(1).reduceRight<unknown>((inner, name) => (name === "[]" ? [inner] : { [name]: inner }), value);
  if (metaPath[0] === "metadata") {
    try {
      decodeObject(objectMeta, surrounding);
    } catch (error) {
      if (error instanceof StatusError) return [invalid(`${path}.default`, value, `must result in valid metadata: ${error.message}`)];
      throw error;
    }
  }
  return validateValue(schema, value, { root: `${path}.default` });
}
