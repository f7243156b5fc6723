import type { CachedObject } from "../watch-cache/cached-object.ts";
import type { Delivery, Selection, Watcher } from "../watch-cache/watcher.ts";
import type { Resource } from "./resource.ts";

/** What the cache can select by itself: fields of a version that somebody else converts to are looked at afterwards. */
export function cacheSelection({ served, ...selection }: Selection): Selection {
  if (served === undefined) return selection;
  const { matches: _matches, ...rest } = selection;
  return { ...rest, ...(served.shared === undefined ? {} : { matches: served.shared }) };
}

/** How the events of a watch are brought into the version that is served; `undefined` where that takes nothing. */
export async function preparation(
  resource: Resource,
  { served }: Selection,
  watcher: Pick<Watcher, "after" | "isFromStart" | "selection">,
): Promise<((deliveries: readonly Delivery[]) => Promise<readonly Delivery[]>) | undefined> {
  const { prepare } = resource;
  if (prepare === undefined) return undefined;
  if (served === undefined) {
    return async (deliveries) => {
      await prepare(deliveries.map(({ object }) => object));
      return deliveries;
    };
  }
  const matches = (stored: CachedObject): boolean => served.matches(resource.show(stored).object);
  const selected = new Map<string, CachedObject>();
  if (!watcher.isFromStart) {
    const before = [...resource.cache.candidates(watcher.selection)].filter(({ revision }) => revision <= watcher.after);
    await prepare(before);
    for (const object of before) if (matches(object)) selected.set(object.key, object);
  }
  return async (deliveries) => {
    await prepare(deliveries.map(({ object }) => object));
    const kept: Delivery[] = [];
    for (const delivery of deliveries) {
      const told = tell(delivery, selected, matches);
      if (told === undefined) continue;
      // An object that is left out from now on is shown as it was last seen.
      if (told.object !== delivery.object) await prepare([told.object]);
      kept.push(told);
    }
    return kept;
  };
}

/** What an event is to somebody who sees only what is selected; `undefined` when it is nothing. */
function tell(delivery: Delivery, selected: Map<string, CachedObject>, matches: (stored: CachedObject) => boolean): Delivery | undefined {
  const { type, object } = delivery;
  if (type === "BOOKMARK" || type === "ERROR") return delivery;
  const last = selected.get(object.key);
  if (type !== "DELETED" && matches(object)) {
    selected.set(object.key, object);
    return { type: last === undefined ? "ADDED" : "MODIFIED", object };
  }
  selected.delete(object.key);
  return last === undefined ? undefined : { type: "DELETED", object: last.at(object.revision) };
}
