import type { Embedding, Field, ObjectNode, Schema, SchemaNode } from "./schema.ts";

/** How the types of one version of an API are told in another. */
export interface SchemaVersion {
  /** What the names of its definitions begin with, such as `io.k8s.api.resource.v1.`; others (of the core group, of metadata) stay. */
  readonly from: string;
  /** What they begin with in the other version. */
  readonly to: string;
  /** Types of the same package that the other version takes from this one. */
  readonly shared?: readonly string[];
  /** Protobuf numbers that are others in the other version, by type and field. */
  readonly numbers?: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Types that are others in the other version, by their names without what they begin with. */
  readonly instead?: Readonly<Record<string, Pick<Schema<unknown>, "node">>>;
}

/**
 * The schema of another version of an API whose types are the same but for their names. The types in `instead` are taken as they are:
 * what they are made of must be of the other version already.
 */
export function schemaInVersion<T>(schema: Pick<Schema<unknown>, "node">, version: SchemaVersion): Schema<T> {
  return { node: inVersion(schema.node, version) };
}

function inVersion(node: SchemaNode, version: SchemaVersion): SchemaNode {
  switch (node.type) {
    case "object":
      return objectInVersion(node, version);
    case "list":
      return { ...node, items: inVersion(node.items, version) };
    case "map":
      return { ...node, values: inVersion(node.values, version) };
    default:
      return node;
  }
}

function objectInVersion(node: ObjectNode, version: SchemaVersion): SchemaNode {
  const name = nameInVersion(node.name, version);
  if (name === node.name) return node;
  const local = node.name.slice(version.from.length);
  const instead = version.instead?.[local];
  if (instead !== undefined) return instead.node;
  const numbers = version.numbers?.[local] ?? {};
  const makeFields = (): ReturnType<ObjectNode["fields"]> =>
    Object.fromEntries(
      Object.entries(node.fields()).map(([each, field]) => [
        each,
        fieldInVersion({ ...field, field: numbers[each] ?? field.field }, version),
      ]),
    );
  let fields: ReturnType<ObjectNode["fields"]> | undefined;
  return { ...node, name, fields: () => (fields ??= makeFields()) };
}

function fieldInVersion(field: Field<unknown>, version: SchemaVersion): Field<unknown> {
  const { schema, embeddedIn } = field;
  return {
    ...field,
    schema: { node: inVersion(schema.node, version) },
    ...(embeddedIn === undefined ? {} : { embeddedIn: embeddingInVersion(embeddedIn, version) }),
  };
}

function embeddingInVersion({ within, ...embedding }: Embedding, version: SchemaVersion): Embedding {
  return {
    ...embedding,
    message: nameInVersion(embedding.message, version),
    ...(within === undefined ? {} : { within: embeddingInVersion(within, version) }),
  };
}

function nameInVersion(name: string, { from, to, shared = [] }: SchemaVersion): string {
  if (!name.startsWith(from)) return name;
  const local = name.slice(from.length);
  return shared.includes(local) ? name : `${to}${local}`;
}
