import type { SchemaNode } from "@kubets/machinery";
import { CommandError } from "../errors.ts";
import type { JsonObject } from "../json-object.ts";
import { mergeList } from "./list-merge.ts";
import { mergedField, type MergedField } from "./merge-keys.ts";
import { isMap, isMissing, isNull, WrittenScalar } from "./scalars.ts";

const directive = "$patch";

/**
 * Merges a patch into a value as kustomize does, which isn't quite as servers do: what a patch adds to a list stands before what is
 * there, nulls that the patch says nothing of stay, and lists are merged in the patch itself too. `undefined`: nothing is left.
 */
export function mergeValues(value: unknown, patch: unknown, { node, merge }: MergedField): unknown {
  const first = isMissing(value) ? patch : value;
  if (isMissing(first) || isMap(first)) return mergeMaps(value, patch, node);
  if (!isMissing(value) && !isMissing(patch) && (Array.isArray(value) !== Array.isArray(patch) || isMap(patch)))
    throw new CommandError(`wrong Node Kind: a patch can't make ${typeNameOf(value)} ${typeNameOf(patch)}`);
  if (!Array.isArray(first) || merge === undefined) return patch === undefined ? value : patch;
  return mergeLists(value, patch, merge);
}

const typeNameOf = (value: unknown): string => (isMap(value) ? "a map" : Array.isArray(value) ? "a list" : "a scalar");

function mergeMaps(value: unknown, patch: unknown, node: SchemaNode | undefined): unknown {
  if (!isMissing(value) && !isMap(value)) throw new CommandError("wrong Node Kind: a patch can't make a map of what is none");
  if (!isMissing(patch) && !isMap(patch)) throw new CommandError(`wrong Node Kind: a patch can't make a map ${typeNameOf(patch)}`);
  if (isMissing(value)) {
    // A null that was written stays one, unless nothing was written where it stands.
    if (patch === undefined) return value === undefined || isUnwritten(value) ? undefined : value;
    if (!isMap(patch)) return undefined;
  } else if (isNull(patch)) return undefined;
  const { action, rest } = isMap(patch) ? directiveOf(patch) : { action: "merge" as const, rest: undefined };
  if (action === "delete") return undefined;
  // What is merged with itself, since nothing was there, is rid of its directive on both sides.
  const base = isMissing(value) || value === patch || action === "replace" ? rest : (value as JsonObject);
  return mergeFields(base ?? {}, rest, node);
}

/** A null of a single space at most: nothing stands behind the colon. */
const isUnwritten = (value: unknown): boolean => value instanceof WrittenScalar && value.text === "";

function mergeFields(base: JsonObject, patch: JsonObject | undefined, node: SchemaNode | undefined): JsonObject {
  const merged = new Map(Object.entries(base));
  for (const name of new Set([...merged.keys(), ...Object.keys(patch ?? {})])) {
    const before = merged.get(name);
    const after = mergeValues(before, memberOf(patch, name), mergedField(node, name));
    if (after === undefined || (isNull(after) && after !== before)) merged.delete(name);
    else if (isNull(after) && memberOf(patch, name) !== undefined) merged.delete(name);
    else merged.set(name, after);
  }
  return Object.fromEntries(merged);
}

function memberOf(map: JsonObject | undefined, name: string): unknown {
  return map !== undefined && Object.hasOwn(map, name) ? map[name] : undefined;
}

type Action = "merge" | "replace" | "delete";

function directiveOf(patch: JsonObject): { readonly action: Action; readonly rest: JsonObject } {
  const { [directive]: given, ...rest } = patch;
  return { action: given === undefined ? "merge" : actionOf(given), rest: given === undefined ? patch : rest };
}

function actionOf(given: unknown): Action {
  if (given === "merge" || given === "replace" || given === "delete") return given;
  throw new CommandError(`unknown patch strategy '${String(given)}'`);
}

function mergeLists(value: unknown, patch: unknown, merge: NonNullable<MergedField["merge"]>): unknown {
  if (!isMissing(value) && isNull(patch)) return undefined;
  const given = Array.isArray(patch) ? (patch as readonly unknown[]) : undefined;
  if (isMissing(value)) return mergeItems(given ?? [], given, merge);
  const { action, rest } = given === undefined ? { action: "merge" as const, rest: given } : listDirectiveOf(given);
  if (action === "delete") return undefined;
  return mergeItems(action === "replace" || value === patch ? (rest ?? []) : (value as readonly unknown[]), rest, merge);
}

/** A directive for the whole list is an item that says nothing else. */
function listDirectiveOf(patch: readonly unknown[]): { readonly action: Action; readonly rest: readonly unknown[] } {
  const item = patch.find((each) => isMap(each) && Object.hasOwn(each, directive)) as JsonObject | undefined;
  if (item === undefined || Object.keys(item).length > 1) return { action: "merge", rest: patch };
  return { action: actionOf(item[directive]), rest: patch.filter((each) => !(isMap(each) && each[directive] === item[directive])) };
}

function mergeItems(
  value: readonly unknown[],
  patch: readonly unknown[] | undefined,
  { keys, items }: NonNullable<MergedField["merge"]>,
): unknown {
  return mergeList(value, patch ?? [], keys, (before, after) => mergeValues(before, after, { node: items, merge: undefined }));
}
