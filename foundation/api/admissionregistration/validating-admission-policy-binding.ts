import {
  defineKind,
  duplicates,
  type FieldError,
  invalid,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  notSupported,
  object,
  required,
  type Schema,
  string,
  struct,
  text,
} from "@kubets/machinery";
import { type MatchResources, matchResources, paramRef, type ParamRef, paramRefText, validateBinding } from "./matching.ts";
import { ageColumn, nameColumn } from "../columns.ts";

/** Puts a ValidatingAdmissionPolicy into effect, perhaps for a part of the cluster and with parameters. */
export interface ValidatingAdmissionPolicyBinding extends KubernetesObject {
  readonly spec: ValidatingAdmissionPolicyBindingSpec;
}

/** Which policy takes effect, where, and what it does. */
export interface ValidatingAdmissionPolicyBindingSpec {
  readonly policyName: string;
  readonly paramRef?: ParamRef;
  readonly matchResources?: MatchResources;
  readonly validationActions: readonly string[];
}

const validatingAdmissionPolicyBindingSpec: Schema<ValidatingAdmissionPolicyBindingSpec> = object<ValidatingAdmissionPolicyBindingSpec>(
  "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec",
  "Which policy takes effect, where, and what it does.",
  {
    policyName: text({ field: 1, required: true, mayBeEmpty: true, doc: "The policy." }),
    paramRef: struct(paramRef, { field: 2, presence: "pointer", doc: "Its parameters." }),
    matchResources: struct(matchResources, {
      field: 3,
      presence: "pointer",
      doc: "The requests that it looks at, out of those that the policy does.",
    }),
    validationActions: list(string, {
      field: 4,
      required: true,
      mayBeEmpty: true,
      listType: "set",
      doc: "What happens when an expression isn't true: Deny, Warn, Audit, or two of them (not Deny and Warn).",
    }),
  },
);

const validatingAdmissionPolicyBinding: Schema<ValidatingAdmissionPolicyBinding> = kindObject<ValidatingAdmissionPolicyBinding>(
  "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding",
  "Puts a ValidatingAdmissionPolicy into effect, perhaps for a part of the cluster and with parameters.",
  {
    spec: struct(validatingAdmissionPolicyBindingSpec, { field: 2, required: true, doc: "Which policy, where, and what it does." }),
  },
);

export const ValidatingAdmissionPolicyBindingKind: Kind<ValidatingAdmissionPolicyBinding> = defineKind<ValidatingAdmissionPolicyBinding>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingAdmissionPolicyBinding",
  resource: "validatingadmissionpolicybindings",
  categories: ["api-extensions"],
  scope: "Cluster",
  schema: validatingAdmissionPolicyBinding,
  columns: [
    nameColumn,
    { name: "PolicyName", type: "string", doc: "The policy.", cell: ({ spec }) => spec.policyName },
    { name: "ParamRef", type: "string", doc: "Its parameters.", cell: ({ spec }) => paramRefText(spec.paramRef) },
    ageColumn,
  ],
  strategy: {
    generation: true,
    unconditionalUpdate: false,
    validate: ({ spec }) => [...validateBinding(spec), ...validateActions(spec.validationActions, "spec.validationActions")],
  },
});

const knownActions = ["Audit", "Deny", "Warn"];

function validateActions(actions: readonly string[], path: string): readonly FieldError[] {
  const repeats =
    "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)";
  return [
    ...actions.flatMap((action, index) => (knownActions.includes(action) ? [] : [notSupported(`${path}[${index}]`, action, knownActions)])),
    ...duplicates(path, actions, (action) => action),
    ...(actions.includes("Deny") && actions.includes("Warn") ? [invalid(path, actions, repeats)] : []),
    ...(actions.length === 0 ? [required(path, "at least one validation action is required")] : []),
  ];
}
