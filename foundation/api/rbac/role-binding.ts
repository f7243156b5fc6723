import { defineKind, type Kind, kindObject, type KubernetesObject, list, type Schema, struct } from "@kubets/machinery";
import { bindingColumns } from "./binding-columns.ts";
import { rbacGroup } from "./policy-rule.ts";
import {
  roleRef,
  type RoleRef,
  subject,
  type Subject,
  validateRoleBinding,
  validateRoleBindingUpdate,
  withSubjectGroups,
} from "./subject.ts";

/** Gives a role's permissions within one namespace to users, groups and service accounts. */
export interface RoleBinding extends KubernetesObject {
  readonly subjects?: readonly Subject[];
  readonly roleRef: RoleRef;
}

const roleBinding: Schema<RoleBinding> = kindObject<RoleBinding>(
  "io.k8s.api.rbac.v1.RoleBinding",
  "Gives a role's permissions within one namespace to users, groups and service accounts.",
  {
    subjects: list(subject, { field: 2, listType: "atomic", doc: "Who gets them." }),
    roleRef: struct(roleRef, { field: 3, required: true, doc: "The role, a Role of the namespace or a ClusterRole; never changes." }),
  },
);

export const RoleBindingKind: Kind<RoleBinding> = defineKind<RoleBinding>({
  group: rbacGroup,
  version: "v1",
  kind: "RoleBinding",
  resource: "rolebindings",
  scope: "Namespaced",
  schema: roleBinding,
  columns: bindingColumns,
  strategy: {
    name: "pathSegment",
    createOnUpdate: true,
    defaults: withSubjectGroups,
    validate: (binding) => validateRoleBinding(binding, "Namespaced"),
    validateUpdate: validateRoleBindingUpdate,
  },
});
