import {
  type defaulted,
  duplicates,
  embedded,
  type FieldError,
  invalid,
  isQualifiedName,
  list,
  notSupported,
  object,
  oneOf,
  required,
  type Schema,
  string,
  text,
  tooMany,
} from "@kubets/machinery";
import { boolType } from "@kubets/machinery/cel";
import { admissionEnvironment, validateExpression } from "./expressions.ts";

/** A CEL expression that must be true for a request to be looked at. */
export interface MatchCondition {
  readonly name: string;
  readonly expression: string;
}

/** Requests by what they do, and to which resources. */
export interface RuleWithOperations extends Rule {
  readonly operations?: readonly ("*" | "CONNECT" | "CREATE" | "DELETE" | "UPDATE")[];
}

/** Requests by the resources that they are for. */
export interface Rule {
  readonly [defaulted]?: "scope";
  readonly apiGroups?: readonly string[];
  readonly apiVersions?: readonly string[];
  readonly resources?: readonly string[];
  readonly scope: string;
}

const rule: Schema<Rule> = object<Rule>("io.k8s.api.admissionregistration.v1.Rule", "Requests by the resources that they are for.", {
  apiGroups: list(string, { field: 1, listType: "atomic", doc: "The API groups, or `*` for all." }),
  apiVersions: list(string, { field: 2, listType: "atomic", doc: "The API versions, or `*` for all." }),
  resources: list(string, {
    field: 3,
    listType: "atomic",
    doc: "The resources, such as pods, pods/log, `pods/*`, `*/scale`, `*` for all resources or `*/*` for all with their subresources.",
  }),
  scope: text({ field: 4, presence: "pointer", default: "*", doc: "Cluster, Namespaced, or `*` for both." }),
});

export const ruleWithOperations: Schema<RuleWithOperations> = object<RuleWithOperations>(
  "io.k8s.api.admissionregistration.v1.RuleWithOperations",
  "Requests by what they do, and to which resources.",
  {
    operations: list(oneOf("*", "CONNECT", "CREATE", "DELETE", "UPDATE"), {
      field: 1,
      listType: "atomic",
      doc: "What is done: CREATE, UPDATE, DELETE, CONNECT, or `*` for all.",
    }),
    ...embedded(rule, { field: 2 }),
  },
);

export const matchCondition: Schema<MatchCondition> = object<MatchCondition>(
  "io.k8s.api.admissionregistration.v1.MatchCondition",
  "A CEL expression that must be true for a request to be looked at.",
  {
    name: text({ field: 1, required: true, mayBeEmpty: true, doc: "Its name, for messages; a qualified name." }),
    expression: text({
      field: 2,
      required: true,
      mayBeEmpty: true,
      doc: "The expression, over `object`, `oldObject`, `request` and `authorizer`.",
    }),
  },
);

export function validateRuleWithOperations(rule: RuleWithOperations, path: string): readonly FieldError[] {
  const { operations = [], apiGroups = [], apiVersions = [], resources = [] } = rule;
  return [
    ...validateWords(operations, `${path}.operations`, "operations"),
    ...validateWords(apiGroups, `${path}.apiGroups`, "API groups"),
    ...validateWords(apiVersions, `${path}.apiVersions`, "API versions"),
    ...apiVersions.flatMap((version, index) => (version === "" ? [required(`${path}.apiVersions[${index}]`)] : [])),
    ...validateResources(resources, `${path}.resources`),
    ...validateScope(rule.scope, `${path}.scope`),
  ];
}

function validateWords(words: readonly string[], path: string, noun: string): readonly FieldError[] {
  if (words.length === 0) return [required(path)];
  return words.length > 1 && words.includes("*") ? [invalid(path, words, `if '*' is present, must not specify other ${noun}`)] : [];
}

/** No resource may be named twice: by itself, and by an entry that stands for several. */
function validateResources(resources: readonly string[], path: string): readonly FieldError[] {
  if (resources.length === 0) return [required(path)];
  const hasPlain = resources.some((resource) => !resource.includes("/") && resource !== "*" && resource !== "");
  return [
    ...resources.flatMap((resource, index) =>
      resource === "" ? [required(`${path}[${index}]`)] : validateNotCovered(resource, resources.slice(0, index), `${path}[${index}]`),
    ),
    ...(resources.length > 1 && resources.includes("*/*")
      ? [invalid(path, resources, "if '*/*' is present, must not specify other resources")]
      : []),
    ...(resources.includes("*") && hasPlain
      ? [invalid(path, resources, "if '*' is present, must not specify other resources without subresources")]
      : []),
  ];
}

function validateNotCovered(resource: string, before: readonly string[], path: string): readonly FieldError[] {
  const slash = resource.indexOf("/");
  if (slash < 0) return [];
  const covering = [`${resource.slice(0, slash)}/*`, `*/${resource.slice(slash + 1)}`].filter((each) => before.includes(each));
  return covering.map((each) => invalid(path, resource, `if '${each}' is present, must not specify ${resource}`));
}

const scopes = ["*", "Cluster", "Namespaced"];

function validateScope(scope: string, path: string): readonly FieldError[] {
  return scopes.includes(scope) ? [] : [notSupported(path, scope, scopes)];
}

const mostConditions = 64;

/** `hasParams`: of a policy that has parameters. */
export function validateMatchConditions(conditions: readonly MatchCondition[], path: string, hasParams = false): readonly FieldError[] {
  if (conditions.length === 0) return [];
  const environment = admissionEnvironment({ hasParams });
  return [
    ...(conditions.length > mostConditions ? [tooMany(path, conditions.length, mostConditions)] : []),
    ...conditions.flatMap(({ name, expression }, index) => [
      ...(expression.trim() === "" ? [required(`${path}[${index}].expression`)] : []),
      ...validateExpression(environment, expression, `${path}[${index}].expression`, boolType),
      ...(name === ""
        ? [required(`${path}[${index}].name`)]
        : isQualifiedName(name).map((message) => invalid(`${path}[${index}].name`, name, message))),
    ]),
    ...duplicates(path, conditions, ({ name }) => name, { child: "name" }),
  ];
}
