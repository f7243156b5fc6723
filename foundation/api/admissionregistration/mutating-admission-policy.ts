import {
  type defaulted,
  defineKind,
  type FieldError,
  forbidden,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  object,
  required,
  type Schema,
  struct,
  text,
} from "@kubets/machinery";
import {
  matchResources,
  type MatchResources,
  paramKind,
  type ParamKind,
  type Variable,
  variable,
  paramKindText,
  validateMatchConstraints,
  validateParamKind,
  validateVariables,
} from "./matching.ts";
import { matchCondition, type MatchCondition, validateMatchConditions } from "./rules.ts";
import { ageColumn, nameColumn } from "../columns.ts";

/** Changes objects by CEL expressions. It takes effect where a binding says so. */
export interface MutatingAdmissionPolicy extends KubernetesObject {
  readonly [defaulted]?: "spec";
  readonly spec: MutatingAdmissionPolicySpec;
}

/** What a policy looks at, and what it changes. */
export interface MutatingAdmissionPolicySpec {
  readonly [defaulted]?: "failurePolicy";
  readonly paramKind?: ParamKind;
  readonly matchConstraints?: MatchResources;
  readonly variables?: readonly Variable[];
  readonly mutations?: readonly Mutation[];
  readonly failurePolicy: "Fail" | "Ignore";
  readonly matchConditions?: readonly MatchCondition[];
  readonly reinvocationPolicy?: "IfNeeded" | "Never";
}

/** One change. */
export interface Mutation {
  readonly patchType: "ApplyConfiguration" | "JSONPatch";
  readonly applyConfiguration?: ApplyConfiguration;
  readonly jsonPatch?: JSONPatch;
}

/** A change written as the fields to apply. */
export interface ApplyConfiguration {
  readonly expression?: string;
}

/** A change written as a JSON patch. */
export interface JSONPatch {
  readonly expression?: string;
}

const jsonPatch: Schema<JSONPatch> = object<JSONPatch>(
  "io.k8s.api.admissionregistration.v1.JSONPatch",
  "A change written as a JSON patch.",
  {
    expression: text({ field: 1, mayBeEmpty: true, doc: "A CEL expression that makes the list of steps." }),
  },
);

const applyConfiguration: Schema<ApplyConfiguration> = object<ApplyConfiguration>(
  "io.k8s.api.admissionregistration.v1.ApplyConfiguration",
  "A change written as the fields to apply.",
  {
    expression: text({ field: 1, mayBeEmpty: true, doc: "A CEL expression that makes the object with these fields." }),
  },
);

const mutation: Schema<Mutation> = object<Mutation>("io.k8s.api.admissionregistration.v1.Mutation", "One change.", {
  patchType: text({
    field: 2,
    required: true,
    enum: ["ApplyConfiguration", "JSONPatch"],
    doc: "How it is written: ApplyConfiguration or JSONPatch.",
  }),
  applyConfiguration: struct(applyConfiguration, { field: 3, presence: "pointer", doc: "The fields to apply." }),
  jsonPatch: struct(jsonPatch, { field: 4, presence: "pointer", doc: "The steps of a JSON patch." }),
});

const mutatingAdmissionPolicySpec: Schema<MutatingAdmissionPolicySpec> = object<MutatingAdmissionPolicySpec>(
  "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicySpec",
  "What a policy looks at, and what it changes.",
  {
    paramKind: struct(paramKind, { field: 1, presence: "pointer", doc: "The kind of its parameters; without, it has none." }),
    matchConstraints: struct(matchResources, { field: 2, presence: "pointer", doc: "The requests that it looks at." }),
    variables: list(variable, { field: 3, listType: "atomic", doc: "Expressions under names, each of which may use those before it." }),
    mutations: list(mutation, { field: 4, mayBeEmpty: true, listType: "atomic", doc: "The changes, one after the other." }),
    failurePolicy: text({
      field: 5,
      presence: "pointer",
      default: "Fail",
      enum: ["Fail", "Ignore"],
      doc: "What happens when an expression fails: the request is refused (Fail), or goes on (Ignore).",
    }),
    matchConditions: list(matchCondition, {
      field: 6,
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge",
      mergeKey: "name",
      doc: "CEL expressions, all of which must be true for a request to be looked at; at most 64.",
    }),
    reinvocationPolicy: text({
      field: 7,
      mayBeEmpty: true,
      enum: ["IfNeeded", "Never"],
      doc: "Whether it is applied again when something else changed the object after it (IfNeeded) or not (Never).",
    }),
  },
);

const mutatingAdmissionPolicy: Schema<MutatingAdmissionPolicy> = kindObject<MutatingAdmissionPolicy>(
  "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicy",
  "Changes objects by CEL expressions. It takes effect where a binding says so.",
  {
    spec: struct(mutatingAdmissionPolicySpec, { field: 2, default: {}, doc: "What is looked at, and what is changed." }),
  },
);

export const MutatingAdmissionPolicyKind: Kind<MutatingAdmissionPolicy> = defineKind<MutatingAdmissionPolicy>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "MutatingAdmissionPolicy",
  resource: "mutatingadmissionpolicies",
  categories: ["api-extensions"],
  scope: "Cluster",
  schema: mutatingAdmissionPolicy,
  columns: [
    nameColumn,
    { name: "Mutations", type: "integer", doc: "How many changes it makes.", cell: ({ spec }) => (spec.mutations ?? []).length },
    { name: "ParamKind", type: "string", doc: "The kind of its parameters.", cell: ({ spec }) => paramKindText(spec.paramKind) },
    ageColumn,
  ],
  strategy: { generation: true, unconditionalUpdate: false, validate: validatePolicy },
});

function validatePolicy({ spec }: MutatingAdmissionPolicy): readonly FieldError[] {
  const { paramKind, matchConditions = [], variables = [], mutations = [], reinvocationPolicy } = spec;
  return [
    ...(paramKind === undefined ? [] : validateParamKind(paramKind, "spec.paramKind")),
    ...validateMatchConstraints(spec.matchConstraints, "spec.matchConstraints"),
    ...validateMatchConditions(matchConditions, "spec.matchConditions"),
    ...validateVariables(variables, "spec.variables"),
    ...(mutations.length === 0 ? [required("spec.mutations", "mutations must contain at least one item")] : []),
    ...mutations.flatMap((mutation, index) => validateMutation(mutation, `spec.mutations[${index}]`)),
    ...(reinvocationPolicy === undefined ? [required("spec.reinvocationPolicy")] : []),
  ];
}

/** The change is written in the one field that its type names; that the type is known is for the schema to say. */
function validateMutation({ patchType, applyConfiguration, jsonPatch }: Mutation, path: string): readonly FieldError[] {
  switch (patchType) {
    case "ApplyConfiguration":
      return [
        ...(applyConfiguration === undefined
          ? [required(`${path}.applyConfiguration`, "must be specified when patchType is ApplyConfiguration")]
          : validateExpression(applyConfiguration, `${path}.applyConfiguration`)),
        ...(jsonPatch === undefined ? [] : [forbidden(`${path}.jsonPatch`, "must not be specified when patchType is ApplyConfiguration")]),
      ];
    case "JSONPatch":
      return [
        ...(jsonPatch === undefined
          ? [required(`${path}.jsonPatch`, "must be specified when patchType is JSONPatch")]
          : validateExpression(jsonPatch, `${path}.jsonPatch`)),
        ...(applyConfiguration === undefined
          ? []
          : [forbidden(`${path}.applyConfiguration`, "must not be specified when patchType is JSONPatch")]),
      ];
    default:
      return [];
  }
}

function validateExpression({ expression = "" }: ApplyConfiguration | JSONPatch, path: string): readonly FieldError[] {
  return expression.trim() === "" ? [required(`${path}.expression`)] : [];
}
