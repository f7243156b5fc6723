import { findByKeys, listContains } from "./equality.ts";
import { CelArray, type CelList, type CelValue } from "./values.ts";

/**
 * What `+` makes of two lists: the one after the other. Where the schema of the first one says that it is a set or a map, what it has
 * already is not added again; elements of a map list take the place of those with the same keys.
 */
export function mergeLists(a: CelList, b: CelList): CelList {
  const { merge } = a;
  if (merge?.type === "set") return new CelArray([...a, ...[...b].filter((each) => !listContains(a, each))]);
  if (merge?.type === "map") return mergeByKeys(a, b, merge.keys);
  if (a instanceof CelArray) return a.append(b);
  return new CelArray([...a, ...b]);
}

function mergeByKeys(a: CelList, b: CelList, keys: readonly string[]): CelList {
  const replaced: CelValue[] = [...a].map((each) => findByKeys(b, each, keys) ?? each);
  const added = [...b].filter((each) => findByKeys(a, each, keys) === undefined);
  return new CelArray([...replaced, ...added]);
}
