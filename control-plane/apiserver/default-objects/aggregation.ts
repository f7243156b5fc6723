import { aggregatedRules, type GatherableRole } from "@kubets/api";
import { sameJson } from "@kubets/machinery";

/**
 * All aggregating roles whose rules aren't what they gather, with the right ones. Roles gather from roles that gather themselves,
 * so it goes round until nothing changes.
 */
export function reaggregated<Role extends GatherableRole>(roles: readonly Role[]): readonly Role[] {
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

function nameOf({ metadata }: GatherableRole): string {
  return metadata.name ?? "";
}
