import type { PolicyRule } from "@kubets/api";
import { allow, allowNamed, events, read } from "./rules.ts";

/** A Role within one of the system's namespaces. */
export interface DefaultRole {
  readonly namespace: string;
  readonly name: string;
  readonly rules: readonly PolicyRule[];
}

const leaderElection: readonly PolicyRule[] = [
  allow("create get list update watch", "coordination.k8s.io", "leases"),
  allow("create get list update watch", "coordination.k8s.io", "leasecandidates"),
];

export const namespaceRoles: readonly DefaultRole[] = [
  {
    // How an API server that extends ours finds out whose certificates and headers to trust.
    namespace: "kube-system",
    name: "extension-apiserver-authentication-reader",
    rules: [allowNamed(read, "core", "configmaps", "extension-apiserver-authentication")],
  },
  { namespace: "kube-system", name: "system::leader-locking-kube-controller-manager", rules: leaderElection },
  { namespace: "kube-system", name: "system::leader-locking-kube-scheduler", rules: leaderElection },
  { namespace: "kube-system", name: "system:controller:bootstrap-signer", rules: [allow(read, "core", "secrets")] },
  {
    namespace: "kube-public",
    name: "system:controller:bootstrap-signer",
    rules: [allow(read, "core", "configmaps"), allowNamed("update", "core", "configmaps", "cluster-info"), events],
  },
  {
    namespace: "kube-system",
    name: "system:controller:cloud-provider",
    rules: [allow("create get list watch", "core", "configmaps")],
  },
  {
    namespace: "kube-system",
    name: "system:controller:token-cleaner",
    rules: [allow("delete get list watch", "core", "secrets"), events],
  },
];
