/** The object with other values; the same object when it has them already. `undefined` leaves a field as it is. */
export function updated<T extends object>(object: T, values: { readonly [K in keyof T]?: T[K] | undefined }): T {
  let copy: { -readonly [K in keyof T]: T[K] } | undefined;
  for (const name in values) {
    const value = values[name];
    if (value !== undefined && object[name] !== value) (copy ??= { ...object })[name] = value;
  }
  return copy ?? object;
}

/** The list with each item changed; the same list when no item is. */
export function eachUpdated<T>(items: readonly T[] | undefined, change: (item: T) => T): readonly T[] | undefined {
  const changed = items?.map(change);
  return changed?.some((item, index) => item !== items?.[index]) === true ? changed : items;
}
