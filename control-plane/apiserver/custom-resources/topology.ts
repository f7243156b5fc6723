import type { JSONSchemaProps } from "@kubets/api";
import {
  type Field,
  type KubernetesObject,
  objectMeta,
  type ObjectNode,
  type Schema,
  type SchemaNode,
  string,
  struct,
  text,
  type WrittenSchema,
} from "@kubets/machinery";

/**
 * The schema of a custom kind as the schemas of the program are: what it consists of, and how its parts are merged by apply. Values are not
 * read or validated by it. Made as far as it is looked at: a schema may have ten thousand fields.
 */
export function topologyOf(schema: JSONSchemaProps, name: string, openApi?: WrittenSchema): Schema<KubernetesObject> {
  const node = objectNode(schema, name);
  const fields = once(() => {
    const own = {
      kind: text({ field: 0, doc: "The kind of the object." }),
      apiVersion: text({ field: 0, doc: "The group and version that the object is written in." }),
      metadata: struct(objectMeta, { field: 1, default: {}, doc: "Name, labels and what else every object carries." }),
    };
    return { ...(own as unknown as ReturnType<ObjectNode["fields"]>), ...without(node.fields(), Object.keys(own)) };
  });
  return { node: { ...node, fields, ...(openApi === undefined ? {} : { openApi }) } };
}

function without(fields: Readonly<Record<string, Field<unknown>>>, names: readonly string[]): Readonly<Record<string, Field<unknown>>> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}

function objectNode({ properties = {}, description = "", ...schema }: JSONSchemaProps, name: string): ObjectNode {
  const fields = once(() => Object.fromEntries(Object.entries(properties).map(([field, inner]) => [field, fieldOf(inner)])));
  return { type: "object", name, doc: description, fields, atomic: schema["x-kubernetes-map-type"] === "atomic" };
}

function fieldOf(schema: JSONSchemaProps): Field<unknown> {
  const listType = schema["x-kubernetes-list-type"];
  const mapKeys = schema["x-kubernetes-list-map-keys"];
  const mapType = schema["x-kubernetes-map-type"];
  return {
    field: 0,
    doc: schema.description ?? "",
    presence: "pointer",
    required: false,
    schema: { node: nodeOf(schema) },
    ...(listType === "set" || listType === "map" || listType === "atomic" ? { listType } : {}),
    ...(mapKeys === undefined ? {} : { mapKeys }),
    ...(mapType === "atomic" || mapType === "granular" ? { mapType } : {}),
    ...(schema.default === undefined ? {} : { default: schema.default }),
  };
}

const anything: SchemaNode = { type: "json", object: false };

function nodeOf(schema: JSONSchemaProps): SchemaNode {
  const { type, items, properties, additionalProperties } = schema;
  if (schema["x-kubernetes-int-or-string"] === true) return { type: "intOrString" };
  switch (type) {
    case "array":
      return { type: "list", items: isSchema(items) ? nodeOf(items) : anything };
    case "object":
      if (properties !== undefined) return objectNode(schema, "");
      return isSchema(additionalProperties) ? { type: "map", values: nodeOf(additionalProperties) } : anything;
    case "string":
      return string.node;
    case "boolean":
      return { type: "boolean" };
    case "integer":
      return { type: "integer", bits: 64 };
    case "number":
      return { type: "number" };
    default:
      return anything;
  }
}

function isSchema(value: unknown): value is JSONSchemaProps {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
