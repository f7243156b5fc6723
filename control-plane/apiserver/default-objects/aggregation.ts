import type { ClusterRole, PolicyRule } from "@kubets/api";
import { sameJson, selectorMatches } from "@kubets/machinery";

/** What gathering reads of a ClusterRole, as it is stored or as it will be. */
interface Gatherable extends Pick<ClusterRole, "aggregationRule"> {
  readonly metadata: { readonly name?: string; readonly labels?: Readonly<Record<string, string>> };
  readonly rules?: readonly PolicyRule[];
}

/** The rules that an aggregating role gathers from the others, without repetition, in the order of the others' names. */
export function aggregatedRules({ metadata, aggregationRule }: Gatherable, roles: readonly Gatherable[]): readonly PolicyRule[] {
  const selectors = aggregationRule?.clusterRoleSelectors ?? [];
  const gathered: PolicyRule[] = [];
  for (const role of roles.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))) {
    if (nameOf(role) === metadata.name || !selectors.some((selector) => selectorMatches(selector, role.metadata.labels))) continue;
    for (const rule of role.rules ?? []) if (!gathered.some((each) => sameJson(each, rule))) gathered.push(rule);
  }
  return gathered;
}

/**
 * All aggregating roles whose rules aren't what they gather, with the right ones. Roles gather from roles that gather themselves,
 * so it goes round until nothing changes.
 */
export function reaggregated<Role extends Gatherable>(roles: readonly Role[]): readonly Role[] {
  const current = new Map(roles.map((role) => [nameOf(role), role]));
  const changed = new Map<string, Role>();
  for (let round = 0; round < roles.length; round++) {
    let settled = true;
    for (const role of current.values()) {
      if (role.aggregationRule === undefined) continue;
      const rules = aggregatedRules(role, [...current.values()]);
      if (sameJson(rules, role.rules ?? [])) continue;
      const updated = { ...role, rules };
      current.set(nameOf(role), updated);
      changed.set(nameOf(role), updated);
      settled = false;
    }
    if (settled) break;
  }
  return [...changed.values()];
}

function nameOf({ metadata }: Gatherable): string {
  return metadata.name ?? "";
}
