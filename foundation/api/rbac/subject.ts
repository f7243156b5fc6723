import {
  type defaulted,
  type FieldError,
  invalid,
  isDnsSubdomain,
  isPathSegment,
  notSupported,
  object,
  required,
  sameJson,
  type Schema,
  text,
} from "@kubets/machinery";
import { rbacGroup } from "./policy-rule.ts";

/** The role that a binding gives. */
export interface RoleRef {
  readonly [defaulted]?: "apiGroup";
  readonly apiGroup: string;
  readonly kind: string;
  readonly name: string;
}

/** Who gets a role: a user, a group or a service account. */
export interface Subject {
  readonly kind: string;
  readonly apiGroup?: string;
  readonly name: string;
  readonly namespace?: string;
}

export const roleRef: Schema<RoleRef> = object<RoleRef>(
  "io.k8s.api.rbac.v1.RoleRef",
  "The role that a binding gives.",
  {
    apiGroup: text({ field: 1, default: "rbac.authorization.k8s.io", doc: "The role's API group." }),
    kind: text({ field: 2, required: true, mayBeEmpty: true, doc: "Role or ClusterRole." }),
    name: text({ field: 3, required: true, mayBeEmpty: true, doc: "The role's name." }),
  },
  { atomic: true },
);

export const subject: Schema<Subject> = object<Subject>(
  "io.k8s.api.rbac.v1.Subject",
  "Who gets a role: a user, a group or a service account.",
  {
    kind: text({ field: 1, required: true, mayBeEmpty: true, doc: "User, Group or ServiceAccount." }),
    apiGroup: text({
      field: 2,
      doc: "The API group of the kind: none for ServiceAccounts, rbac.authorization.k8s.io for users and groups.",
    }),
    name: text({ field: 3, required: true, mayBeEmpty: true, doc: "The name." }),
    namespace: text({ field: 4, doc: "The namespace of a ServiceAccount." }),
  },
  { atomic: true },
);

/** The rules for both kinds of bindings: which roles they may name, and what their subjects must say. */
export function validateRoleBinding(
  { roleRef, subjects = [] }: { readonly roleRef: RoleRef; readonly subjects?: readonly Subject[] },
  scope: "Namespaced" | "Cluster",
): readonly FieldError[] {
  const roleKinds = scope === "Namespaced" ? ["Role", "ClusterRole"] : ["ClusterRole"];
  return [
    ...(roleRef.apiGroup === rbacGroup ? [] : [notSupported("roleRef.apiGroup", roleRef.apiGroup, [rbacGroup])]),
    ...(roleKinds.includes(roleRef.kind) ? [] : [notSupported("roleRef.kind", roleRef.kind, roleKinds)]),
    ...(roleRef.name === ""
      ? [required("roleRef.name")]
      : isPathSegment(roleRef.name).map((message) => invalid("roleRef.name", roleRef.name, message))),
    ...subjects.flatMap((subject, index) => validateSubject(subject, scope, `subjects[${index}]`)),
  ];
}

/** A binding keeps its role: to give another one, delete it and make a new one. */
export function validateRoleBindingUpdate(
  binding: { readonly roleRef: RoleRef },
  previous: { readonly roleRef: RoleRef },
): readonly FieldError[] {
  return sameJson(binding.roleRef, previous.roleRef) ? [] : [invalid("roleRef", binding.roleRef, "cannot change roleRef")];
}

function validateSubject(subject: Subject, scope: "Namespaced" | "Cluster", path: string): readonly FieldError[] {
  const { name, apiGroup = "", namespace = "" } = subject;
  const unnamed = name === "" ? [required(`${path}.name`)] : [];
  switch (subject.kind) {
    case "ServiceAccount":
      return [
        ...unnamed,
        ...(name === "" ? [] : isDnsSubdomain(name).map((message) => invalid(`${path}.name`, name, message))),
        ...(apiGroup === "" ? [] : [notSupported(`${path}.apiGroup`, apiGroup, [""])]),
        ...(scope === "Cluster" && namespace === "" ? [required(`${path}.namespace`)] : []),
      ];
    case "User":
    case "Group":
      return [
        ...unnamed,
        ...(name === "" ? [invalid(`${path}.name`, name, `${subject.kind.toLowerCase()} name cannot be empty`)] : []),
        ...(apiGroup === rbacGroup ? [] : [notSupported(`${path}.apiGroup`, apiGroup, [rbacGroup])]),
      ];
    default:
      return [...unnamed, notSupported(`${path}.kind`, subject.kind, ["ServiceAccount", "User", "Group"])];
  }
}

/** Users and groups are of the RBAC group where nothing is said; ServiceAccounts of the core group. */
export function withSubjectGroups<T extends { readonly subjects?: readonly Subject[] }>(binding: T): T {
  if (binding.subjects === undefined) return binding;
  return { ...binding, subjects: binding.subjects.map(withGroup) };
}

function withGroup(subject: Subject): Subject {
  const isPerson = subject.kind === "User" || subject.kind === "Group";
  return isPerson && (subject.apiGroup ?? "") === "" ? { ...subject, apiGroup: rbacGroup } : subject;
}
