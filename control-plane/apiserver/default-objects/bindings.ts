import type { Subject } from "@kubets/api";
import { systemGroups, systemUsers } from "../authentication/users.ts";
import { controllerRoles } from "./controller-roles.ts";

/** Who is given a default role, as a row. */
export interface DefaultBinding {
  readonly name: string;
  readonly role: string;
  readonly subjects: readonly Subject[];
}
export interface DefaultRoleBinding extends DefaultBinding {
  readonly namespace: string;
}

const rbacGroup = "rbac.authorization.k8s.io";
const user = (name: string): Subject => ({ apiGroup: rbacGroup, kind: "User", name });
const group = (name: string): Subject => ({ apiGroup: rbacGroup, kind: "Group", name });
const account = (name: string): Subject => ({ kind: "ServiceAccount", name, namespace: "kube-system" });

/** The user as whom the API server calls kubelets. */
export const kubeletClientUser = "kube-apiserver-kubelet-client";

export const clusterRoleBindings: readonly DefaultBinding[] = [
  bind("cluster-admin", group(systemGroups.masters)),
  bind("system:basic-user", group(systemGroups.authenticated)),
  bind("system:discovery", group(systemGroups.authenticated)),
  bind("system:public-info-viewer", group(systemGroups.authenticated), group(systemGroups.unauthenticated)),
  bind("system:service-account-issuer-discovery", group(systemGroups.serviceAccounts)),
  bind("system:monitoring", group(systemGroups.monitoring)),
  bind("system:kube-controller-manager", user(systemUsers.controllerManager)),
  bind("system:kube-scheduler", user(systemUsers.scheduler)),
  bind("system:volume-scheduler", user(systemUsers.scheduler)),
  bind("system:node-proxier", user(systemUsers.proxy)),
  bind("system:kube-dns", account("kube-dns")),
  // Kubelets get their rights from the node authorizer, which divides them by node: this binding is there to be seen, without subjects.
  bind("system:node"),
  // Upstream leaves these to whoever sets the cluster up; here that is us.
  bind("system:coredns", user(systemUsers.dns), account("coredns")),
  bind("system:kubelet-api-admin", user(kubeletClientUser)),
  bind("system:host-path-provisioner", account("host-path-provisioner")),
  ...controllerRoles.map(({ controller }) => bind(`system:controller:${controller}`, account(controller))),
];

export const roleBindings: readonly DefaultRoleBinding[] = [
  {
    namespace: "kube-system",
    name: "system::extension-apiserver-authentication-reader",
    role: "extension-apiserver-authentication-reader",
    subjects: [user(systemUsers.controllerManager), user(systemUsers.scheduler)],
  },
  {
    namespace: "kube-system",
    ...bind(
      "system::leader-locking-kube-controller-manager",
      user(systemUsers.controllerManager),
      account("kube-controller-manager"),
      account("leader-election-controller"),
    ),
  },
  {
    namespace: "kube-system",
    ...bind("system::leader-locking-kube-scheduler", user(systemUsers.scheduler), account("kube-scheduler")),
  },
  { namespace: "kube-system", ...bind("system:controller:bootstrap-signer", account("bootstrap-signer")) },
  { namespace: "kube-public", ...bind("system:controller:bootstrap-signer", account("bootstrap-signer")) },
  { namespace: "kube-system", ...bind("system:controller:cloud-provider", account("cloud-provider")) },
  { namespace: "kube-system", ...bind("system:controller:token-cleaner", account("token-cleaner")) },
];

function bind(role: string, ...subjects: readonly Subject[]): DefaultBinding {
  return { name: role, role, subjects };
}
