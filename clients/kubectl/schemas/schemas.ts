import { CommandError } from "../errors.ts";
import { isJsonObject, type JsonObject, listAt, objectAt, textAt, valueAt } from "../json-object.ts";
import type { ApiResource } from "../requests/api-resource.ts";

/** The schemas of a group version, by their names in its OpenAPI document. */
export type Schemas = JsonObject;

export function readSchemas(document: unknown): Schemas {
  return objectAt(document, "components", "schemas");
}

/** A schema where it is used, and whether what it is used in requires it. */
export interface Field {
  /** Absent for the object itself. */
  readonly name?: string;
  readonly schema: JsonObject;
  readonly isRequired: boolean;
}

/** The field of a kind's objects at a path; of lists and maps, that of what they hold. */
export function fieldAt(schemas: Schemas, resource: ApiResource, path: readonly string[]): Field {
  let field: Field = { schema: schemaOf(schemas, resource), isRequired: false };
  for (const name of path) {
    const found = fieldsOf(schemas, field.schema).find((each) => each.name === name);
    if (found === undefined) throw new CommandError(`field "${name}" does not exist`);
    field = found;
  }
  return field;
}

function schemaOf(schemas: Schemas, { group, version, kind }: ApiResource): JsonObject {
  const isOfKind = (schema: unknown): boolean =>
    listAt(schema, "x-kubernetes-group-version-kind").some(
      (each) => textAt(each, "group") === group && textAt(each, "version") === version && textAt(each, "kind") === kind,
    );
  const found = Object.values(schemas).find(isOfKind);
  if (!isJsonObject(found))
    throw new CommandError(`GVR (${[group, version, kind].filter((word) => word !== "").join("/")}) not found in OpenAPI schema`);
  return found;
}

/** What a schema leads to, one after the other: by reference, by an `allOf` of one, to items and to values. The schema is the first. */
export function chainOf(schemas: Schemas, schema: JsonObject): readonly JsonObject[] {
  const chain = [schema];
  for (let next = nextOf(schemas, schema); next !== undefined && !chain.includes(next); next = nextOf(schemas, next)) chain.push(next);
  return chain;
}

function nextOf(schemas: Schemas, schema: JsonObject): JsonObject | undefined {
  const reference = textAt(schema, "$ref");
  const next =
    reference !== ""
      ? schemas[reference.split("/").at(-1)!]
      : (soleOf(schema) ?? valueAt(schema, "items") ?? valueAt(schema, "additionalProperties"));
  return isJsonObject(next) ? next : undefined;
}

/** The only one of an `allOf`, by which a reference gets a description of its own. */
export function soleOf(schema: JsonObject): JsonObject | undefined {
  const all = listAt(schema, "allOf");
  return all.length === 1 && schema["properties"] === undefined ? all[0] : undefined;
}

/** The fields of an object, or of the objects that a list or a map holds, by name. */
export function fieldsOf(schemas: Schemas, schema: JsonObject): readonly Field[] {
  const object = chainOf(schemas, schema).find((each) => each["properties"] !== undefined);
  if (object === undefined) return [];
  const required = (valueAt(object, "required") ?? []) as readonly string[];
  return Object.entries(objectAt(object, "properties"))
    .map(([name, each]) => ({ name, schema: each as JsonObject, isRequired: required.includes(name) }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
