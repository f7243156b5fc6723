import { NamespaceKind, type MatchResources, type NamedRuleWithOperations } from "@kubets/api";
import { selectorMatches } from "@kubets/machinery";
import type { AdmissionAttributes, ObjectReader } from "../../contracts.ts";

/** Whether a policy or binding looks at a request. */
export function matchesResources(match: MatchResources | undefined, attributes: AdmissionAttributes, reader: ObjectReader): boolean {
  if (match === undefined) return true;
  const { resourceRules = [], excludeResourceRules = [] } = match;
  if (excludeResourceRules.some((rule) => matchesRule(rule, attributes))) return false;
  if (resourceRules.length > 0 && !resourceRules.some((rule) => matchesRule(rule, attributes))) return false;
  return matchesNamespace(match, attributes, reader) && matchesObject(match, attributes);
}

function matchesRule(rule: NamedRuleWithOperations, { kind, operation, name, subresource }: AdmissionAttributes): boolean {
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

/** Objects without a namespace are all looked at; a Namespace is by its own labels. */
function matchesNamespace({ namespaceSelector }: MatchResources, attributes: AdmissionAttributes, reader: ObjectReader): boolean {
  const { kind, namespace, object, previous } = attributes;
  if (kind.group === "" && kind.resource === "namespaces") return selectorMatches(namespaceSelector, (object ?? previous)?.metadata.labels);
  if (namespace === "") return true;
  return selectorMatches(namespaceSelector, reader.get(NamespaceKind, "", namespace)?.metadata.labels);
}

function matchesObject({ objectSelector }: MatchResources, { object, previous }: AdmissionAttributes): boolean {
  return [object, previous].some((each) => each !== undefined && selectorMatches(objectSelector, each.metadata.labels));
}
