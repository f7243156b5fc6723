import type { JsonObject } from "../json-object.ts";
import { isEmpty, isMap, isMissing, scalarOf, textOf } from "./scalars.ts";

/** The values of an item's keys as texts, each empty where it has none. */
type Values = readonly string[];

/**
 * Merges the items of a patch into those of a list: the patch's come first and in its order. `merge` is asked for what a former item
 * and one of the patch make together, either of which may be missing. Without keys, items are plain texts.
 *
 * Where items leave out what tells them apart (ports without a protocol beside others with one), upstream's way is followed to the
 * letter: former items may win over those of the patch, and may be lost.
 */
export function mergeList(
  list: readonly unknown[],
  patch: readonly unknown[],
  keys: readonly string[],
  merge: (before: unknown, after: unknown) => unknown,
): readonly unknown[] {
  if (keys.length === 0) return mergeTexts(list, patch);
  const all = uniqueValues([...patch, ...list].map((item) => valuesOf(item, keys)));
  const wanted = keys.length > 1 ? completed(all) : all;
  if (wanted.length === 0) return list;
  const used = usedKeys(wanted, keys);
  let former = list;
  let merged: readonly unknown[] = [];
  for (const values of wanted) {
    const match: Match = { keys: used.map(({ key }) => key), values: used.map(({ place }) => values[place]!) };
    const [before, after] = [itemWith(former, match), itemWith(patch, match)];
    const item = merge(before, after);
    if (!isItem(item)) former = withItem(former, undefined, match);
    else {
      const whole = withKeys(item as JsonObject, match);
      // An item that is replaced by a directive is still there as it was, and will win.
      if (before === after || !isMap(after) || after["$patch"] !== "replace")
        former = former.map((each) => (each === before ? whole : each));
      merged = withItem(merged, whole, match);
    }
  }
  const names = used.map(({ key }) => key);
  return former.reduce<readonly unknown[]>((items, item) => followedBy(items, item, names), merged);
}

function mergeTexts(list: readonly unknown[], patch: readonly unknown[]): readonly unknown[] {
  const items = new Map<string, unknown>();
  for (const item of [...patch, ...list]) if (!items.has(textOf(item))) items.set(textOf(item), item);
  return Array.from(items.values());
}

function valuesOf(item: unknown, keys: readonly string[]): Values {
  return keys.map((key) => (isMap(item) && !isEmpty(item[key]) ? textOf(item[key]) : ""));
}

function uniqueValues(all: readonly Values[]): readonly Values[] {
  return Array.from(new Map(all.map((values) => [JSON.stringify(values), values])).values());
}

/** What one item leaves out is taken from another that agrees with it in the rest. */
function completed(all: readonly Values[]): readonly Values[] {
  const values = [...all];
  for (let one = 0; one < values.length; one++) {
    for (let other = 0; other < values.length; other++) {
      const both = together(values[one]!, values[other]!);
      if (both !== undefined) values[one] = values[other] = both;
    }
  }
  return values;
}

function together(one: Values, other: Values): Values | undefined {
  if (!one.some((value, index) => value === other[index])) return undefined;
  if (one.some((value, index) => value !== other[index] && value !== "" && other[index] !== "")) return undefined;
  return one.map((value, index) => value || other[index]!);
}

interface UsedKey {
  readonly key: string;
  readonly place: number;
}

/** The keys that any item has; all of them when none has any. */
function usedKeys(all: readonly Values[], keys: readonly string[]): readonly UsedKey[] {
  const places = keys.map((key, place) => ({ key, place }));
  const used = places.filter(({ place }) => all.some((values) => values[place] !== ""));
  return used.length === 0 ? places : used;
}

interface Match {
  readonly keys: readonly string[];
  /** Those of the keys. Where there are fewer, the last one stands for the others. */
  readonly values: Values;
}

/** The first item with these values; those that are empty don't count, unless all are. */
function itemWith(list: readonly unknown[], { keys, values }: Match): unknown {
  const places = keys.flatMap((key, place) => (values[place] === "" ? [] : [{ key, value: values[place]! }]));
  const counted = places.length === 0 ? keys.map((key) => ({ key, value: "" })) : places;
  return list.find((item) => isMap(item) && counted.every(({ key, value }) => Object.hasOwn(item, key) && textOf(item[key]) === value));
}

/** An empty value asks for the key alone. */
function hasValue(item: JsonObject, key: string, value: string): boolean {
  return Object.hasOwn(item, key) && (value === "" || textOf(item[key]) === value);
}

function isMatch(item: unknown, { keys, values }: Match): boolean {
  if (!isMap(item) || values.length === 0) return false;
  return keys.every((key, place) => place >= values.length || hasValue(item, key, values[place]!));
}

const isItem = (item: unknown): boolean => !isMissing(item) && !(isMap(item) && Object.keys(item).length === 0);

function withKeys(item: JsonObject, { keys, values }: Match): JsonObject {
  return keys.reduce((each, key, place) => {
    const value = values[place]!;
    return value === "" || !isMap(each) || Object.hasOwn(each, key) ? each : { ...each, [key]: scalarOf(value) };
  }, item);
}

/** The list with an item in the places of those that match, or else at its end; without them when there is no item. */
function withItem(list: readonly unknown[], item: unknown, match: Match): readonly unknown[] {
  const matching = list.filter(isItem).map((each) => ({ each, matches: isMatch(each, match) }));
  // Without any value to look for, nothing is kept.
  const kept = matching.filter(({ matches }) => matches || match.values.length > 0);
  if (item === undefined) return kept.filter(({ matches }) => !matches).map(({ each }) => each);
  const items = kept.map(({ each, matches }) => (matches ? item : each));
  return kept.some(({ matches }) => matches) ? items : [...items, item];
}

/** The list with a former item, which takes the place of what it became. */
function followedBy(list: readonly unknown[], item: unknown, keys: readonly string[]): readonly unknown[] {
  const values = keys.flatMap((key) => (isMap(item) && item[key] !== undefined ? [textOf(item[key])] : []));
  const match = { keys, values };
  const without = keys.length > 1 ? withItem(values.length < keys.length ? [...list, item] : list, undefined, match) : list;
  return withItem(without, item, match);
}
