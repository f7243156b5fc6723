import { type Items, isObject, noMergeKey } from "./patch-values.ts";

export interface ElementOrder {
  /** The order that the patch gives: its own, or that of `$setElementOrder`. */
  readonly order: Items;
  /** The order of the list before the patch. */
  readonly serverOrder: Items;
  /** Of a list of objects; `undefined`: items are compared themselves. */
  readonly mergeKey: string | undefined;
}

/**
 * Puts a merged list in order: the items that the patch names come in its order, those that only the server has keep their order
 * among themselves, and each of the server's items stays before the patch's items that it came before.
 */
export function mergeInOrder(merged: Items, { order, serverOrder, mergeKey }: ElementOrder): Items {
  const keyOf = (item: unknown): unknown => {
    if (mergeKey === undefined) return item;
    if (!isObject(item) || !Object.hasOwn(item, mergeKey)) throw noMergeKey(isObject(item) ? item : {}, mergeKey);
    return item[mergeKey];
  };
  const named = positions(order.map(keyOf));
  const before = positions(serverOrder.map(keyOf));
  const patched = merged.filter((item) => named.has(keyOf(item))).sort((a, b) => named.get(keyOf(a))! - named.get(keyOf(b))!);
  const serverOnly = sortByPlace(
    merged.filter((item) => !named.has(keyOf(item))),
    (item) => before.get(keyOf(item)),
  );
  return interleave(serverOnly, patched, (left, right) => {
    const [leftPlace, rightPlace] = [before.get(keyOf(left)), before.get(keyOf(right))];
    return leftPlace !== undefined && rightPlace !== undefined && leftPlace < rightPlace;
  });
}

/**
 * Sorts by place. Items without one (new ones that `$setElementOrder` forgot) end up where upstream's sort by insertion leaves them:
 * it takes an item without a place for less than any other, and any other for less than it.
 */
function sortByPlace(items: Items, placeOf: (item: unknown) => number | undefined): Items {
  if (items.length > longestInserted) return items.toSorted((a, b) => (placeOf(a) ?? -1) - (placeOf(b) ?? -1));
  const sorted: unknown[] = [];
  for (const item of items) {
    const place = placeOf(item);
    let at = sorted.length;
    while (at > 0) {
      const other = placeOf(sorted[at - 1]);
      if (place !== undefined && other !== undefined && place >= other) break;
      at--;
    }
    sorted.splice(at, 0, item);
  }
  return sorted;
}

/** Inserting costs the square of the length. Beyond this, upstream sorts in another way, too. */
const longestInserted = 20;

/** The first place of each key. */
function positions(keys: Items): ReadonlyMap<unknown, number> {
  const places = new Map<unknown, number>();
  for (const [place, key] of keys.entries()) if (!places.has(key)) places.set(key, place);
  return places;
}

function interleave(left: Items, right: Items, leftFirst: (left: unknown, right: unknown) => boolean): Items {
  const result: unknown[] = [];
  let [i, j] = [0, 0];
  while (i < left.length && j < right.length) result.push(leftFirst(left[i], right[j]) ? left[i++] : right[j++]);
  return [...result, ...left.slice(i), ...right.slice(j)];
}
