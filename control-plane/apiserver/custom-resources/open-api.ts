import type { JSONSchemaProps } from "@kubets/api";
import { objectMeta, type WrittenSchema } from "@kubets/machinery";

type Json = Readonly<Record<string, unknown>>;

/** How OpenAPI describes a custom kind: as its definition does, with the type and metadata that every object has. */
export function openApiOf(schema: JSONSchemaProps): WrittenSchema {
  return {
    v3: () => withTypeAndMetadata(rewritten(schema), "#/components/schemas/"),
    v2() {
      // kubectl refuses unknown fields of whatever has properties.
      if (schema["x-kubernetes-preserve-unknown-fields"] === true) return { type: "object" };
      return withTypeAndMetadata(simplified(schema), "#/definitions/");
    },
    references: [objectMeta.node],
  };
}

const kindDoc = "The kind of the object, in CamelCase.";
const apiVersionDoc = "The API group and version that the object is written in, such as apps/v1.";
const metadataDoc = "Name, labels and what else every object carries.";
const metadataName = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

function withTypeAndMetadata(schema: Json, prefix: string): Json {
  const { properties = {} } = schema as { readonly properties?: Json };
  const $ref = `${prefix}${metadataName}`;
  const metadata = prefix === "#/definitions/" ? { $ref, description: metadataDoc } : { allOf: [{ $ref }], description: metadataDoc };
  return {
    ...schema,
    type: "object",
    properties: {
      ...properties,
      apiVersion: { description: apiVersionDoc, type: "string" },
      kind: { description: kindDoc, type: "string" },
      metadata,
    },
  };
}

function asEmbedded(schema: Json, prefix: string): Json {
  const { required = [] } = schema as { readonly required?: readonly string[] };
  return { ...withTypeAndMetadata(schema, prefix), required: [...new Set([...required, "kind", "apiVersion"])] };
}

/** A schema as OpenAPI v3 has it: it is that already, but for embedded objects, whose type and metadata are said. */
function rewritten(schema: JSONSchemaProps): Json {
  return mapped(schema, rewritten, (each) =>
    schema["x-kubernetes-embedded-resource"] === true ? asEmbedded(each, "#/components/schemas/") : each,
  );
}

/**
 * A schema as OpenAPI v2 can say it. What v2 has no words for is left out, and where older kubectls would refuse what the server takes, less
 * is said.
 */
function simplified(schema: JSONSchemaProps): Json {
  const { allOf: _allOf, oneOf: _oneOf, anyOf: _anyOf, not: _not, nullable, ...rest } = schema;
  const preserves = schema["x-kubernetes-preserve-unknown-fields"] === true;
  const isUntyped = nullable === true || preserves;
  return mapped(rest, simplified, (each) => {
    const { items, properties, type, required, ...others } = each as Json & { readonly required?: readonly string[] };
    const needed = required?.filter((name) => schema.properties?.[name]?.nullable !== true) ?? [];
    const keptItems = isUntyped ? undefined : items;
    const keepsType = nullable !== true && !(preserves && type === "object") && !(type === "array" && keptItems === undefined);
    const simple = {
      ...others,
      ...(keptItems === undefined ? {} : { items: keptItems }),
      ...(isUntyped || properties === undefined ? {} : { properties }),
      ...(keepsType && type !== undefined && schema["x-kubernetes-int-or-string"] !== true ? { type } : {}),
      ...(needed.length === 0 ? {} : { required: needed }),
    };
    return schema["x-kubernetes-embedded-resource"] === true && !preserves ? asEmbedded(simple, "#/definitions/") : simple;
  });
}

/** The schema with those right within it mapped, then itself. */
function mapped(schema: JSONSchemaProps, each: (schema: JSONSchemaProps) => Json, self: (schema: Json) => Json): Json {
  const { items, properties, additionalProperties, ...rest } = schema;
  return self({
    ...rest,
    ...(isSchema(items) ? { items: each(items) } : {}),
    ...(properties === undefined
      ? {}
      : { properties: Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, each(inner)])) }),
    ...(additionalProperties === undefined
      ? {}
      : { additionalProperties: isSchema(additionalProperties) ? each(additionalProperties) : additionalProperties }),
  });
}

function isSchema(value: unknown): value is JSONSchemaProps {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
