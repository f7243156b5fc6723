/**
 * Where in a JSON value stand-ins are: the index of a stand-in in its place, or by key what is further inside. Plain data.
 *
 * What has been made once with stand-ins for what differs (a uid, the time) is made again by filling its holes.
 */
export type Holes = number | { readonly [key: string]: Holes };

/** Where `value` has stand-ins: `standInOf` says which one a string is, by its index. `undefined` when it has none. */
export function holesOf(value: unknown, standInOf: (leaf: string) => number | undefined): Holes | undefined {
  if (typeof value === "string") return standInOf(value);
  if (typeof value !== "object" || value === null) return undefined;
  const inside: Record<string, Holes> = {};
  let found = false;
  for (const [key, each] of Object.entries(value)) {
    const holes = holesOf(each, standInOf);
    if (holes === undefined) continue;
    inside[key] = holes;
    found = true;
  }
  return found ? inside : undefined;
}

/** The value with its holes filled: a frozen copy on the way to each of them, the rest shared. */
export function filled<Value>(value: Value, holes: Holes | undefined, fillings: readonly string[]): Value {
  if (holes === undefined) return value;
  if (typeof holes === "number") return fillings[holes] as Value;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<string, unknown>;
  for (const key in holes) copy[key] = filled(copy[key], holes[key], fillings);
  return Object.freeze(copy) as Value;
}
