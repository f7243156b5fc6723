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
import { type CelEnvironment, mutationLibrary } from "@kubets/machinery/cel";
import { paramKindText, type Variable, variable } from "./matching.ts";
import { validateExpression } from "./expressions.ts";
import { policyEnvironment, policyFields, type PolicyScope, validatePolicyScope } from "./policy-fields.ts";
import { ageColumn, nameColumn } from "../columns.ts";

/** Changes objects by CEL expressions. It takes effect where a binding says so. */
export interface MutatingAdmissionPolicy extends KubernetesObject {
  readonly [defaulted]?: "spec";
  readonly spec: MutatingAdmissionPolicySpec;
}

/** What a policy looks at, and what it changes. */
export interface MutatingAdmissionPolicySpec extends PolicyScope {
  readonly [defaulted]?: "failurePolicy";
  readonly variables?: readonly Variable[];
  readonly mutations?: readonly Mutation[];
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

const { paramKind, matchConstraints, failurePolicy, matchConditions } = policyFields({ failurePolicy: 5 });

const mutatingAdmissionPolicySpec: Schema<MutatingAdmissionPolicySpec> = object<MutatingAdmissionPolicySpec>(
  "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicySpec",
  "What a policy looks at, and what it changes.",
  {
    paramKind,
    matchConstraints,
    variables: list(variable, { field: 3, listType: "atomic", doc: "Expressions under names, each of which may use those before it." }),
    mutations: list(mutation, { field: 4, mayBeEmpty: true, listType: "atomic", doc: "The changes, one after the other." }),
    failurePolicy,
    matchConditions,
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
  const { mutations = [], reinvocationPolicy } = spec;
  const { environment, errors } = policyEnvironment(spec, { libraries: [mutationLibrary] });
  return [
    ...validatePolicyScope(spec),
    ...errors,
    ...(mutations.length === 0 ? [required("spec.mutations", "mutations must contain at least one item")] : []),
    ...mutations.flatMap((mutation, index) => validateMutation(mutation, `spec.mutations[${index}]`, environment)),
    ...(reinvocationPolicy === undefined ? [required("spec.reinvocationPolicy")] : []),
  ];
}

/** The change is written in the one field that its type names; that the type is known is for the schema to say. */
function validateMutation(
  { patchType, applyConfiguration, jsonPatch }: Mutation,
  path: string,
  environment: CelEnvironment,
): readonly FieldError[] {
  switch (patchType) {
    case "ApplyConfiguration":
      return [
        ...(applyConfiguration === undefined
          ? [required(`${path}.applyConfiguration`, "must be specified when patchType is ApplyConfiguration")]
          : validateChange(applyConfiguration, `${path}.applyConfiguration`, environment)),
        ...(jsonPatch === undefined ? [] : [forbidden(`${path}.jsonPatch`, "must not be specified when patchType is ApplyConfiguration")]),
      ];
    case "JSONPatch":
      return [
        ...(jsonPatch === undefined
          ? [required(`${path}.jsonPatch`, "must be specified when patchType is JSONPatch")]
          : validateChange(jsonPatch, `${path}.jsonPatch`, environment)),
        ...(applyConfiguration === undefined
          ? []
          : [forbidden(`${path}.applyConfiguration`, "must not be specified when patchType is JSONPatch")]),
      ];
    default:
      return [];
  }
}

function validateChange(
  { expression = "" }: ApplyConfiguration | JSONPatch,
  path: string,
  environment: CelEnvironment,
): readonly FieldError[] {
  if (expression.trim() === "") return [required(`${path}.expression`)];
  return validateExpression(environment, expression, `${path}.expression`);
}
