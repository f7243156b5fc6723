import { deduce, isMap, type JsonObject, type KeyedTopology, type Topology } from "./topology.ts";

/**
 * Whether two values have the same paths, whatever stands there: the same fields, keys and items. The Pods of one controller do. An
 * answer of `false` may be wrong where items stand in another order.
 */
export function haveSameShape(topology: Topology, a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if ((a === null) !== (b === null)) return false;
  switch (topology.form) {
    case "leaf":
      return true;
    case "struct": {
      if (!isMap(a) || !isMap(b)) return false;
      for (const { read, topology: inner } of topology.sorted) {
        const one = read(a);
        const other = read(b);
        if (one === other) continue;
        if (one === undefined || other === undefined || !haveSameShape(inner, one, other)) return false;
      }
      return true;
    }
    case "map":
      return isMap(a) && isMap(b) && haveSameKeys(a, b) && Object.keys(a).every((key) => haveSameShape(topology.values, a[key], b[key]));
    case "keyed":
      return haveSameItems(a, b, (one, other) => haveSameIdentity(topology, one, other) && haveSameShape(topology.items, one, other));
    case "set":
      return haveSameItems(a, b, (one, other) => one === other);
    case "deduced":
      return isMap(a) === isMap(b) && haveSameShape(deduce(a), a, b);
  }
}

function haveSameKeys(a: JsonObject, b: JsonObject): boolean {
  let surplus = 0;
  for (const key in a) {
    if (!Object.hasOwn(b, key)) return false;
    surplus++;
  }
  for (const _ in b) surplus--;
  return surplus === 0;
}

function haveSameItems(a: unknown, b: unknown, same: (one: unknown, other: unknown) => boolean): boolean {
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (!same(a[index], b[index])) return false;
  return true;
}

function haveSameIdentity({ keys }: KeyedTopology, a: unknown, b: unknown): boolean {
  return isMap(a) && isMap(b) && keys.every(({ name, default: fallback }) => (a[name] ?? fallback) === (b[name] ?? fallback));
}
