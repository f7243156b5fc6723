import type { PolicyRule } from "@kubets/api";

/** Verbs that only look, that change, and both. */
export const read = "get list watch";
export const write = "create delete deletecollection patch update";
export const readWrite = "create delete deletecollection get list patch update watch";

/**
 * One line of a table of rights: verbs on resources of groups. Words are separated by spaces; `core` is the group without a name.
 *
 * @example
 * allow("get list", "core", "pods pods/log");
 */
export function allow(verbs: string, groups: string, resources: string): PolicyRule {
  return { verbs: words(verbs), apiGroups: words(groups).map((group) => (group === "core" ? "" : group)), resources: words(resources) };
}

/** Rights on single objects. */
export function allowNamed(verbs: string, group: string, resource: string, names: string): PolicyRule {
  return { ...allow(verbs, group, resource), resourceNames: words(names) };
}

/** Rights on paths that name no resource. */
export function allowPaths(verbs: string, paths: string): PolicyRule {
  return { verbs: words(verbs), nonResourceURLs: words(paths) };
}

/** What everything that tells of itself by Events needs. */
export const events: PolicyRule = allow("create patch update", "core events.k8s.io", "events");

function words(text: string): readonly string[] {
  return text.split(" ").toSorted();
}
