import { type OwnIdentityOptions, runAsThemselves, type RunningControllers } from "@kubets/client";
import { serviceAccountUser, type UserInfo } from "@kubets/machinery";

export type ControllerManagerOptions = Omit<OwnIdentityOptions, "userOf" | "fieldManager">;

/** Runs controllers, each as a service account of its own: what one may write, another may not. */
export function runControllerManager(options: ControllerManagerOptions): RunningControllers {
  return runAsThemselves({ ...options, userOf });
}

/** Upstream's names of the controllers' service accounts, which the default roles are bound to. */
const serviceAccounts: Readonly<Record<string, string>> = {
  "attach-detach": "attachdetach-controller",
  "bootstrap-signer": "bootstrap-signer",
  "certificatesigningrequest-approving": "certificate-controller",
  "certificatesigningrequest-cleaner": "certificate-controller",
  "certificatesigningrequest-signing": "certificate-controller",
  "clusterrole-aggregation": "clusterrole-aggregation-controller",
  cronjob: "cronjob-controller",
  daemonset: "daemon-set-controller",
  deployment: "deployment-controller",
  disruption: "disruption-controller",
  endpoints: "endpoint-controller",
  endpointslice: "endpointslice-controller",
  "endpointslice-mirroring": "endpointslicemirroring-controller",
  "ephemeral-volume": "ephemeral-volume-controller",
  "generic-garbage-collector": "generic-garbage-collector",
  "horizontal-pod-autoscaler": "horizontal-pod-autoscaler",
  job: "job-controller",
  "legacy-serviceaccount-token-cleaner": "legacy-service-account-token-cleaner",
  namespace: "namespace-controller",
  "node-ipam": "node-controller",
  "node-lifecycle": "node-controller",
  "persistentvolume-binder": "persistent-volume-binder",
  "persistentvolume-expander": "expand-controller",
  "persistentvolume-protection": "pv-protection-controller",
  "persistentvolumeclaim-protection": "pvc-protection-controller",
  "pod-garbage-collector": "pod-garbage-collector",
  replicaset: "replicaset-controller",
  replicationcontroller: "replication-controller",
  resourceclaim: "resource-claim-controller",
  resourcequota: "resourcequota-controller",
  "root-ca-publisher": "root-ca-cert-publisher",
  "service-cidr": "service-cidrs-controller",
  serviceaccount: "service-account-controller",
  statefulset: "statefulset-controller",
  "storage-version-migrator": "storage-version-migrator-controller",
  "taint-eviction-controller": "node-controller",
  "token-cleaner": "token-cleaner",
  ttl: "ttl-controller",
  "ttl-after-finished": "ttl-after-finished-controller",
  "validatingadmissionpolicy-status": "validatingadmissionpolicy-status-controller",
  "volumeattributesclass-protection": "volumeattributesclass-protection-controller",
};

/** Their rights are the manager's own, as upstream: who writes tokens is no service account himself. */
const ownIdentity: ReadonlySet<string> = new Set(["serviceaccount-token"]);

/** The identity of a controller. Throws for one that has none: it must be named here, and have a role. */
export function userOf(controller: string): UserInfo {
  if (ownIdentity.has(controller)) return { name: "system:kube-controller-manager", groups: [] };
  const serviceAccount = serviceAccounts[controller];
  if (serviceAccount === undefined) throw new Error(`The controller ${controller} has no service account in controller-manager.ts`);
  return serviceAccountUser({ namespace: "kube-system", name: serviceAccount });
}
