import { CommandError } from "../../errors.ts";
import { compareTexts, firstKinds, lastKinds, ranksOf, sortedKind } from "../kind-order.ts";
import type { SortOptions } from "../kustomization.ts";
import { describeKind, type ResourceId } from "../resource-id.ts";
import { currentId, type Resource } from "../resource.ts";

/** Orders resources: as they came (`fifo`), or by their kinds, so that each comes after those that it is likely to need (`legacy`). */
export function inOrder(resources: readonly Resource[], { order, legacySortOptions }: SortOptions): readonly Resource[] {
  if (order !== "fifo" && order !== "legacy") throw new CommandError("the field 'sortOptions.order' must be one of [fifo, legacy]");
  if (order === "legacy") return byKind(resources, legacySortOptions ?? { orderFirst: firstKinds, orderLast: lastKinds });
  if (legacySortOptions === undefined) return resources;
  throw new CommandError("the field 'sortOptions.legacySortOptions' is set but the selected sort order is 'fifo', not 'legacy'");
}

function byKind(
  resources: readonly Resource[],
  { orderFirst, orderLast }: NonNullable<SortOptions["legacySortOptions"]>,
): readonly Resource[] {
  const ranks = ranksOf(orderFirst, orderLast);
  const places = resources.map((resource) => ({ resource, id: currentId(resource) }));
  return places.toSorted((a, b) => compare(a.id, b.id, ranks)).map(({ resource }) => resource);
}

function compare(a: ResourceId, b: ResourceId, ranks: ReadonlyMap<string, number>): number {
  const [kindOfA, kindOfB] = [sortedKind(a), sortedKind(b)];
  if (kindOfA === kindOfB) return compareTexts(sortedId(a), sortedId(b));
  const ranked = (ranks.get(a.kind) ?? 0) - (ranks.get(b.kind) ?? 0);
  if (ranked !== 0) return ranked;
  // Namespaces of the core group come before those of others.
  const isReversed = a.kind === "Namespace" && b.kind === "Namespace" && (a.group === "" || b.group === "");
  return isReversed ? compareTexts(kindOfB, kindOfA) : compareTexts(kindOfA, kindOfB);
}

const sortedId = (id: ResourceId): string => `${describeKind(id)}|${id.namespace || "~X"}|${id.name || "~N"}`;
