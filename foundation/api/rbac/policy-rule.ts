import { type FieldError, invalid, list, object, required, type Schema, string } from "@kubets/machinery";

/** Allows some verbs on some resources, or on some paths that aren't resources. */
export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

export const policyRule: Schema<PolicyRule> = object<PolicyRule>(
  "io.k8s.api.rbac.v1.PolicyRule",
  "Allows some verbs on some resources, or on some paths that aren't resources.",
  {
    verbs: list(string, {
      field: 1,
      required: true,
      mayBeEmpty: true,
      listType: "atomic",
      doc: "What may be done, such as get or create; `*` for everything.",
    }),
    apiGroups: list(string, {
      field: 2,
      listType: "atomic",
      doc: "The API groups of the resources; the empty text is the core group, `*` all.",
    }),
    resources: list(string, { field: 3, listType: "atomic", doc: "The resources, with their subresources as `pods/log`; `*` for all." }),
    resourceNames: list(string, { field: 4, listType: "atomic", doc: "Only objects of these names; none for all." }),
    nonResourceURLs: list(string, {
      field: 5,
      listType: "atomic",
      doc: "Paths such as `/metrics`, a `*` at the end for all below; for ClusterRoles only.",
    }),
  },
);

/** The API group of roles and their bindings, and of users and groups as their subjects. */
export const rbacGroup = "rbac.authorization.k8s.io";

/** A rule is about resources or about other paths, not both; only cluster-wide permissions can be about other paths. */
export function validatePolicyRule(rule: PolicyRule, scope: "Namespaced" | "Cluster", path: string): readonly FieldError[] {
  const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  const missingVerbs = verbs.length === 0 ? [required(`${path}.verbs`, "verbs must contain at least one value")] : [];
  if (nonResourceURLs.length > 0) {
    const refuse = (why: string): FieldError => invalid(`${path}.nonResourceURLs`, nonResourceURLs, why);
    const aboutResources = apiGroups.length + resources.length + resourceNames.length > 0;
    return [
      ...missingVerbs,
      ...(scope === "Namespaced" ? [refuse("namespaced rules cannot apply to non-resource URLs")] : []),
      ...(aboutResources ? [refuse("rules cannot apply to both regular resources and non-resource URLs")] : []),
    ];
  }
  return [
    ...missingVerbs,
    ...(apiGroups.length === 0 ? [required(`${path}.apiGroups`, "resource rules must supply at least one api group")] : []),
    ...(resources.length === 0 ? [required(`${path}.resources`, "resource rules must supply at least one resource")] : []),
  ];
}
