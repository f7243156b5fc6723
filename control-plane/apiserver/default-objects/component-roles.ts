import type { PolicyRule } from "@kubets/api";
import { allow, allowNamed, allowPaths, events, read } from "./rules.ts";
import type { DefaultClusterRole } from "./user-roles.ts";

/** Asking the API server about a caller: what a component needs to protect an endpoint of its own. */
const delegation: readonly PolicyRule[] = [
  allow("create", "authentication.k8s.io", "tokenreviews"),
  allow("create", "authorization.k8s.io", "subjectaccessreviews"),
];

/** What every kubelet may do that isn't divided by node; see the node authorizer for the rest. */
export const nodeRules: readonly PolicyRule[] = [
  allow("create", "authentication.k8s.io", "tokenreviews"),
  allow("create", "authorization.k8s.io", "localsubjectaccessreviews subjectaccessreviews"),
  allow(read, "core", "services"),
  allow("create get list watch", "core", "nodes"),
  allow("patch update", "core", "nodes/status"),
  allow("patch update", "core", "nodes"),
  allow("create patch update", "core", "events"),
  allow(read, "core", "pods"),
  allow("create delete", "core", "pods"),
  allow("patch update", "core", "pods/status"),
  allow("create", "core", "pods/eviction"),
  allow(read, "core", "configmaps secrets"),
  allow("get", "core", "persistentvolumeclaims persistentvolumes"),
  allow("get", "core", "endpoints"),
  allow("create get list watch", "certificates.k8s.io", "certificatesigningrequests"),
  allow("create delete get patch update", "coordination.k8s.io", "leases"),
  allow("create", "core", "serviceaccounts/token"),
  allow("get patch update", "core", "persistentvolumeclaims/status"),
  allow(read, "storage.k8s.io", "csidrivers"),
  allow("create delete get patch update", "storage.k8s.io", "csinodes"),
  allow(read, "node.k8s.io", "runtimeclasses"),
];

/** The roles of the cluster's components, and of what extends it. */
export const componentRoles: readonly DefaultClusterRole[] = [
  {
    name: "system:kube-controller-manager",
    rules: [
      events,
      allow("create", "coordination.k8s.io", "leases"),
      allowNamed("get update", "coordination.k8s.io", "leases", "kube-controller-manager"),
      allow("create", "core", "secrets serviceaccounts"),
      allow("delete", "core", "secrets"),
      allow("get", "core", "configmaps namespaces secrets serviceaccounts"),
      allow("update", "core", "secrets serviceaccounts"),
      ...delegation,
      // Its caches are shared by all controllers; what each of them may write is in the roles of the controllers.
      allow("list watch", "*", "*"),
      allow("create", "core", "serviceaccounts/token"),
    ],
  },
  {
    name: "system:kube-scheduler",
    rules: [
      events,
      allow("create", "coordination.k8s.io", "leases"),
      allowNamed("get update", "coordination.k8s.io", "leases", "kube-scheduler"),
      allow(read, "core", "nodes"),
      allow("delete get list watch", "core", "pods"),
      allow("create", "core", "bindings pods/binding"),
      allow("patch update", "core", "pods/status"),
      allow(read, "core", "replicationcontrollers services"),
      allow(read, "apps extensions", "replicasets"),
      allow(read, "apps", "statefulsets"),
      allow(read, "policy", "poddisruptionbudgets"),
      allow(read, "core", "persistentvolumeclaims persistentvolumes"),
      ...delegation,
      allow(read, "storage.k8s.io", "csinodes"),
      allow(read, "core", "namespaces"),
      allow(read, "storage.k8s.io", "csidrivers"),
      allow(read, "storage.k8s.io", "csistoragecapacities"),
      allow("get list patch update watch", "resource.k8s.io", "resourceclaims"),
      allow("patch update", "resource.k8s.io", "resourceclaims/status"),
      allow(read, "resource.k8s.io", "deviceclasses resourceslices"),
    ],
  },
  {
    name: "system:volume-scheduler",
    rules: [
      allow("get list patch update watch", "core", "persistentvolumes"),
      allow(read, "storage.k8s.io", "storageclasses"),
      allow("get list patch update watch", "core", "persistentvolumeclaims"),
    ],
  },
  { name: "system:node", rules: nodeRules },
  {
    name: "system:node-proxier",
    rules: [
      allow("list watch", "core", "endpoints services"),
      allow(read, "core", "nodes"),
      events,
      allow("list watch", "discovery.k8s.io", "endpointslices"),
      allow("list watch", "networking.k8s.io", "servicecidrs"),
    ],
  },
  { name: "system:node-bootstrapper", rules: [allow("create get list watch", "certificates.k8s.io", "certificatesigningrequests")] },
  {
    name: "system:node-problem-detector",
    rules: [allow("get", "core", "nodes"), allow("patch", "core", "nodes/status"), events],
  },
  { name: "system:kube-dns", rules: [allow("list watch", "core", "endpoints services")] },
  {
    name: "system:coredns",
    rules: [
      allow("list watch", "core", "endpoints namespaces pods services"),
      allow("get", "core", "nodes"),
      allow("list watch", "discovery.k8s.io", "endpointslices"),
    ],
  },
  { name: "system:auth-delegator", rules: delegation },
  { name: "system:kube-aggregator", rules: [allow(read, "core", "endpoints services")] },
  {
    name: "system:kubelet-api-admin",
    rules: [
      allow(read, "core", "nodes"),
      allow("proxy", "core", "nodes"),
      allow("*", "core", "nodes/configz nodes/healthz nodes/log nodes/metrics nodes/pods nodes/proxy nodes/stats"),
    ],
  },
  {
    name: "system:monitoring",
    rules: [allowPaths("get", "/healthz /healthz/* /livez /livez/* /metrics /metrics/slis /readyz /readyz/*")],
  },
  {
    name: "system:heapster",
    rules: [allow(read, "core", "events namespaces nodes pods"), allow(read, "extensions", "deployments")],
  },
  {
    name: "system:persistent-volume-provisioner",
    rules: [
      allow("create delete get list watch", "core", "persistentvolumes"),
      allow("get list update watch", "core", "persistentvolumeclaims"),
      allow(read, "storage.k8s.io", "storageclasses"),
      allow("watch", "core", "events"),
      events,
    ],
  },
  {
    name: "system:host-path-provisioner",
    rules: [
      allow("create delete get list patch update watch", "core", "persistentvolumes"),
      allow(read, "core", "nodes persistentvolumeclaims"),
      allow("patch update", "core", "persistentvolumeclaims/status"),
      allow(read, "storage.k8s.io", "storageclasses"),
      events,
    ],
  },
  ...certificateRoles(),
];

function certificateRoles(): readonly DefaultClusterRole[] {
  const requester = (kind: string): DefaultClusterRole => ({
    name: `system:certificates.k8s.io:certificatesigningrequests:${kind}`,
    rules: [allow("create", "certificates.k8s.io", `certificatesigningrequests/${kind}`)],
  });
  const approver = (signer: string): DefaultClusterRole => ({
    name: `system:certificates.k8s.io:${signer}-approver`,
    rules: [allowNamed("approve", "certificates.k8s.io", "signers", `kubernetes.io/${signer}`)],
  });
  return [
    requester("nodeclient"),
    requester("selfnodeclient"),
    approver("kube-apiserver-client"),
    approver("kube-apiserver-client-kubelet"),
    approver("kubelet-serving"),
    approver("legacy-unknown"),
  ];
}
