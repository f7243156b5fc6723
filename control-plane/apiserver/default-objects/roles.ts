import {
  ClusterRoleBindingKind,
  ClusterRoleKind,
  type ClusterRole,
  type ClusterRoleBinding,
  RoleBindingKind,
  RoleKind,
  type PolicyRule,
  type Role,
  type RoleBinding,
} from "@kubets/api";
import { apiVersionOf, type Draft, type Kind, sameJson } from "@kubets/machinery";
import { missingRights } from "../authorization/covering.ts";
import { clusterRoleBindings, type DefaultBinding, roleBindings } from "./bindings.ts";
import { componentRoles } from "./component-roles.ts";
import { controllerRoles } from "./controller-roles.ts";
import { namespaceRoles } from "./namespace-roles.ts";
import { aggregationLabel, type DefaultClusterRole, everybodysRoles, userRoles } from "./user-roles.ts";

const autoupdate = "rbac.authorization.kubernetes.io/autoupdate";
const metadata = {
  labels: { "kubernetes.io/bootstrapping": "rbac-defaults" },
  annotations: { [autoupdate]: "true" },
} as const;
const typeOf = (kind: Pick<Kind, "group" | "kind" | "version">): { readonly apiVersion: string; readonly kind: string } => ({
  apiVersion: apiVersionOf(kind),
  kind: kind.kind,
});

export const defaultClusterRoles: readonly Draft<ClusterRole>[] = [
  ...userRoles,
  ...everybodysRoles,
  ...componentRoles,
  ...controllerRoles.map(({ controller, rules }) => ({ name: `system:controller:${controller}`, rules })),
].map(clusterRoleOf);

function clusterRoleOf({ name, rules, aggregates, aggregatedTo }: DefaultClusterRole): Draft<ClusterRole> {
  return {
    ...typeOf(ClusterRoleKind),
    metadata: {
      ...metadata,
      name,
      labels: { ...metadata.labels, ...(aggregatedTo === undefined ? {} : { [aggregationLabel(aggregatedTo)]: "true" }) },
    },
    rules,
    ...(aggregates === undefined
      ? {}
      : { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [aggregationLabel(aggregates)]: "true" } }] } }),
  };
}

export const defaultClusterRoleBindings: readonly Draft<ClusterRoleBinding>[] = clusterRoleBindings.map((binding) => ({
  ...typeOf(ClusterRoleBindingKind),
  metadata: { ...metadata, name: binding.name },
  ...grantOf(binding, "ClusterRole"),
}));

export const defaultRoles: readonly Draft<Role>[] = namespaceRoles.map(({ namespace, name, rules }) => ({
  ...typeOf(RoleKind),
  metadata: { ...metadata, name, namespace },
  rules,
}));

export const defaultRoleBindings: readonly Draft<RoleBinding>[] = roleBindings.map((binding) => ({
  ...typeOf(RoleBindingKind),
  metadata: { ...metadata, name: binding.name, namespace: binding.namespace },
  ...grantOf(binding, "Role"),
}));

function grantOf({ role, subjects }: DefaultBinding, kind: string): Pick<RoleBinding, "roleRef" | "subjects"> {
  return {
    roleRef: { apiGroup: RoleKind.group, kind, name: role },
    ...(subjects.length === 0 ? {} : { subjects }),
  };
}

/**
 * A role as it should be, given how it is: `undefined` when nothing is missing.
 *
 * Rights, labels and annotations that operators added stay. Who sets the annotation `autoupdate` to `false` keeps the role as it is.
 */
export function repairedRole<T extends ClusterRole | Role>(present: T, wanted: Draft<ClusterRole>): T | undefined {
  if (isProtected(present)) return undefined;
  const metadata = repairedMetadata(present.metadata, wanted.metadata);
  const missing = wanted.aggregationRule === undefined ? missingRules(present.rules ?? [], wanted.rules ?? []) : [];
  const aggregation = "aggregationRule" in present ? present.aggregationRule : undefined;
  const aggregates = wanted.aggregationRule !== undefined && !sameJson(aggregation, wanted.aggregationRule);
  if (metadata === undefined && missing.length === 0 && !aggregates) return undefined;
  return {
    ...present,
    metadata: metadata ?? present.metadata,
    ...(missing.length === 0 ? {} : { rules: [...(present.rules ?? []), ...missing] }),
    ...(aggregates ? { aggregationRule: wanted.aggregationRule } : {}),
  };
}

function missingRules(present: readonly PolicyRule[], wanted: readonly PolicyRule[]): readonly PolicyRule[] {
  // At nearly every start each rule is as it was written; to weigh right by right takes a hundred times as long.
  return wanted.filter((rule, index) => !sameJson(present[index], rule) && missingRights(present, [rule]).length > 0);
}

/** As {@link repairedRole}: subjects that were added stay. What a binding refers to never changes. */
export function repairedBinding<T extends ClusterRoleBinding | RoleBinding>(present: T, wanted: Draft<RoleBinding>): T | undefined {
  if (isProtected(present)) return undefined;
  const metadata = repairedMetadata(present.metadata, wanted.metadata);
  const missing = (wanted.subjects ?? []).filter((subject) => !(present.subjects ?? []).some((each) => sameJson(each, subject)));
  if (metadata === undefined && missing.length === 0) return undefined;
  return { ...present, metadata: metadata ?? present.metadata, subjects: [...(present.subjects ?? []), ...missing] };
}

function isProtected({ metadata }: ClusterRole | ClusterRoleBinding): boolean {
  return metadata.annotations?.[autoupdate] === "false";
}

type Metadata = ClusterRole["metadata"];

function repairedMetadata(present: Metadata, { labels, annotations }: Draft<Metadata>): Metadata | undefined {
  const repaired = {
    ...present,
    labels: { ...labels, ...present.labels },
    annotations: { ...annotations, ...present.annotations },
  };
  return sameJson(repaired, { ...present, labels: present.labels ?? {}, annotations: present.annotations ?? {} }) ? undefined : repaired;
}
