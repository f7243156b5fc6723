import {
  type defaulted,
  duplicates,
  embedded,
  type FieldError,
  forbidden,
  formatLabelSelector,
  invalid,
  isDns1035Label,
  isDnsSubdomain,
  isPathSegment,
  type LabelSelector,
  labelSelector,
  list,
  notSupported,
  object,
  required,
  type Schema,
  string,
  struct,
  text,
  validateLabelSelector,
} from "@kubets/machinery";
import { type RuleWithOperations, ruleWithOperations, validateRuleWithOperations } from "./rules.ts";

/** The kind of the objects that a policy has as parameters. */
export interface ParamKind {
  readonly apiVersion?: string;
  readonly kind?: string;
}

/** A CEL expression under a name, for others to use as `variables.NAME`. */
export interface Variable {
  readonly name: string;
  readonly expression: string;
}

/** The parameters of a policy, by name or by labels. */
export interface ParamRef {
  readonly name?: string;
  readonly namespace?: string;
  readonly selector?: LabelSelector;
  readonly parameterNotFoundAction?: string;
}

/** The requests that a policy looks at. */
export interface MatchResources {
  readonly [defaulted]?: "namespaceSelector" | "objectSelector" | "matchPolicy";
  readonly namespaceSelector: LabelSelector;
  readonly objectSelector: LabelSelector;
  readonly resourceRules?: readonly NamedRuleWithOperations[];
  readonly excludeResourceRules?: readonly NamedRuleWithOperations[];
  readonly matchPolicy: "Equivalent" | "Exact";
}

/** Requests by what they do, to which resources, and to objects of which names. */
export interface NamedRuleWithOperations extends RuleWithOperations {
  readonly resourceNames?: readonly string[];
}

const namedRuleWithOperations: Schema<NamedRuleWithOperations> = object<NamedRuleWithOperations>(
  "io.k8s.api.admissionregistration.v1.NamedRuleWithOperations",
  "Requests by what they do, to which resources, and to objects of which names.",
  {
    resourceNames: list(string, { field: 1, listType: "atomic", doc: "The names of the objects; any where none are given." }),
    ...embedded(ruleWithOperations, { field: 2 }),
  },
  { atomic: true },
);

export const matchResources: Schema<MatchResources> = object<MatchResources>(
  "io.k8s.api.admissionregistration.v1.MatchResources",
  "The requests that a policy looks at.",
  {
    namespaceSelector: struct(labelSelector, {
      field: 1,
      presence: "pointer",
      default: {},
      doc: "The namespaces whose objects it looks at; all where the selector is empty.",
    }),
    objectSelector: struct(labelSelector, {
      field: 2,
      presence: "pointer",
      default: {},
      doc: "The objects that it looks at, by their labels; all where the selector is empty.",
    }),
    resourceRules: list(namedRuleWithOperations, {
      field: 3,
      listType: "atomic",
      doc: "The requests that it looks at; those of any rule.",
    }),
    excludeResourceRules: list(namedRuleWithOperations, {
      field: 4,
      listType: "atomic",
      doc: "The requests that it doesn't look at, whatever the other rules say.",
    }),
    matchPolicy: text({
      field: 7,
      presence: "pointer",
      default: "Equivalent",
      enum: ["Equivalent", "Exact"],
      doc: "Whether rules also take requests for the same objects in other versions and groups (Equivalent) or not (Exact).",
    }),
  },
  { atomic: true },
);

export const paramRef: Schema<ParamRef> = object<ParamRef>(
  "io.k8s.api.admissionregistration.v1.ParamRef",
  "The parameters of a policy, by name or by labels.",
  {
    name: text({ field: 1, doc: "The object's name; not together with selector." }),
    namespace: text({ field: 2, doc: "The object's namespace; that of the request where none is given." }),
    selector: struct(labelSelector, {
      field: 3,
      presence: "pointer",
      doc: "The labels of the objects; the policy is asked once for each.",
    }),
    parameterNotFoundAction: text({
      field: 4,
      presence: "pointer",
      doc: "What happens when there are none: the request is allowed (Allow) or refused as failurePolicy says (Deny).",
    }),
  },
  { atomic: true },
);

export const variable: Schema<Variable> = object<Variable>(
  "io.k8s.api.admissionregistration.v1.Variable",
  "A CEL expression under a name, for others to use as `variables.NAME`.",
  {
    name: text({ field: 1, required: true, mayBeEmpty: true, doc: "The name, a CEL identifier." }),
    expression: text({ field: 2, required: true, mayBeEmpty: true, doc: "The expression; it is computed when first needed." }),
  },
  { atomic: true },
);

export const paramKind: Schema<ParamKind> = object<ParamKind>(
  "io.k8s.api.admissionregistration.v1.ParamKind",
  "The kind of the objects that a policy has as parameters.",
  {
    apiVersion: text({ field: 1, doc: "Their API group and version, such as `rules.example.com/v1`." }),
    kind: text({ field: 2, doc: "Their kind." }),
  },
  { atomic: true },
);

/** The rules for what the policies of both kinds have in common. */
export function validateParamKind({ apiVersion = "", kind = "" }: ParamKind, path: string): readonly FieldError[] {
  const kindProblems = isDns1035Label(kind.toLowerCase());
  return [
    ...validateApiVersion(apiVersion, `${path}.apiVersion`),
    ...(kind === "" ? [required(`${path}.kind`)] : []),
    ...(kind === "" || kindProblems.length === 0
      ? []
      : [invalid(`${path}.kind`, kind, `may have mixed case, but should otherwise match: ${kindProblems.join(",")}`)]),
  ];
}

function validateApiVersion(apiVersion: string, path: string): readonly FieldError[] {
  if (apiVersion === "") return [required(path)];
  const parts = apiVersion.split("/");
  if (parts.length > 2) return [invalid(path, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)];
  const [group = "", version = ""] = parts.length === 2 ? parts : ["", ...parts];
  const groupProblems = group === "" ? [] : isDnsSubdomain(group);
  const versionProblems = isDns1035Label(version);
  return [
    ...(groupProblems.length === 0 ? [] : [invalid(path, group, groupProblems.join(","))]),
    ...(version === "" ? [invalid(path, apiVersion, "version must be specified")] : []),
    ...(version === "" || versionProblems.length === 0 ? [] : [invalid(path, version, versionProblems.join(","))]),
  ];
}

export function validateMatchResources(match: MatchResources, path: string): readonly FieldError[] {
  const { resourceRules = [], excludeResourceRules = [] } = match;
  return [
    ...validateLabelSelector(match.namespaceSelector, `${path}.namespaceSelector`),
    ...validateLabelSelector(match.objectSelector, `${path}.objectSelector`),
    ...resourceRules.flatMap((rule, index) => validateNamedRule(rule, `${path}.resourceRules[${index}]`)),
    ...excludeResourceRules.flatMap((rule, index) => validateNamedRule(rule, `${path}.excludeResourceRules[${index}]`)),
  ];
}

/** A policy says which types its expressions are over by the resources that it looks at. */
export function validateMatchConstraints(match: MatchResources | undefined, path: string): readonly FieldError[] {
  if (match === undefined) return [required(path)];
  return [...validateMatchResources(match, path), ...((match.resourceRules ?? []).length === 0 ? [required(`${path}.resourceRules`)] : [])];
}

function validateNamedRule(rule: NamedRuleWithOperations, path: string): readonly FieldError[] {
  const { resourceNames = [] } = rule;
  return [
    ...resourceNames.flatMap((name, index) =>
      isPathSegment(name).map((message) => invalid(`${path}.resourceNames[${index}]`, name, message)),
    ),
    ...duplicates(`${path}.resourceNames`, resourceNames, (name) => name),
    ...validateRuleWithOperations(rule, path),
  ];
}

export function validateVariables(variables: readonly Variable[], path: string): readonly FieldError[] {
  return variables.flatMap(({ name, expression }, index) => [
    ...validateVariableName(name, `${path}[${index}].name`),
    ...(expression.trim() === "" ? [required(`${path}[${index}].expression`, "expression is not specified")] : []),
  ]);
}

function validateVariableName(name: string, path: string): readonly FieldError[] {
  if (name.trim() === "") return [required(path, "name is not specified")];
  return isCelIdentifier(name) ? [] : [invalid(path, name, "name is not a valid CEL identifier")];
}

const celReservedWords: ReadonlySet<string> = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(" "),
);

function isCelIdentifier(text: string): boolean {
  return /^[_a-zA-Z][_a-zA-Z0-9]*$/.test(text) && !celReservedWords.has(text);
}

export function validateParamRef(reference: ParamRef, path: string): readonly FieldError[] {
  const { name = "", selector, parameterNotFoundAction: action = "" } = reference;
  const exclusive = "name and selector are mutually exclusive";
  return [
    ...isPathSegment(name).map((message) => invalid(`${path}.name`, name, message)),
    ...(name !== "" && selector !== undefined ? [forbidden(`${path}.name`, exclusive), forbidden(`${path}.selector`, exclusive)] : []),
    ...(selector === undefined ? [] : validateLabelSelector(selector, `${path}.selector`)),
    ...(name === "" && selector === undefined ? [required(path, "one of name or selector must be specified")] : []),
    ...(action === "" ? [required(`${path}.parameterNotFoundAction`)] : []),
    ...(action === "" || action === "Allow" || action === "Deny"
      ? []
      : [notSupported(`${path}.parameterNotFoundAction`, action, ["Deny", "Allow"])]),
  ];
}

/** What bindings of both kinds say: which policy, with which parameters, for which part of the requests. */
export function validateBinding({ policyName = "", paramRef, matchResources }: Binding): readonly FieldError[] {
  return [
    ...(policyName === ""
      ? [required("spec.policyName")]
      : isDnsSubdomain(policyName).map((message) => invalid("spec.policyName", policyName, message))),
    ...(paramRef === undefined ? [] : validateParamRef(paramRef, "spec.paramRef")),
    // The path has the name that upstream gives it.
    ...(matchResources === undefined ? [] : validateMatchResources(matchResources, "spec.matchResouces")),
  ];
}

interface Binding {
  readonly policyName?: string;
  readonly paramRef?: ParamRef;
  readonly matchResources?: MatchResources;
}

/** The parameters of a policy as tables show them. */
export function paramKindText(kind: ParamKind | undefined): string {
  return kind === undefined ? "<unset>" : `${kind.apiVersion ?? ""}/${kind.kind ?? ""}`;
}

/** The parameters of a binding as tables show them. */
export function paramRefText(reference: ParamRef | undefined): string {
  if (reference === undefined) return "<unset>";
  const { name = "", namespace = "", selector } = reference;
  if (name !== "") return `${namespace === "" ? "*" : namespace}/${name}`;
  return selector === undefined ? "<unset>" : formatLabelSelector(selector);
}
