/** Mutating admission policies as they were before v1: the same objects. */
import { type Kind, kindInVersion } from "@kubets/machinery";
import { type MutatingAdmissionPolicyBinding, MutatingAdmissionPolicyBindingKind } from "./mutating-admission-policy-binding.ts";
import { type MutatingAdmissionPolicy, MutatingAdmissionPolicyKind } from "./mutating-admission-policy.ts";

const before = {
  version: "v1beta1",
  schema: {
    from: "io.k8s.api.admissionregistration.v1.",
    to: "io.k8s.api.admissionregistration.v1beta1.",
    // The beta version's rules are those of v1.
    shared: ["RuleWithOperations", "Rule"],
  },
} as const;

export const AdmissionregistrationV1beta1MutatingAdmissionPolicyKind: Kind<MutatingAdmissionPolicy> =
  kindInVersion<MutatingAdmissionPolicy>(MutatingAdmissionPolicyKind, before);

export const AdmissionregistrationV1beta1MutatingAdmissionPolicyBindingKind: Kind<MutatingAdmissionPolicyBinding> =
  kindInVersion<MutatingAdmissionPolicyBinding>(MutatingAdmissionPolicyBindingKind, before);
