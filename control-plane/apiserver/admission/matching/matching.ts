import { type MatchResources, NamespaceKind, type RuleWithOperations } from "@kubets/api";
import { type Kind, type LabelSelector, selectorMatches } from "@kubets/machinery";
import type { AdmissionAttributes, ObjectReader } from "../../contracts.ts";
import { otherVersions } from "./versions.ts";

/** Which objects a webhook, a policy or a binding looks at, besides the rules. */
export interface Selectors {
  readonly namespaceSelector: LabelSelector;
  readonly objectSelector: LabelSelector;
}

export interface MatchingContext {
  readonly reader: ObjectReader;
  /** All that are served, for rules about other versions of the same objects. */
  readonly kinds: readonly Kind[];
}

/**
 * The version in which a policy or binding looks at a request: that of the request, or another one of the same objects that its rules are
 * about. `undefined` when it doesn't look at it.
 */
export function matchedByResources(
  match: MatchResources | undefined,
  attributes: AdmissionAttributes,
  context: MatchingContext,
): Kind | undefined {
  if (match === undefined) return attributes.kind;
  const { resourceRules = [], excludeResourceRules = [], matchPolicy } = match;
  if (matchedByRules(excludeResourceRules, matchPolicy, attributes, context) !== undefined) return undefined;
  const kind = resourceRules.length === 0 ? attributes.kind : matchedByRules(resourceRules, matchPolicy, attributes, context);
  return kind !== undefined && matchesSelectors(match, attributes, context.reader) ? kind : undefined;
}

/** The version of the request's resource that any of the rules is about: that of the request first. */
export function matchedByRules(
  rules: readonly (RuleWithOperations & { readonly resourceNames?: readonly string[] })[],
  matchPolicy: "Equivalent" | "Exact",
  attributes: AdmissionAttributes,
  { kinds }: Pick<MatchingContext, "kinds">,
): Kind | undefined {
  const matches = (kind: Kind): boolean => rules.some((rule) => matchesRule(rule, kind, attributes));
  if (matches(attributes.kind)) return attributes.kind;
  return matchPolicy === "Equivalent" ? otherVersions(attributes.kind, kinds).find(matches) : undefined;
}

function matchesRule(
  rule: RuleWithOperations & { readonly resourceNames?: readonly string[] },
  kind: Kind,
  { operation, name, subresource }: AdmissionAttributes,
): boolean {
  const { operations = [], apiGroups = [], apiVersions = [], resources = [], resourceNames = [], scope } = rule;
  return (
    (operations.includes("*") || operations.includes(operation)) &&
    includes(apiGroups, kind.group) &&
    includes(apiVersions, kind.version) &&
    (scope === "*" || scope === kind.scope) &&
    (resourceNames.length === 0 || resourceNames.includes(name)) &&
    resources.some((each) => matchesResource(each, kind.resource, subresource))
  );
}

function includes(values: readonly string[], value: string): boolean {
  return values.includes("*") || values.includes(value);
}

/** `pods`, `pods/status`, `pods/*`, `*`, and with all subresources `*` and `/*`. */
function matchesResource(pattern: string, resource: string, subresource: string): boolean {
  const slash = pattern.indexOf("/");
  const [wanted, part] = slash < 0 ? [pattern, ""] : [pattern.slice(0, slash), pattern.slice(slash + 1)];
  return (wanted === "*" || wanted === resource) && (part === "*" || part === subresource);
}

export function matchesSelectors(selectors: Selectors, attributes: AdmissionAttributes, reader: ObjectReader): boolean {
  return matchesNamespace(selectors, attributes, reader) && matchesObject(selectors, attributes);
}

/** Objects without a namespace are all looked at; a Namespace is by its own labels. */
function matchesNamespace({ namespaceSelector }: Selectors, attributes: AdmissionAttributes, reader: ObjectReader): boolean {
  const { kind, namespace, object, previous } = attributes;
  if (isEmpty(namespaceSelector)) return true;
  if (kind.group === "" && kind.resource === "namespaces") return selectorMatches(namespaceSelector, (object ?? previous)?.metadata.labels);
  if (namespace === "") return true;
  return selectorMatches(namespaceSelector, reader.get(NamespaceKind, "", namespace)?.metadata.labels);
}

/** What has no labels, such as a connection, is looked at where the selector asks for none. */
function matchesObject({ objectSelector }: Selectors, { object, previous }: AdmissionAttributes): boolean {
  if (isEmpty(objectSelector)) return true;
  return [object, previous].some((each) => each !== undefined && selectorMatches(objectSelector, each.metadata.labels));
}

function isEmpty({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean {
  return matchExpressions.length === 0 && Object.keys(matchLabels).length === 0;
}
