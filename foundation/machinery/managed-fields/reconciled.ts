import { type FieldSet, isEmptySet, member } from "./field-set.ts";
import { type PathElement, self } from "./path-element.ts";
import type { Topology } from "./topology.ts";

/**
 * The fields of a manager as the schema has them now: whoever owned a part of what has become atomic since owns the whole of it. What has become
 * granular stays with whoever owned the whole, as upstream leaves it. Answers the same set where nothing is different.
 */
export function reconciled(topology: Topology, fields: FieldSet): FieldSet {
  if (isEmptySet(fields)) return fields;
  switch (topology.form) {
    case "struct":
      return below(fields, (element) => topology.fields.get(element.slice("f:".length))?.topology);
    case "map":
      return below(fields, () => topology.values);
    case "keyed":
      return below(fields, () => topology.items);
    case "leaf":
      return member;
    case "set":
    case "deduced":
      return fields;
  }
}

function below(fields: FieldSet, topologyOf: (element: PathElement) => Topology | undefined): FieldSet {
  let changed: Record<PathElement, FieldSet> | undefined;
  for (const element in fields) {
    if (element === self) continue;
    const given = fields[element as PathElement]!;
    const topology = topologyOf(element as PathElement);
    const now = topology === undefined ? given : reconciled(topology, given);
    if (now !== given) (changed ??= { ...fields })[element as PathElement] = now;
  }
  return changed ?? fields;
}
