import { definitionName, scalarDefinition } from "./openapi-scalars.ts";
import { zeroOf } from "./decode-scalars.ts";
import { jsonFieldsOf, type JsonField } from "./schema-fields.ts";
import type { ObjectNode, SchemaNode, Union } from "./schema.ts";

/** A schema as OpenAPI writes it, in the order of `properties` that upstream has: sorted by name. */
export interface OpenApiSchema {
  readonly $ref?: string;
  readonly allOf?: readonly OpenApiSchema[];
  readonly oneOf?: readonly OpenApiSchema[];
  readonly description?: string;
  readonly type?: "string" | "integer" | "number" | "boolean" | "array" | "object";
  readonly format?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly items?: OpenApiSchema;
  readonly properties?: Readonly<Record<string, OpenApiSchema>>;
  readonly additionalProperties?: OpenApiSchema;
  readonly required?: readonly string[];
  readonly "x-kubernetes-group-version-kind"?: readonly GroupVersionKind[];
  readonly "x-kubernetes-list-type"?: "atomic" | "set" | "map";
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-map-type"?: "atomic" | "granular";
  readonly "x-kubernetes-patch-strategy"?: string;
  readonly "x-kubernetes-patch-merge-key"?: string;
  readonly "x-kubernetes-unions"?: readonly object[];
}

export interface GroupVersionKind {
  readonly group: string;
  readonly kind: string;
  readonly version: string;
}

/** The versions of OpenAPI. Version 2 knows neither defaults nor enums nor `allOf`. */
type Dialect = "v2" | "v3";

/**
 * A definition in OpenAPI v3: what stands under its name in `components.schemas`. `kinds` are the kinds that the type is read and
 * written as.
 */
export function openApiV3Definition(node: SchemaNode, kinds: readonly GroupVersionKind[] = []): OpenApiSchema {
  return definition(node, kinds, "v3");
}

/** A definition in OpenAPI v2: what stands under its name in `definitions`. */
export function openApiV2Definition(node: SchemaNode, kinds: readonly GroupVersionKind[] = []): OpenApiSchema {
  return definition(node, kinds, "v2");
}

/** How OpenAPI v3 refers to a type: by `$ref` where it has a definition of its own. */
export function openApiV3Schema(node: SchemaNode): OpenApiSchema {
  return reference(node, "v3");
}

export function openApiV2Schema(node: SchemaNode): OpenApiSchema {
  return reference(node, "v2");
}

/** All types that have a definition of their own and are part of `roots`, by name. */
export function definitionsOf(roots: Iterable<SchemaNode>): ReadonlyMap<string, SchemaNode> {
  const found = new Map<string, SchemaNode>();
  const visit = (node: SchemaNode): void => {
    const name = definitionName(node);
    if (name !== undefined) {
      if (found.has(name)) return;
      found.set(name, node);
    }
    if (node.type === "object" && node.openApi !== undefined) node.openApi.references.forEach(visit);
    else if (node.type === "object") for (const field of jsonFieldsOf(node)) visit(field.node);
    else if (node.type === "list") visit(node.items);
    else if (node.type === "map") visit(node.values);
    else if (node.type === "either") {
      visit(node.object());
      visit(node.other());
    }
  };
  for (const root of roots) visit(root);
  return found;
}

function definition(node: SchemaNode, kinds: readonly GroupVersionKind[], dialect: Dialect): OpenApiSchema {
  if (node.type !== "object") return scalarDefinition(node, dialect);
  if (node.openApi !== undefined)
    return { ...node.openApi[dialect](), ...(kinds.length === 0 ? {} : { "x-kubernetes-group-version-kind": kinds }) };
  return {
    description: node.doc,
    ...properties(node, dialect),
    type: "object",
    ...(kinds.length === 0 ? {} : { "x-kubernetes-group-version-kind": kinds }),
    ...(node.atomic ? { "x-kubernetes-map-type": "atomic" } : {}),
    ...(node.union === undefined ? {} : { "x-kubernetes-unions": [unionOf(node.union)] }),
  };
}

/** The fields are told by their names in Go, which begin with capitals. */
function unionOf({ discriminator, fields }: Union): object {
  const names = fields.toSorted().map((name) => [name, `${name.charAt(0).toUpperCase()}${name.slice(1)}`]);
  return { ...(discriminator === undefined ? {} : { discriminator }), "fields-to-discriminateBy": Object.fromEntries(names) };
}

function properties(node: ObjectNode, dialect: Dialect): Pick<OpenApiSchema, "properties" | "required"> {
  const fields = jsonFieldsOf(node);
  if (fields.length === 0) return {};
  const sorted = fields.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const inDocument = node.requiredInDocument ?? [];
  const required = fields
    .filter((each) => (each.field.required && !isTypeMeta(each)) || inDocument.includes(each.name))
    .map(({ name }) => name);
  return {
    properties: Object.fromEntries(sorted.map((each) => [each.name, property(each, dialect)])),
    ...(required.length === 0 ? {} : { required }),
  };
}

/** `kind` and `apiVersion` stand outside the protobuf message; they may be left out where the request says them. */
function isTypeMeta({ name, field }: JsonField): boolean {
  return field.field === 0 && (name === "kind" || name === "apiVersion");
}

function property(entry: JsonField, dialect: Dialect): OpenApiSchema {
  const { field, node } = entry;
  const standing = dialect === "v3" ? standingFor(entry) : undefined;
  return {
    ...reference(node, dialect, { wrapped: dialect === "v3" }),
    ...(standing === undefined ? {} : { default: standing }),
    description: field.doc,
    ...(field.mapKeys === undefined ? {} : { "x-kubernetes-list-map-keys": field.mapKeys }),
    ...(field.listType === undefined ? {} : { "x-kubernetes-list-type": field.listType }),
    ...(field.mapType === undefined ? {} : { "x-kubernetes-map-type": field.mapType }),
    ...(field.mergeKey === undefined ? {} : { "x-kubernetes-patch-merge-key": field.mergeKey }),
    ...(field.patchStrategy === undefined ? {} : { "x-kubernetes-patch-strategy": field.patchStrategy }),
  };
}

/** What version 3 says stands for a field that is left out: its default, or Go's zero of what is always there. */
function standingFor(entry: JsonField): unknown {
  const { field, node } = entry;
  if (field.default !== undefined) return field.default;
  if (field.presence === "pointer" || isTypeMeta(entry)) return undefined;
  if (node.type === "object") return {};
  return field.required ? zeroOfScalar(node) : undefined;
}

function zeroOfScalar(node: SchemaNode): unknown {
  switch (node.type) {
    case "string":
    case "boolean":
    case "integer":
    case "number":
      return zeroOf(node);
    default:
      return undefined;
  }
}

/** `wrapped`: other words stand beside the reference, which in version 3 a bare `$ref` would make void. */
function reference(node: SchemaNode, dialect: Dialect, { wrapped = false }: { readonly wrapped?: boolean } = {}): OpenApiSchema {
  const name = definitionName(node);
  if (name !== undefined) {
    const $ref = `${dialect === "v3" ? "#/components/schemas/" : "#/definitions/"}${name}`;
    return wrapped ? { allOf: [{ $ref }] } : { $ref };
  }
  switch (node.type) {
    case "list":
      return { type: "array", items: element(node.items, dialect) };
    case "map":
      return { type: "object", additionalProperties: element(node.values, dialect) };
    case "boolean":
      return { type: "boolean" };
    case "integer":
      return { type: "integer", format: `int${node.bits}` };
    case "number":
      return { type: "number", format: "double" };
    case "bytes":
      return { type: "string", format: "byte" };
    case "string":
      return { type: "string", ...(node.enum === undefined || dialect === "v2" ? {} : { enum: node.enum.toSorted() }) };
    default:
      throw new TypeError(`Cannot write a schema of type ${node.type} without its definition`);
  }
}

/** The items of a list, the values of a map: they are never pointers, so that version 3 says their zero. */
function element(node: SchemaNode, dialect: Dialect): OpenApiSchema {
  const standing = dialect === "v2" ? undefined : node.type === "object" ? {} : zeroOfScalar(node);
  if (standing === undefined) return reference(node, dialect);
  return { ...reference(node, dialect, { wrapped: true }), default: standing };
}
