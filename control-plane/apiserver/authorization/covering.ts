import { type Rule, withoutTrailingStars } from "./policy-rules.ts";

/**
 * What of `wanted` is not within `held`, as rules of one verb, one resource or path, and one name at most. Empty when all of it is.
 *
 * Each single right must be within one held rule, so that rights can't be put together from parts of several rules.
 */
export function missingRights(held: readonly Rule[], wanted: readonly Rule[]): readonly Rule[] {
  const missing: Rule[] = [];
  for (const rule of wanted) {
    for (const single of singleRights(rule)) {
      if (!held.some((each) => covers(each, single))) missing.push(single);
    }
  }
  return missing;
}

function* singleRights({ verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }: Rule): Iterable<Rule> {
  for (const apiGroup of apiGroups) {
    for (const resource of resources) {
      for (const verb of verbs) {
        const right: Rule = { verbs: [verb], apiGroups: [apiGroup], resources: [resource] };
        if (resourceNames.length === 0) yield right;
        else for (const name of resourceNames) yield { ...right, resourceNames: [name] };
      }
    }
  }
  for (const path of nonResourceURLs) for (const verb of verbs) yield { verbs: [verb], nonResourceURLs: [path] };
}

function covers(held: Rule, single: Rule): boolean {
  if (!containsAll(held.verbs, single.verbs)) return false;
  if (single.nonResourceURLs !== undefined) {
    return single.nonResourceURLs.every((path) => (held.nonResourceURLs ?? []).some((each) => coversPath(each, path)));
  }
  return (
    containsAll(held.apiGroups ?? [], single.apiGroups ?? []) &&
    (single.resources ?? []).every((resource) => coversResource(held.resources ?? [], resource)) &&
    coversNames(held.resourceNames ?? [], single.resourceNames ?? [])
  );
}

function containsAll(held: readonly string[], wanted: readonly string[]): boolean {
  return held.includes("*") || wanted.every((each) => held.includes(each));
}

function coversResource(held: readonly string[], wanted: string): boolean {
  if (held.includes("*") || held.includes(wanted)) return true;
  const slash = wanted.indexOf("/");
  return slash >= 0 && held.includes(`*${wanted.slice(slash)}`);
}

function coversNames(held: readonly string[], wanted: readonly string[]): boolean {
  if (held.length === 0) return true;
  return wanted.length > 0 && wanted.every((each) => held.includes(each));
}

function coversPath(held: string, wanted: string): boolean {
  if (held === wanted) return true;
  return held.endsWith("*") && withoutTrailingStars(wanted).startsWith(withoutTrailingStars(held));
}

/** Single rights put together again where they differ only in their verbs: what a refusal shows. */
export function compactRules(rules: readonly Rule[]): readonly Rule[] {
  const simple = new Map<string, { rule: Rule; verbs: Set<string> }>();
  const compacted: Rule[] = [];
  for (const rule of rules) {
    const key = simpleKey(rule);
    if (key === undefined) {
      compacted.push(rule);
      continue;
    }
    const known = simple.get(key);
    if (known === undefined) simple.set(key, { rule, verbs: new Set(rule.verbs) });
    else for (const verb of rule.verbs) known.verbs.add(verb);
  }
  for (const { rule, verbs } of simple.values()) compacted.push({ ...rule, verbs: [...verbs] });
  return compacted;
}

function simpleKey({ apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }: Rule): string | undefined {
  if (nonResourceURLs.length > 0 || apiGroups.length !== 1 || resources.length !== 1 || resourceNames.length > 1) return undefined;
  return JSON.stringify([apiGroups[0], resources[0], resourceNames[0]]);
}

/** A rule in one line, as in upstream's refusals: `{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`. */
export function describeRule({ verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] }: Rule): string {
  const parts: string[] = [];
  const add = (label: string, values: readonly string[]): void => {
    if (values.length > 0) parts.push(`${label}:${quoteAll(values)}`);
  };
  add("APIGroups", apiGroups);
  add("Resources", resources);
  add("NonResourceURLs", nonResourceURLs);
  add("ResourceNames", resourceNames);
  add("Verbs", verbs);
  return `{${parts.join(", ")}}`;
}

/** `["a" "b"]`: a list of texts as Go writes it with `%q`. */
export function quoteAll(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(" ")}]`;
}
