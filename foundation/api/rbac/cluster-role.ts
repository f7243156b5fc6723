import {
  type defaulted,
  defineKind,
  type FieldError,
  type Kind,
  kindObject,
  type KubernetesObject,
  type LabelSelector,
  labelSelector,
  list,
  object,
  required,
  type Schema,
  struct,
  validateLabelSelector,
} from "@kubets/machinery";
import { policyRule, type PolicyRule, rbacGroup, validatePolicyRule } from "./policy-rule.ts";

/** Permissions on the whole cluster, or to be given within single namespaces. */
export interface ClusterRole extends KubernetesObject {
  readonly [defaulted]?: "rules";
  readonly rules: readonly PolicyRule[];
  readonly aggregationRule?: AggregationRule;
}

/** Gathers the rules of other ClusterRoles. */
export interface AggregationRule {
  readonly clusterRoleSelectors?: readonly LabelSelector[];
}

const aggregationRule: Schema<AggregationRule> = object<AggregationRule>(
  "io.k8s.api.rbac.v1.AggregationRule",
  "Gathers the rules of other ClusterRoles.",
  {
    clusterRoleSelectors: list(labelSelector, {
      field: 1,
      listType: "atomic",
      doc: "The rules of every ClusterRole that one of these selects.",
    }),
  },
);

const clusterRole: Schema<ClusterRole> = kindObject<ClusterRole>(
  "io.k8s.api.rbac.v1.ClusterRole",
  "Permissions on the whole cluster, or to be given within single namespaces.",
  {
    rules: list(policyRule, { field: 2, default: [], listType: "atomic", doc: "What is allowed; nothing is ever forbidden." }),
    aggregationRule: struct(aggregationRule, {
      field: 3,
      presence: "pointer",
      doc: "Where the rules come from; what is written to them is replaced.",
    }),
  },
);

export const ClusterRoleKind: Kind<ClusterRole> = defineKind<ClusterRole>({
  group: rbacGroup,
  version: "v1",
  kind: "ClusterRole",
  resource: "clusterroles",
  scope: "Cluster",
  schema: clusterRole,
  strategy: { name: "pathSegment", createOnUpdate: true, validate: validateClusterRole },
});

function validateClusterRole({ rules, aggregationRule }: ClusterRole): readonly FieldError[] {
  const selectors = aggregationRule?.clusterRoleSelectors ?? [];
  const field = "aggregationRule.clusterRoleSelectors";
  return [
    ...rules.flatMap((rule, index) => validatePolicyRule(rule, "Cluster", `rules[${index}]`)),
    ...(aggregationRule !== undefined && selectors.length === 0
      ? [required(field, "at least one clusterRoleSelector required if aggregationRule is non-nil")]
      : []),
    ...selectors.flatMap((selector, index) => validateLabelSelector(selector, `${field}[${index}]`)),
  ];
}
