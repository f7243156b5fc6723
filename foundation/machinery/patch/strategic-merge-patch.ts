import type { Schema, SchemaNode } from "../schema.ts";
import { setOwn } from "../schema-fields.ts";
import { badRequest, StatusError } from "../status-error.ts";
import { mergeInOrder } from "./element-order.ts";
import { fieldMeta, type PatchMeta } from "./patch-meta.ts";
import {
  deleteFromList,
  describe,
  directive,
  type Items,
  itemKind,
  type JsonObject,
  isObject,
  noMergeKey,
  retainKeys,
  setElementOrder,
  typeName,
} from "./patch-values.ts";

/**
 * Applies a strategic merge patch to an object of the schema: what the schema calls mergeable is merged, by the merge key where items
 * are objects; the rest is replaced. The directives `$patch`, `$retainKeys`, `$setElementOrder/…` and `$deleteFromPrimitiveList/…`
 * do what they do upstream. Answers a new object that shares what the patch leaves alone.
 *
 * Throws `BadRequest` in upstream's words for a patch that breaks the rules.
 *
 * @example
 * applyStrategicMergePatch(pod, object, { spec: { containers: [{ name: "web", image: "web:2" }] } }); // other containers stay
 */
export function applyStrategicMergePatch<T>(schema: Schema<T>, original: JsonObject, patch: unknown): JsonObject {
  if (!isObject(patch)) throw badRequest("invalid JSON document");
  return mergeObject(original, patch, schema.node, new Work());
}

/** So many items of lists may be merged: a hundred thousand patches of one item of a long list would take minutes. */
const mostItems = 2_000_000;

class Work {
  #items = 0;

  charge(items: number): void {
    this.#items += items;
    if (this.#items > mostItems)
      throw new StatusError(413, "RequestEntityTooLarge", `The patch merges more than ${mostItems} items of lists`);
  }
}

function mergeObject(original: JsonObject, patch: JsonObject, node: SchemaNode | undefined, work: Work): JsonObject {
  if (Object.hasOwn(patch, directive)) return applyDirective(patch);
  const merged = new Map(Object.entries(keepOnly(original, patch)));
  const rest = orderLists(merged, patch, node, work);
  for (const [key, value] of rest) if (!key.startsWith(deleteFromList)) mergeField(merged, key, value, node, work);
  for (const [key, value] of rest) if (key.startsWith(deleteFromList)) deleteItems(merged, listOf(key, deleteFromList), value);
  return objectOf(merged);
}

function applyDirective(patch: JsonObject): JsonObject {
  const { [directive]: action, ...values } = patch;
  if (action === "replace") return values;
  if (action === "delete") return {};
  throw badRequest(`unknown patch type: ${String(action)} in map: ${describe(patch)}`);
}

/** `$retainKeys`: what is not listed goes; what the patch sets must be listed. */
function keepOnly(original: JsonObject, patch: JsonObject): JsonObject {
  if (!Object.hasOwn(patch, retainKeys)) return original;
  const listed = patch[retainKeys];
  const keys = new Set<unknown>(Array.isArray(listed) ? listed : []);
  const stray = Object.keys(patch).some((key) => {
    const special = key === retainKeys || key.startsWith(deleteFromList) || key.startsWith(setElementOrder);
    return !special && patch[key] !== null && !keys.has(key);
  });
  if (!Array.isArray(listed) || stray) throw badRequest("invalid patch format of retainKeys");
  return Object.fromEntries(Object.entries(original).filter(([key]) => keys.has(key)));
}

/** Merges the lists whose order the patch gives by `$setElementOrder`. Answers the fields of the patch that are left. */
function orderLists(
  merged: Map<string, unknown>,
  patch: JsonObject,
  node: SchemaNode | undefined,
  work: Work,
): ReadonlyMap<string, unknown> {
  const rest = new Map(Object.entries(patch));
  rest.delete(retainKeys);
  for (const [key, order] of Object.entries(patch)) {
    if (!key.startsWith(setElementOrder)) continue;
    rest.delete(key);
    const field = listOf(key, setElementOrder);
    const ordered = orderList({ original: merged.get(field), patch: rest.get(field), order }, fieldMeta(node, field), work);
    if (ordered === undefined) continue;
    merged.set(field, ordered);
    rest.delete(field);
  }
  return rest;
}

function orderList(
  { original, patch, order }: { readonly original: unknown; readonly patch: unknown; readonly order: unknown },
  meta: PatchMeta,
  work: Work,
): Items | undefined {
  const wanted = itemsOf(order);
  const before = original === undefined ? undefined : itemsOf(original);
  const given = patch === undefined ? undefined : itemsOf(patch);
  work.charge((before?.length ?? 0) + wanted.length);
  checkOrder(given ?? [], wanted, meta.mergeKey);
  if (before === undefined && given === undefined) return undefined;
  const merged =
    given === undefined ? before! : before === undefined ? (withoutDirectives(given) as Items) : mergeListField(before, given, meta, work);
  const kind = itemKind(before ?? [], given ?? []);
  if (kind === undefined) throw badRequest("no elements in any of the given slices");
  const mergeKey = kind === "object" ? meta.mergeKey : undefined;
  return mergeInOrder(merged, { order: wanted, serverOrder: placesAfter(before ?? [], given ?? [], mergeKey), mergeKey });
}

/**
 * The order of the server's items that a merged list is compared with. Upstream merges in place, so that new items take the places
 * which deleted ones leave, and then count as the server's own: that decides where they stand among the server's other items.
 */
function placesAfter(original: Items, patch: Items, mergeKey: string | undefined): Items {
  if (mergeKey === undefined) return original;
  const { kept, given } = applyItemDirectives(original as readonly JsonObject[], patch as readonly JsonObject[], mergeKey);
  const present = new Set(kept.map((item) => item[mergeKey]));
  const added = given.filter((item) => !present.has(item[mergeKey]));
  return [...kept, ...added.slice(0, Math.max(0, original.length - kept.length))];
}

/** The items of a patch must come in the order that the patch asks for. */
function checkOrder(patch: Items, order: Items, mergeKey: string | undefined): void {
  if (patch.length === 0 || order.length === 0) return;
  const keyOf = (item: unknown): unknown => {
    if (mergeKey === undefined) return item;
    if (!isObject(item)) throw badRequest(`expected a map[string]interface {}, but received a ${typeName(item)}`);
    if (!Object.hasOwn(item, mergeKey)) throw noMergeKey(item, mergeKey);
    return item[mergeKey];
  };
  const named = patch.filter((item) => mergeKey === undefined || !isObject(item) || item[directive] !== "delete");
  let [next, place] = [0, 0];
  while (next < named.length && place < order.length) {
    const item = named[next];
    if (isObject(item) && Object.hasOwn(item, directive)) next++;
    else if (keyOf(item) === keyOf(order[place++])) next++;
  }
  if (next < named.length) {
    throw badRequest(`The order in patch list:\n${describe(patch)}\n doesn't match $setElementOrder list:\n${describe(order)}\n`);
  }
}

function mergeField(merged: Map<string, unknown>, key: string, value: unknown, node: SchemaNode | undefined, work: Work): void {
  if (value === null) {
    merged.delete(key);
    return;
  }
  const before = merged.get(key);
  if (isObject(before) && isObject(value)) {
    const meta = fieldMeta(node, key);
    merged.set(key, meta.strategy === "replace" ? value : mergeObject(before, value, meta.node, work));
  } else if (Array.isArray(before) && Array.isArray(value)) {
    merged.set(key, mergeListField(before, value, fieldMeta(node, key), work));
  } else {
    const given = withoutDirectives(withoutNulls(value));
    if (given === undefined) merged.delete(key);
    else merged.set(key, given);
  }
}

function mergeListField(original: Items, patch: Items, meta: PatchMeta, work: Work): Items {
  return meta.strategy === "merge" ? mergeList(original, patch, meta, work) : patch;
}

function mergeList(original: Items, patch: Items, { mergeKey, items }: PatchMeta, work: Work): Items {
  work.charge(original.length + patch.length);
  if (original.length === 0 && patch.length === 0) return original;
  if (itemKind(original, patch) !== "object") {
    return mergeInOrder([...new Set([...original, ...patch])], { order: patch, serverOrder: original, mergeKey: undefined });
  }
  if (mergeKey === undefined) throw badRequest("cannot merge lists without merge key for struct");
  const { kept, given } = applyItemDirectives(original as readonly JsonObject[], patch as readonly JsonObject[], mergeKey);
  const merged: JsonObject[] = [...kept];
  const places = new Map(kept.map((item, place) => [item[mergeKey], place] as const).toReversed());
  for (const item of given) {
    if (!Object.hasOwn(item, mergeKey)) throw noMergeKey(item, mergeKey);
    const place = places.get(item[mergeKey]);
    if (place === undefined) places.set(item[mergeKey], merged.push(item) - 1);
    else merged[place] = mergeObject(merged[place]!, item, items, work);
  }
  return mergeInOrder(merged, { order: given, serverOrder: kept, mergeKey });
}

/** `$patch` in items of a list: `delete` removes what has the item's key, `replace` makes the patch's other items the list. */
function applyItemDirectives(
  original: readonly JsonObject[],
  patch: readonly JsonObject[],
  mergeKey: string,
): { readonly kept: readonly JsonObject[]; readonly given: readonly JsonObject[] } {
  const deleted = new Set<unknown>();
  let replace = false;
  for (const item of patch) {
    if (!Object.hasOwn(item, directive)) continue;
    switch (item[directive]) {
      case "delete":
        if (!Object.hasOwn(item, mergeKey)) throw noMergeKey(item, mergeKey);
        deleted.add(item[mergeKey]);
        break;
      case "replace":
        replace = true;
        break;
      case "merge":
        throw badRequest("merging lists cannot yet be specified in the patch");
      default:
        throw badRequest(`unknown patch type: ${String(item[directive])} in map: ${describe(item)}`);
    }
  }
  const given = patch.filter((item) => !Object.hasOwn(item, directive));
  if (replace) return { kept: given, given: [] };
  return { kept: deleted.size === 0 ? original : original.filter((each) => !deleted.has(each[mergeKey])), given };
}

function deleteItems(merged: Map<string, unknown>, field: string, gone: unknown): void {
  const before = merged.get(field);
  if (!Array.isArray(before) || !Array.isArray(gone)) return;
  const deleted = new Set<unknown>(gone);
  merged.set(
    field,
    before.filter((item) => !deleted.has(item)),
  );
}

/** The field that a directive such as `$setElementOrder/containers` is about. */
function listOf(key: string, prefix: string): string {
  if (key.startsWith(`${prefix}/`)) return key.slice(prefix.length + 1);
  throw badRequest(`invalid patch format of ${prefix === setElementOrder ? "setElementOrder list" : "primitive list"}`);
}

function itemsOf(value: unknown): Items {
  if (Array.isArray(value)) return value;
  throw badRequest(`expected a []interface {}, but received a ${typeName(value)}`);
}

/** New values carry no nulls, which ask for a removal of what is not there. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([, each]) => each !== null);
  return objectOf(new Map(kept.map(([key, each]) => [key, withoutNulls(each)])));
}

/** New values carry no instructions: an object with `$patch` is left out. `undefined`: nothing remains. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((each) => each !== undefined);
  if (!isObject(value)) return value;
  if (Object.hasOwn(value, directive)) return undefined;
  const kept = Object.entries(value).map(([key, each]) => [key, withoutDirectives(each)] as const);
  return objectOf(new Map(kept.filter(([, each]) => each !== undefined)));
}

function objectOf(map: ReadonlyMap<string, unknown>): JsonObject {
  const object: Record<string, unknown> = {};
  for (const [key, value] of map) setOwn(object, key, value);
  return object;
}
