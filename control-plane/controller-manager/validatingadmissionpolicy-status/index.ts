import { CustomResourceDefinitionKind, type ValidatingAdmissionPolicy, ValidatingAdmissionPolicyKind } from "@kubets/api";
import { type Controller, type Decision, nothing, patch, watch } from "@kubets/client";
import type { Kind } from "@kubets/machinery";
import { typedKinds, type TypedKinds } from "./typed-kinds.ts";
import { warningsOf } from "./expression-warnings.ts";

export interface Observed {
  readonly policy: ValidatingAdmissionPolicy;
  readonly typed: TypedKinds;
}

/**
 * Says in the status of a ValidatingAdmissionPolicy what is wrong with the types in its expressions, given the kinds that it names without
 * wildcards. Once for each generation of a policy: a definition that comes or changes later is no reason to look again, as upstream.
 */
export function validatingAdmissionPolicyStatusController(kinds: readonly Kind[]): Controller<Observed> {
  return {
    name: "validatingadmissionpolicy-status",
    watches: [watch(ValidatingAdmissionPolicyKind), watch(CustomResourceDefinitionKind, { keys: () => [] })],
    observe(key, caches) {
      const policy = caches.of(ValidatingAdmissionPolicyKind).get(key);
      return policy && { policy, typed: typedKinds(kinds, caches.of(CustomResourceDefinitionKind).list()) };
    },
    reconcile,
  };
}

export function reconcile({ policy, typed }: Observed): Decision {
  const { generation = 0 } = policy.metadata;
  if (generation <= (policy.status.observedGeneration ?? 0)) return nothing;
  const warnings = warningsOf(policy.spec, typed);
  const expressionWarnings = warnings.length === 0 ? null : warnings;
  const change = {
    metadata: { uid: policy.metadata.uid },
    status: { observedGeneration: generation, typeChecking: { expressionWarnings } },
  };
  return { actions: [patch(ValidatingAdmissionPolicyKind, policy, change, { subresource: "status" })] };
}
