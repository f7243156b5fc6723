import type { KeyTree } from "../../key-tree.ts";
import { beforePage, compareKeys, throughPrefix } from "../../keys.ts";
import type { Revision } from "../../store.ts";
import { BlockReader } from "./block.ts";
import type { ChangesRequest, Disk } from "./disk.ts";
import type { KeyState } from "./group-commit.ts";
import type { Wanted } from "./replies.ts";

/** What keys were at a revision, of those that were written since: their revision then, 0 for not there. */
export type Changes = ReadonlyMap<string, Revision>;

/** Reads what was written after one revision up to another, and what it was before. */
export async function readChanges(disk: Disk, { after, upTo, keys }: ChangesRequest): Promise<Changes> {
  const changes = new Map<string, Revision>();
  for (let next = after; next < upTo;) {
    const step = await disk.call("changes", { after: next, upTo, keys });
    const reader = new BlockReader(step.changes);
    while (!reader.done) {
      const key = reader.text();
      const previous = reader.number() as Revision;
      if (!changes.has(key)) changes.set(key, previous);
    }
    if ("only" in keys && changes.size > 0) break;
    next = step.revision;
  }
  return changes;
}

export interface PageOfPast {
  /** The keys of the page, in their order, with their revisions then. */
  readonly found: readonly Wanted[];
  readonly remaining: number;
}

/** A page of a list as it was, from what keys are now and what changed since. Costs what the page and the changes are, not the list. */
export function pageOfPast(
  now: KeyTree<KeyState>,
  changes: Changes,
  { prefix, after, limit }: { readonly prefix: string; readonly after: string | undefined; readonly limit: number },
): PageOfPast {
  const start = beforePage(prefix, after);
  const changed = [...changes].filter(([key]) => !start(key)).sort(([a], [b]) => compareKeys(a, b));
  const found: Wanted[] = [];
  let next = 0;
  const take = (key: string, revision: Revision): void => {
    if (revision !== 0 && found.length < limit) found.push({ key, revision });
  };
  const takeChangedBefore = (key: string | undefined): void => {
    while (next < changed.length) {
      const [changedKey, revision] = changed[next]!;
      if (key !== undefined && compareKeys(changedKey, key) >= 0) return;
      take(changedKey, revision);
      next++;
    }
  };
  now.visit(start, (key, { revision }) => {
    if (!key.startsWith(prefix)) return false;
    takeChangedBefore(key);
    if (!changes.has(key)) take(key, revision);
    return found.length < limit;
  });
  takeChangedBefore(undefined);
  if (found.length < limit) return { found, remaining: 0 };
  const afterPage = beforePage(prefix, found.at(-1)?.key ?? after);
  let remaining = now.count(throughPrefix(prefix)) - now.count(afterPage);
  for (const [key, revision] of changed) {
    if (afterPage(key)) continue;
    if (now.get(key) !== undefined) remaining--;
    if (revision !== 0) remaining++;
  }
  return { found, remaining };
}
