import {
  type defaulted,
  defineKind,
  type Kind,
  kindObject,
  type KubernetesObject,
  object,
  type Schema,
  struct,
  text,
} from "@kubets/machinery";
import { type MatchResources, matchResources, paramRef, type ParamRef, paramRefText, validateBinding } from "./matching.ts";
import { ageColumn, nameColumn } from "../columns.ts";

/** Puts a MutatingAdmissionPolicy into effect, perhaps for a part of the cluster and with parameters. */
export interface MutatingAdmissionPolicyBinding extends KubernetesObject {
  readonly [defaulted]?: "spec";
  readonly spec: MutatingAdmissionPolicyBindingSpec;
}

/** Which policy takes effect, and where. */
export interface MutatingAdmissionPolicyBindingSpec {
  readonly policyName?: string;
  readonly paramRef?: ParamRef;
  readonly matchResources?: MatchResources;
}

const mutatingAdmissionPolicyBindingSpec: Schema<MutatingAdmissionPolicyBindingSpec> = object<MutatingAdmissionPolicyBindingSpec>(
  "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBindingSpec",
  "Which policy takes effect, and where.",
  {
    policyName: text({ field: 1, doc: "The policy." }),
    paramRef: struct(paramRef, { field: 2, presence: "pointer", doc: "Its parameters." }),
    matchResources: struct(matchResources, {
      field: 3,
      presence: "pointer",
      doc: "The requests that it looks at, out of those that the policy does.",
    }),
  },
);

const mutatingAdmissionPolicyBinding: Schema<MutatingAdmissionPolicyBinding> = kindObject<MutatingAdmissionPolicyBinding>(
  "io.k8s.api.admissionregistration.v1.MutatingAdmissionPolicyBinding",
  "Puts a MutatingAdmissionPolicy into effect, perhaps for a part of the cluster and with parameters.",
  {
    spec: struct(mutatingAdmissionPolicyBindingSpec, { field: 2, default: {}, doc: "Which policy, and where." }),
  },
);

export const MutatingAdmissionPolicyBindingKind: Kind<MutatingAdmissionPolicyBinding> = defineKind<MutatingAdmissionPolicyBinding>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "MutatingAdmissionPolicyBinding",
  resource: "mutatingadmissionpolicybindings",
  categories: ["api-extensions"],
  scope: "Cluster",
  schema: mutatingAdmissionPolicyBinding,
  columns: [
    nameColumn,
    { name: "PolicyName", type: "string", doc: "The policy.", cell: ({ spec }) => spec.policyName ?? "" },
    { name: "ParamRef", type: "string", doc: "Its parameters.", cell: ({ spec }) => paramRefText(spec.paramRef) },
    ageColumn,
  ],
  strategy: { generation: true, unconditionalUpdate: false, validate: ({ spec }) => validateBinding(spec) },
});
