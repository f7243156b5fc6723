import type { OpenApiSchema } from "../openapi.ts";
import { jsonFieldsOf } from "../schema-fields.ts";
import type { SchemaNode } from "../schema.ts";
import { escapeName } from "./escaping.ts";
import { listType, mapType, stringType, type CelType, type ListMerge, type ObjectField, type ObjectType } from "./types.ts";

/** What a structural schema says, as far as types are concerned. A schema of OpenAPI v3 is one. */
export interface StructuralSchema extends Omit<OpenApiSchema, "type" | "items" | "properties" | "additionalProperties" | "enum"> {
  readonly type?: string;
  readonly items?: StructuralSchema;
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly additionalProperties?: StructuralSchema | boolean;
  readonly enum?: readonly unknown[];
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly nullable?: boolean;
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-embedded-resource"?: boolean;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
}

/** The largest request; what no schema bounds can't be larger. Upstream keeps it fixed for the sake of costs. */
const largestRequest = 3 * 1024 * 1024;
const largestTime = 32;

/**
 * The type of the values that a structural schema admits, with what it says about their size. `undefined` for what rules can't see:
 * values of unknown fields.
 *
 * `root`: of a custom resource, whose kind and name rules always see. `name` is what errors call the type.
 */
export function celTypeOfSchema(
  schema: StructuralSchema,
  { root = false, name = "selfType" }: { readonly root?: boolean; readonly name?: string } = {},
): CelType | undefined {
  if (schema["x-kubernetes-int-or-string"] === true) {
    const maxElements = schema.maxLength === undefined ? largestRequest - 2 : bytesOf(schema.maxLength);
    return { kind: "dyn", maxElements, minSize: 1 };
  }
  switch (schema.type) {
    case "array":
      return listOf(schema, name);
    case "object":
      return mapOf(schema, name) ?? objectOf(root ? withMetadata(schema) : schema, name);
    case "string":
      return stringOf(schema);
    case "boolean":
      return { kind: "bool", minSize: 4 };
    case "number":
      return { kind: "double", minSize: 1 };
    case "integer":
      return { kind: "int", minSize: 1 };
    default:
      return undefined;
  }
}

function inner(schema: StructuralSchema, name: string): CelType | undefined {
  return celTypeOfSchema(schema, { root: schema["x-kubernetes-embedded-resource"] === true, name });
}

function listOf(schema: StructuralSchema, name: string): CelType | undefined {
  const element = schema.items === undefined ? undefined : inner(schema.items, `${name}.@idx`);
  if (element === undefined) return undefined;
  const maxElements = schema.maxItems === undefined ? mostItems(minSizeOf(element)) : Math.max(0, schema.maxItems);
  const merge = mergeOf(schema);
  return listType(element, { maxElements, minSize: 2, ...(merge === undefined ? {} : { merge }) });
}

function mergeOf(schema: StructuralSchema): ListMerge | undefined {
  if (schema["x-kubernetes-list-type"] === "set") return { type: "set" };
  if (schema["x-kubernetes-list-type"] !== "map") return undefined;
  return { type: "map", keys: (schema["x-kubernetes-list-map-keys"] ?? []).map((key) => escapeName(key) ?? key) };
}

/** A map, when the schema is of one. */
function mapOf(schema: StructuralSchema, name: string): CelType | undefined {
  if (typeof schema.additionalProperties !== "object") return undefined;
  const value = inner(schema.additionalProperties, `${name}.@elem`);
  if (value === undefined) return undefined;
  const maxElements = schema.maxProperties === undefined ? mostEntries(minSizeOf(value)) : Math.max(0, schema.maxProperties);
  return mapType(stringType, value, { maxElements, minSize: 2 });
}

/** Fields are looked at when they are asked for: a schema may have thousands, and rules speak of few. */
function objectOf(schema: StructuralSchema, name: string): ObjectType | undefined {
  if (typeof schema.additionalProperties === "object") return undefined;
  const { properties = {}, required = [] } = schema;
  const types = new Map<string, CelType | undefined>();
  const typeOf = (property: string): CelType | undefined => {
    if (!types.has(property)) types.set(property, inner(properties[property]!, `${name}.${escapeName(property) ?? property}`));
    return types.get(property);
  };
  let names: ReadonlyMap<string, string> | undefined;
  const propertyOf = (): ReadonlyMap<string, string> =>
    (names ??= new Map(
      Object.keys(properties).flatMap((property) => {
        const escaped = escapeName(property);
        return escaped === undefined ? [] : [[escaped, property] as const];
      }),
    ));
  const field = (escaped: string): ObjectField | undefined => {
    const property = propertyOf().get(escaped);
    const type = property === undefined ? undefined : typeOf(property);
    return type === undefined ? undefined : { name: property!, type };
  };
  // Written, an object is at least its braces and the fields that must be there.
  let minSize = 2;
  for (const property of new Set(required)) {
    if (!Object.hasOwn(properties, property) || properties[property]!.default !== undefined) continue;
    const type = typeOf(property);
    if (type !== undefined) minSize += property.length + minSizeOf(type) + 4;
  }
  return {
    kind: "object",
    name,
    field,
    fieldNames: () => [...propertyOf().keys()].filter((escaped) => field(escaped) !== undefined),
    minSize,
  };
}

const metadata: StructuralSchema = { type: "object", properties: { name: { type: "string" }, generateName: { type: "string" } } };

function withMetadata(schema: StructuralSchema): StructuralSchema {
  const { kind, apiVersion, metadata: own } = schema.properties ?? {};
  const complete = own?.properties?.["name"]?.type === "string" && own.properties["generateName"]?.type === "string";
  if (kind?.type === "string" && apiVersion?.type === "string" && complete) return schema;
  return { ...schema, properties: { ...schema.properties, kind: { type: "string" }, apiVersion: { type: "string" }, metadata } };
}

function stringOf(schema: StructuralSchema): CelType {
  switch (schema.format) {
    case "byte":
      return { kind: "bytes", minSize: 2, maxElements: schema.maxLength ?? largestRequest - 2 };
    case "duration":
      return { kind: "duration", minSize: 3, maxElements: largestTime };
    case "date":
      return { kind: "timestamp", minSize: 12, maxElements: 12 };
    case "date-time":
      return { kind: "timestamp", minSize: 21, maxElements: largestTime };
    default:
      return { kind: "string", minSize: 2, maxElements: longest(schema) };
  }
}

function longest({ maxLength, enum: values }: StructuralSchema): number {
  if (maxLength !== undefined) return bytesOf(maxLength);
  if (values === undefined || values.length === 0) return largestRequest - 2;
  return Math.max(0, ...values.filter((value) => typeof value === "string").map((value) => new TextEncoder().encode(value).length));
}

/** A length in characters as upstream counts it: each may take four bytes. */
function bytesOf(characters: number): number {
  return Math.max(0, characters) * 4;
}

function minSizeOf(type: CelType): number {
  return type.minSize ?? 0;
}

function mostItems(minSize: number): number {
  return Math.floor((largestRequest - 2) / (minSize + 1));
}

function mostEntries(minSize: number): number {
  return Math.floor((largestRequest - 2) / (minSize + 6));
}

/** How often values of a type can stand in one request at most: how often the rule of a schema may have to be evaluated. */
export function mostOccurrences(type: CelType): number {
  return Math.floor(largestRequest / (minSizeOf(type) + 1));
}

const builtIn = new WeakMap<SchemaNode, CelType>();

/** The type of the values of a built-in kind. */
export function celTypeOfNode(node: SchemaNode): CelType {
  const known = builtIn.get(node);
  if (known !== undefined) return known;
  const type = typeOfNode(node);
  builtIn.set(node, type);
  return type;
}

function typeOfNode(node: SchemaNode): CelType {
  switch (node.type) {
    case "object": {
      // Types such as JSONSchemaProps contain themselves: their fields are looked at when they are asked for.
      let fields: ReadonlyMap<string, ObjectField> | undefined;
      const all = (): ReadonlyMap<string, ObjectField> => {
        fields ??= new Map(
          jsonFieldsOf(node).flatMap(({ name, node: inside }) => {
            const escaped = escapeName(name);
            return escaped === undefined ? [] : [[escaped, { name, type: celTypeOfNode(inside) }] as const];
          }),
        );
        return fields;
      };
      return { kind: "object", name: node.name, field: (name) => all().get(name), fieldNames: () => [...all().keys()] };
    }
    case "list":
      return listType(celTypeOfNode(node.items));
    case "map":
      return mapType(stringType, celTypeOfNode(node.values));
    case "string":
    case "quantity":
      return stringType;
    case "boolean":
      return { kind: "bool" };
    case "integer":
      return { kind: "int" };
    case "number":
      return { kind: "double" };
    case "bytes":
      return { kind: "bytes" };
    case "time":
    case "microTime":
      return { kind: "timestamp" };
    case "duration":
      return stringType;
    case "intOrString":
    case "json":
    case "either":
      return { kind: "dyn" };
  }
}
