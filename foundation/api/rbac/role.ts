import { type defaulted, defineKind, type Kind, kindObject, type KubernetesObject, list, type Schema } from "@kubets/machinery";
import { policyRule, type PolicyRule, rbacGroup, validatePolicyRule } from "./policy-rule.ts";

/** Permissions within one namespace. */
export interface Role extends KubernetesObject {
  readonly [defaulted]?: "rules";
  readonly rules: readonly PolicyRule[];
}

const role: Schema<Role> = kindObject<Role>("io.k8s.api.rbac.v1.Role", "Permissions within one namespace.", {
  rules: list(policyRule, { field: 2, default: [], listType: "atomic", doc: "What is allowed; nothing is ever forbidden." }),
});

export const RoleKind: Kind<Role> = defineKind<Role>({
  group: rbacGroup,
  version: "v1",
  kind: "Role",
  resource: "roles",
  scope: "Namespaced",
  schema: role,
  strategy: {
    name: "pathSegment",
    createOnUpdate: true,
    validate: ({ rules }) => rules.flatMap((rule, index) => validatePolicyRule(rule, "Namespaced", `rules[${index}]`)),
  },
});
