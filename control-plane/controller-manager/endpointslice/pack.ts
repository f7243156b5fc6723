import type { Endpoint, EndpointSlice } from "@kubets/api";
import { sameJson } from "@kubets/machinery";

/** How many endpoints a slice holds at most, as upstream. */
export const sliceCapacity = 100;

export interface Packing {
  /** What each slice that stays should hold; slices that aren't listed are not needed any more. */
  readonly updated: ReadonlyMap<EndpointSlice, readonly Endpoint[]>;
  /** What new slices should hold. */
  readonly created: readonly (readonly Endpoint[])[];
}

/**
 * Distributes endpoints over slices of the same ports with as few changed slices as can be: an endpoint stays where it is; new ones fill
 * slices that change anyway, then the fullest that have room, then new slices. One slice stays even when there is no endpoint.
 */
export function pack(endpoints: readonly Endpoint[], slices: readonly EndpointSlice[]): Packing {
  const wanted = new Map(endpoints.map((endpoint) => [identityOf(endpoint), endpoint]));
  const contents = new Map<EndpointSlice, Endpoint[]>();
  for (const slice of slices) {
    const kept: Endpoint[] = [];
    for (const endpoint of slice.endpoints) {
      const identity = identityOf(endpoint);
      const next = wanted.get(identity);
      if (next === undefined || kept.length === sliceCapacity) continue;
      kept.push(next);
      wanted.delete(identity);
    }
    contents.set(slice, kept);
  }
  const added = [...wanted.values()];
  for (const slice of added.length === 0 ? [] : fullestFirst(contents)) {
    const content = contents.get(slice)!;
    content.push(...added.splice(0, sliceCapacity - content.length));
  }
  const updated = new Map([...contents].filter(([, content]) => content.length > 0));
  const created: Endpoint[][] = [];
  while (added.length > 0) created.push(added.splice(0, sliceCapacity));
  if (updated.size === 0 && created.length === 0) {
    const [first] = slices;
    if (first === undefined) created.push([]);
    else updated.set(first, []);
  }
  return { updated, created };
}

/** Those that change anyway before those that would stay as they are; of each, the fullest first. */
function fullestFirst(contents: ReadonlyMap<EndpointSlice, readonly Endpoint[]>): readonly EndpointSlice[] {
  const ranked = [...contents].map(([slice, content]) => ({ slice, size: content.length, changes: !sameJson(content, slice.endpoints) }));
  return ranked.sort((a, b) => Number(b.changes) - Number(a.changes) || b.size - a.size).map(({ slice }) => slice);
}

/** The same Pod at the same address is the same endpoint. */
export function identityOf({ targetRef, addresses }: Endpoint): string {
  return `${targetRef?.uid ?? ""} ${addresses.join(",")}`;
}
