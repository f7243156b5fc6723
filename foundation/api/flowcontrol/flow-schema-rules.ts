import { type FieldError, forbidden, invalid, isDnsLabel, isDnsSubdomain, notSupported, required } from "@kubets/machinery";
import { validateConditionTypes } from "./condition-types.ts";
import type {
  FlowcontrolV1Subject,
  FlowSchema,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  ServiceAccountSubject,
} from "./flow-schema.ts";

const highestPrecedence = 10_000;
const distinguishers = ["ByNamespace", "ByUser"];

export function validateFlowSchema({ metadata, spec }: FlowSchema): readonly FieldError[] {
  const { distinguisherMethod, priorityLevelConfiguration, rules = [] } = spec;
  const { name } = priorityLevelConfiguration;
  const level = "spec.priorityLevelConfiguration.name";
  return [
    ...validatePrecedence(spec.matchingPrecedence, metadata.name),
    ...(distinguisherMethod === undefined || distinguishers.includes(distinguisherMethod.type)
      ? []
      : [notSupported("spec.distinguisherMethod.type", distinguisherMethod, distinguishers)]),
    ...(name === ""
      ? [required(level, "must reference a priority level")]
      : isDnsSubdomain(name).map((message) => invalid(level, name, message))),
    ...rules.flatMap((rule, index) => validateRule(rule, `spec.rules[${index}]`)),
  ];
}

function validatePrecedence(precedence: number, schema: string): readonly FieldError[] {
  const path = "spec.matchingPrecedence";
  if (precedence <= 0) return [invalid(path, precedence, "must be a positive value")];
  if (precedence > highestPrecedence) return [invalid(path, precedence, `must not be greater than ${highestPrecedence}`)];
  return precedence === 1 && schema !== "exempt"
    ? [invalid(path, precedence, "only the schema named 'exempt' may have matchingPrecedence 1")]
    : [];
}

function validateRule(
  { subjects, resourceRules = [], nonResourceRules = [] }: PolicyRulesWithSubjects,
  path: string,
): readonly FieldError[] {
  return [
    ...(subjects.length === 0 ? [required(`${path}.subjects`, "subjects must contain at least one value")] : []),
    ...subjects.flatMap((subject, index) => validateSubject(subject, `${path}.subjects[${index}]`)),
    ...(resourceRules.length === 0 && nonResourceRules.length === 0
      ? [required(path, "at least one of resourceRules and nonResourceRules has to be non-empty")]
      : []),
    ...resourceRules.flatMap((rule, index) => validateResourceRule(rule, `${path}.resourceRules[${index}]`)),
    ...nonResourceRules.flatMap((rule, index) => validateNonResourceRule(rule, `${path}.nonResourceRules[${index}]`)),
  ];
}

/** The field in which the subject of a kind stands. */
const fieldOf = { ServiceAccount: "serviceAccount", User: "user", Group: "group" } as const;
const subjectKinds = Object.keys(fieldOf).toSorted();

function validateSubject(subject: FlowcontrolV1Subject, path: string): readonly FieldError[] {
  const { kind } = subject;
  if (!subjectKinds.includes(kind)) return [notSupported(`${path}.kind`, kind, subjectKinds)];
  return Object.entries(fieldOf).flatMap(([each, field]) => {
    const at = `${path}.${field}`;
    if (each !== kind)
      return subject[field] === undefined ? [] : [forbidden(at, `${field} is forbidden when subject kind is not '${each}'`)];
    const given = subject[field];
    if (given === undefined) return [required(at, `${field} is required when subject kind is '${kind}'`)];
    return "namespace" in given ? validateServiceAccount(given, at) : given.name === "" ? [required(`${at}.name`)] : [];
  });
}

function validateServiceAccount({ namespace, name }: ServiceAccountSubject, path: string): readonly FieldError[] {
  return [
    ...(name === "" ? [required(`${path}.name`)] : []),
    ...(name === "" || name === "*" ? [] : isDnsSubdomain(name).map((message) => invalid(`${path}.name`, name, message))),
    ...(namespace === ""
      ? [required(`${path}.namespace`, "must specify namespace for service account")]
      : isDnsLabel(namespace).map((message) => invalid(`${path}.namespace`, namespace, message))),
  ];
}

const knownVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"];

function validateVerbs(verbs: readonly string[], path: string): readonly FieldError[] {
  if (verbs.length === 0) return [required(path, "verbs must contain at least one value")];
  if (verbs.includes("*")) return validateAlone(verbs, path, "verbs");
  return verbs.every((verb) => knownVerbs.includes(verb)) ? [] : [notSupported(path, verbs, knownVerbs)];
}

function validateAlone(words: readonly string[], path: string, noun: string): readonly FieldError[] {
  return words.length > 1 && words.includes("*") ? [invalid(path, words, `if '*' is present, must not specify other ${noun}`)] : [];
}

function validateResourceRule(rule: ResourcePolicyRule, path: string): readonly FieldError[] {
  const { verbs, apiGroups, resources } = rule;
  return [
    ...validateVerbs(verbs, `${path}.verbs`),
    ...(apiGroups.length === 0
      ? [required(`${path}.apiGroups`, "resource rules must supply at least one api group")]
      : validateAlone(apiGroups, `${path}.apiGroups`, "api groups")),
    ...(resources.length === 0
      ? [required(`${path}.resources`, "resource rules must supply at least one resource")]
      : validateAlone(resources, `${path}.resources`, "resources")),
    ...validateNamespaces(rule, `${path}.namespaces`),
  ];
}

function validateNamespaces({ namespaces = [], clusterScope = false }: ResourcePolicyRule, path: string): readonly FieldError[] {
  if (namespaces.length === 0 && !clusterScope) {
    return [required(path, "resource rules that are not cluster scoped must supply at least one namespace")];
  }
  if (namespaces.includes("*")) return validateAlone(namespaces, path, "namespaces");
  return namespaces.flatMap((namespace, index) =>
    isDnsLabel(namespace).map((message) =>
      invalid(`${path}[${index}]`, namespace, `each member of this list must be '*' or a DNS-1123 label; ${message}`),
    ),
  );
}

function validateNonResourceRule({ verbs, nonResourceURLs: urls }: NonResourcePolicyRule, path: string): readonly FieldError[] {
  const at = `${path}.nonResourceURLs`;
  return [
    ...validateVerbs(verbs, `${path}.verbs`),
    ...(urls.length === 0 ? [required(at, "nonResourceURLs must contain at least one value")] : []),
    ...(urls.includes("*")
      ? validateAlone(urls, at, "non-resource URLs")
      : urls.flatMap((url, index) => {
          const problem = urlProblem(url);
          return problem === undefined ? [] : [invalid(`${at}[${index}]`, url, problem)];
        })),
  ];
}

function urlProblem(url: string): string | undefined {
  if (url === "") return "must not be empty";
  if (!url.startsWith("/")) return "must start with slash";
  if (url.includes(" ")) return "must not contain white-space";
  if (url.includes("//")) return "must not contain double slash";
  const star = url.indexOf("*");
  return star < 0 || (star === url.length - 1 && url.endsWith("/*")) ? undefined : "wildcard can only do suffix matching";
}

export function validateFlowSchemaStatus({ status }: FlowSchema): readonly FieldError[] {
  return validateConditionTypes(status.conditions ?? []);
}
