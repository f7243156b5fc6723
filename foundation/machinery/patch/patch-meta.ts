import type { SchemaNode } from "../schema.ts";
import { jsonFieldsOf } from "../schema-fields.ts";

/** How a strategic merge patch treats a field. */
export interface PatchMeta {
  readonly strategy: "merge" | "replace" | undefined;
  /** Of a list of objects. */
  readonly mergeKey: string | undefined;
  /** What tells the items apart to the server on apply: it may be more than the merge key. */
  readonly mapKeys: readonly string[] | undefined;
  /** The schema of the field's value; `undefined` where anything may stand. */
  readonly node: SchemaNode | undefined;
  /** The schema of a list's items. */
  readonly items: SchemaNode | undefined;
}

const unknown: PatchMeta = { strategy: undefined, mergeKey: undefined, mapKeys: undefined, node: undefined, items: undefined };

const known = new WeakMap<SchemaNode, ReadonlyMap<string, PatchMeta>>();

/** How the field `name` of an object, or the entry `name` of a map, is patched. */
export function fieldMeta(node: SchemaNode | undefined, name: string): PatchMeta {
  if (node === undefined) return unknown;
  if (node.type === "map") return { ...unknown, node: node.values, items: itemsOf(node.values) };
  return metaOf(node).get(name) ?? unknown;
}

function metaOf(node: SchemaNode): ReadonlyMap<string, PatchMeta> {
  let fields = known.get(node);
  if (fields === undefined) {
    fields = new Map(
      node.type !== "object"
        ? []
        : jsonFieldsOf(node).map(({ name, field, node: inner }) => {
            const strategy = field.patchStrategy?.split(",").find((each) => each !== "retainKeys") as PatchMeta["strategy"];
            return [name, { strategy, mergeKey: field.mergeKey, mapKeys: field.mapKeys, node: inner, items: itemsOf(inner) }];
          }),
    );
    known.set(node, fields);
  }
  return fields;
}

function itemsOf(node: SchemaNode): SchemaNode | undefined {
  return node.type === "list" ? node.items : undefined;
}
