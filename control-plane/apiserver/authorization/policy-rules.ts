import type { AuthorizationAttributes } from "../contracts.ts";

/** What `PolicyRule` of rbac.authorization.k8s.io says, and all that deciding needs. */
export interface Rule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

/** Whether one rule allows what is asked. Rules only ever add rights, so one that does is enough. */
export function ruleAllows(rule: Rule, { verb, resource, path }: AuthorizationAttributes): boolean {
  if (!listed(rule.verbs, verb)) return false;
  if (resource === undefined) return pathMatches(rule.nonResourceURLs, path);
  return (
    listed(rule.apiGroups, resource.group) &&
    resourceMatches(rule.resources, resource.resource, resource.subresource) &&
    nameMatches(rule.resourceNames, resource.name)
  );
}

function listed(values: readonly string[] | undefined, asked: string): boolean {
  return values !== undefined && (values.includes(asked) || values.includes("*"));
}

// `*`, `pods`, `pods/log`, and `*/scale`: the subresource of every resource.
function resourceMatches(resources: readonly string[] | undefined, resource: string, subresource: string): boolean {
  if (resources === undefined) return false;
  const asked = subresource === "" ? resource : `${resource}/${subresource}`;
  for (const each of resources) {
    if (each === "*" || each === asked) return true;
    if (subresource !== "" && each.length === subresource.length + 2 && each.startsWith("*/") && each.endsWith(subresource)) return true;
  }
  return false;
}

/** Without names, a rule is about all objects. With names, it says nothing of requests that name none (list, create). */
function nameMatches(names: readonly string[] | undefined, name: string): boolean {
  return names === undefined || names.length === 0 || names.includes(name);
}

function pathMatches(paths: readonly string[] | undefined, path: string): boolean {
  if (paths === undefined) return false;
  for (const each of paths) {
    if (each === "*" || each === path) return true;
    if (each.endsWith("*") && path.startsWith(withoutTrailingStars(each))) return true;
  }
  return false;
}

export function withoutTrailingStars(path: string): string {
  let end = path.length;
  while (end > 0 && path[end - 1] === "*") end--;
  return path.slice(0, end);
}
