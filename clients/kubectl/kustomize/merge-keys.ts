import { kinds } from "@kubets/api";
import { fieldMeta, type SchemaNode } from "@kubets/machinery";
import type { JsonObject } from "../json-object.ts";
import { idOf } from "./resource-id.ts";

/** The schema of an object's kind, where it is one of Kubernetes' own. */
export function schemaOf(object: JsonObject): SchemaNode | undefined {
  const { group, version, kind } = idOf(object);
  return kinds.find((each) => each.kind === kind && each.group === group && each.version === version)?.schema.node;
}

/** How a list is merged: item by item, by what tells items apart (no key for plain texts). */
export interface ListMerge {
  readonly keys: readonly string[];
  readonly items: SchemaNode | undefined;
}

export interface MergedField {
  readonly node: SchemaNode | undefined;
  /** Of a list that isn't replaced. */
  readonly merge: ListMerge | undefined;
}

export function mergedField(node: SchemaNode | undefined, name: string): MergedField {
  const { node: inner, strategy, mergeKey, mapKeys, items } = fieldMeta(node, name);
  if (strategy !== "merge") return { node: inner, merge: undefined };
  return { node: inner, merge: { keys: mapKeys ?? (mergeKey === undefined ? [] : [mergeKey]), items } };
}
