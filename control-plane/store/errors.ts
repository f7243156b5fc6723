import type { Revision } from "./store.ts";
import { StoreError } from "./store.ts";

/** The words in which every back end says no. */

export function alreadyExists(key: string, revision: Revision): StoreError {
  return new StoreError("Exists", `Cannot create "${key}": it exists at revision ${revision}`, { revision });
}

export function notFound(verb: "update" | "delete", key: string): StoreError {
  return new StoreError("NotFound", `Cannot ${verb} "${key}": it doesn't exist`);
}

export function conflict(verb: "update" | "delete", key: string, expected: Revision, current: Revision): StoreError {
  return new StoreError("Conflict", `Cannot ${verb} "${key}": it is at revision ${current}, the change was made against ${expected}`, {
    revision: current,
  });
}

/** `attempt` is such as `read at revision 7`. */
export function compacted(attempt: string, oldest: Revision): StoreError {
  return new StoreError("Compacted", `Cannot ${attempt}: the oldest revision that is kept is ${oldest}`, { revision: oldest });
}

export function slow(prefix: string, delivered: Revision, current: Revision): StoreError {
  return new StoreError(
    "Slow",
    `Cannot go on watching "${prefix}": the watcher has read up to revision ${delivered} and the store is at ${current}, too far behind`,
    { revision: delivered },
  );
}

export function futureRevision(revision: Revision, current: Revision): StoreError {
  return new StoreError("Unavailable", `Cannot read at revision ${revision}: the store is at ${current}`, { revision: current });
}

export function futureCompaction(revision: Revision, current: Revision): StoreError {
  return new StoreError("Unavailable", `Cannot compact at revision ${revision}: the store is at ${current}`, { revision: current });
}

export function closed(): StoreError {
  return new StoreError("Unavailable", "Cannot use the store: it is closed");
}

/** A revision that a caller made up is a mistake in the program, not a state of the store. */
export function assertRevision(revision: number): void {
  if (!Number.isSafeInteger(revision) || revision < 0)
    throw new RangeError(`Cannot use ${revision} as a revision: expected a whole number`);
}
