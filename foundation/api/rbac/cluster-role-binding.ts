import { defineKind, type Kind, kindObject, type KubernetesObject, list, type Schema, struct } from "@kubets/machinery";
import { bindingColumns } from "./binding-columns.ts";
import { rbacGroup } from "./policy-rule.ts";
import {
  type RoleRef,
  roleRef,
  subject,
  type Subject,
  validateRoleBinding,
  validateRoleBindingUpdate,
  withSubjectGroups,
} from "./subject.ts";

/** Gives a ClusterRole's permissions on the whole cluster to users, groups and service accounts. */
export interface ClusterRoleBinding extends KubernetesObject {
  readonly subjects?: readonly Subject[];
  readonly roleRef: RoleRef;
}

const clusterRoleBinding: Schema<ClusterRoleBinding> = kindObject<ClusterRoleBinding>(
  "io.k8s.api.rbac.v1.ClusterRoleBinding",
  "Gives a ClusterRole's permissions on the whole cluster to users, groups and service accounts.",
  {
    subjects: list(subject, { field: 2, listType: "atomic", doc: "Who gets them." }),
    roleRef: struct(roleRef, { field: 3, required: true, doc: "The ClusterRole; never changes." }),
  },
);

export const ClusterRoleBindingKind: Kind<ClusterRoleBinding> = defineKind<ClusterRoleBinding>({
  group: rbacGroup,
  version: "v1",
  kind: "ClusterRoleBinding",
  resource: "clusterrolebindings",
  scope: "Cluster",
  schema: clusterRoleBinding,
  columns: bindingColumns,
  strategy: {
    name: "pathSegment",
    createOnUpdate: true,
    defaults: withSubjectGroups,
    validate: (binding) => validateRoleBinding(binding, "Cluster"),
    validateUpdate: validateRoleBindingUpdate,
  },
});
