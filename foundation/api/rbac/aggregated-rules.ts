import { selectorMatches } from "@kubets/machinery";
import type { ClusterRole } from "./cluster-role.ts";
import type { PolicyRule } from "./policy-rule.ts";

/** What gathering reads of a ClusterRole, as it is stored or as it will be. */
export interface GatherableRole extends Pick<ClusterRole, "aggregationRule"> {
  readonly metadata: { readonly name?: string; readonly labels?: Readonly<Record<string, string>> };
  readonly rules?: readonly PolicyRule[];
}

/** The rules that an aggregating role gathers from the others, without repetition, in the order of the others' names. */
export function aggregatedRules({ metadata, aggregationRule }: GatherableRole, roles: readonly GatherableRole[]): readonly PolicyRule[] {
  const selectors = aggregationRule?.clusterRoleSelectors ?? [];
  const gathered = new Map<string, PolicyRule>();
  const others = roles.filter(
    (role) => nameOf(role) !== metadata.name && selectors.some((selector) => selectorMatches(selector, role.metadata.labels)),
  );
  for (const role of others.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))) {
    for (const rule of role.rules ?? []) {
      const key = textOf(rule);
      if (!gathered.has(key)) gathered.set(key, rule);
    }
  }
  return [...gathered.values()];
}

function nameOf({ metadata }: GatherableRole): string {
  return metadata.name ?? "";
}

// Rules of roles that were read are never changed, and those of the default roles are the same in all clusters of a process.
const texts = new WeakMap<PolicyRule, string>();

/** The same for rules that differ only in the order of their fields. */
function textOf(rule: PolicyRule): string {
  let text = texts.get(rule);
  if (text === undefined) {
    const { apiGroups, nonResourceURLs, resourceNames, resources, verbs } = rule;
    text = JSON.stringify([apiGroups, nonResourceURLs, resourceNames, resources, verbs]);
    texts.set(rule, text);
  }
  return text;
}
