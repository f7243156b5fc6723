/** How an index sees the objects that it is made from. */
export interface IndexSource<Item> {
  readonly read: () => readonly Item[];
  /** A number that is another whenever the objects may be others; without it they are compared each time. */
  readonly lastChange?: () => number;
}

/**
 * An index over a list of shared objects, made again only when the list holds other objects than before.
 *
 * Objects of the caches are never changed in place, so the same objects give the same index.
 */
export function cachedIndex<Item, Index>({ read, lastChange }: IndexSource<Item>, build: (items: readonly Item[]) => Index): () => Index {
  let seenChange: number | undefined;
  let made: { readonly items: readonly Item[]; readonly index: Index } | undefined;
  return () => {
    const change = lastChange?.();
    if (made !== undefined && change !== undefined && change === seenChange) return made.index;
    const items = read();
    if (made === undefined || !sameItems(made.items, items)) made = { items, index: build(items) };
    seenChange = change;
    return made.index;
  };
}

function sameItems<Item>(before: readonly Item[], now: readonly Item[]): boolean {
  if (before.length !== now.length) return false;
  for (let position = 0; position < now.length; position++) if (before[position] !== now[position]) return false;
  return true;
}
