import type { PolicyRule } from "@kubets/api";
import { allow, allowNamed, events, read } from "./rules.ts";

/** The rights of one controller: of the service account of its name in kube-system, by the ClusterRole `system:controller:NAME`. */
export interface ControllerRole {
  readonly controller: string;
  readonly rules: readonly PolicyRule[];
}

const controllerRevisions: PolicyRule = allow("create delete get list patch update watch", "apps", "controllerrevisions");

/** What each controller may do besides what the caches that they share may read. */
export const controllerRoles: readonly ControllerRole[] = [
  {
    controller: "attachdetach-controller",
    rules: [
      allow("list watch", "core", "persistentvolumeclaims persistentvolumes"),
      allow(read, "core", "nodes"),
      allow("patch update", "core", "nodes/status"),
      allow("list watch", "core", "pods"),
      events,
      allow("create delete get list watch", "storage.k8s.io", "volumeattachments"),
      allow(read, "storage.k8s.io", "csidrivers"),
      allow(read, "storage.k8s.io", "csinodes"),
    ],
  },
  {
    controller: "certificate-controller",
    rules: [
      allow("delete get list watch", "certificates.k8s.io", "certificatesigningrequests"),
      allow("update", "certificates.k8s.io", "certificatesigningrequests/approval certificatesigningrequests/status"),
      allowNamed("approve", "certificates.k8s.io", "signers", "kubernetes.io/kube-apiserver-client-kubelet"),
      allowNamed(
        "sign",
        "certificates.k8s.io",
        "signers",
        "kubernetes.io/kube-apiserver-client kubernetes.io/kube-apiserver-client-kubelet kubernetes.io/kubelet-serving kubernetes.io/legacy-unknown",
      ),
      allow("create", "authorization.k8s.io", "subjectaccessreviews"),
      events,
    ],
  },
  {
    controller: "clusterrole-aggregation-controller",
    rules: [allow("escalate get list patch update watch", "rbac.authorization.k8s.io", "clusterroles")],
  },
  {
    controller: "cronjob-controller",
    rules: [
      allow("get list update watch", "batch", "cronjobs"),
      allow("create delete get list patch update watch", "batch", "jobs"),
      allow("update", "batch", "cronjobs/status"),
      allow("update", "batch", "cronjobs/finalizers"),
      allow("delete list watch", "core", "pods"),
      events,
    ],
  },
  {
    controller: "daemon-set-controller",
    rules: [
      ...workload("daemonsets", read),
      allow("list watch", "core", "nodes"),
      allow("create delete list patch watch", "core", "pods"),
      allow("create", "core", "pods/binding"),
      controllerRevisions,
      events,
    ],
  },
  {
    controller: "deployment-controller",
    rules: [
      ...workload("deployments", "get list update watch"),
      allow("create delete get list patch update watch", "apps extensions", "replicasets"),
      allow("get list update watch", "core", "pods"),
      events,
    ],
  },
  {
    controller: "disruption-controller",
    rules: [
      allow(read, "apps extensions", "deployments"),
      allow(read, "apps extensions", "replicasets"),
      allow(read, "core", "replicationcontrollers"),
      allow(read, "policy", "poddisruptionbudgets"),
      allow(read, "apps", "statefulsets"),
      allow("update", "policy", "poddisruptionbudgets/status"),
      allow("patch update", "core", "pods/status"),
      allow("get", "*", "*/scale"),
      events,
    ],
  },
  {
    controller: "endpoint-controller",
    rules: [
      allow(read, "core", "pods services"),
      allow("create delete get list update watch", "core", "endpoints"),
      allow("create", "core", "endpoints/restricted"),
      events,
    ],
  },
  {
    controller: "endpointslice-controller",
    rules: [
      allow(read, "core", "nodes pods services"),
      allow("update", "core", "services/finalizers"),
      allow("create delete get list update watch", "discovery.k8s.io", "endpointslices"),
      events,
    ],
  },
  {
    controller: "endpointslicemirroring-controller",
    rules: [
      allow(read, "core", "endpoints services"),
      allow("update", "core", "services/finalizers"),
      allow("update", "core", "endpoints/finalizers"),
      allow("create delete get list update watch", "discovery.k8s.io", "endpointslices"),
      events,
    ],
  },
  {
    controller: "ephemeral-volume-controller",
    rules: [
      allow(read, "core", "pods"),
      allow("update", "core", "pods/finalizers"),
      allow("create get list watch", "core", "persistentvolumeclaims"),
      events,
    ],
  },
  {
    controller: "expand-controller",
    rules: [
      allow("get list patch update watch", "core", "persistentvolumes"),
      allow("patch update", "core", "persistentvolumeclaims/status"),
      allow(read, "core", "persistentvolumeclaims"),
      events,
    ],
  },
  { controller: "generic-garbage-collector", rules: [allow("delete get list patch update watch", "*", "*"), events] },
  {
    controller: "horizontal-pod-autoscaler",
    rules: [
      allow(read, "autoscaling", "horizontalpodautoscalers"),
      allow("update", "autoscaling", "horizontalpodautoscalers/status"),
      allow("get update", "*", "*/scale"),
      allow("list watch", "core", "pods"),
      allow("list watch", "metrics.k8s.io", "pods"),
      allow(read, "custom.metrics.k8s.io", "*"),
      allow(read, "external.metrics.k8s.io", "*"),
      events,
    ],
  },
  {
    controller: "job-controller",
    rules: [
      allow("get list patch update watch", "batch", "jobs"),
      allow("update", "batch", "jobs/status"),
      allow("update", "batch", "jobs/finalizers"),
      allow("create delete list patch watch", "core", "pods"),
      events,
    ],
  },
  {
    controller: "legacy-service-account-token-cleaner",
    rules: [
      allowNamed("get", "core", "configmaps", "kube-apiserver-legacy-service-account-token-tracking"),
      allow("delete patch", "core", "secrets"),
    ],
  },
  {
    controller: "namespace-controller",
    rules: [
      allow("delete get list watch", "core", "namespaces"),
      allow("update", "core", "namespaces/finalize namespaces/status"),
      allow("delete deletecollection get list watch", "*", "*"),
    ],
  },
  {
    controller: "node-controller",
    rules: [
      allow("delete get list patch update watch", "core", "nodes"),
      allow("patch update", "core", "nodes/status"),
      allow("patch update", "core", "pods/status"),
      allow("delete get list watch", "core", "pods"),
      events,
    ],
  },
  {
    controller: "persistent-volume-binder",
    rules: [
      allow("create delete get list update watch", "core", "persistentvolumes"),
      allow("update", "core", "persistentvolumes/status"),
      allow("get list update watch", "core", "persistentvolumeclaims"),
      allow("update", "core", "persistentvolumeclaims/status"),
      allow("create delete get list watch", "core", "pods"),
      allow(read, "storage.k8s.io", "storageclasses"),
      allow("list watch", "core", "nodes"),
      events,
      allow("watch", "core", "events"),
    ],
  },
  {
    controller: "pod-garbage-collector",
    rules: [allow("delete list watch", "core", "pods"), allow(read, "core", "nodes"), allow("patch", "core", "pods/status")],
  },
  {
    controller: "pv-protection-controller",
    rules: [allow("get list update watch", "core", "persistentvolumes"), events],
  },
  {
    controller: "pvc-protection-controller",
    rules: [
      allow("get list update watch", "core", "persistentvolumeclaims"),
      allow("update", "core", "persistentvolumeclaims/status"),
      allow(read, "core", "pods"),
      events,
    ],
  },
  {
    controller: "replicaset-controller",
    rules: [...workload("replicasets", "get list update watch"), allow("create delete list patch watch", "core", "pods"), events],
  },
  {
    controller: "replication-controller",
    rules: [
      allow("get list update watch", "core", "replicationcontrollers"),
      allow("update", "core", "replicationcontrollers/status"),
      allow("update", "core", "replicationcontrollers/finalizers"),
      allow("create delete list patch watch", "core", "pods"),
      events,
    ],
  },
  {
    controller: "resource-claim-controller",
    rules: [
      allow(read, "core", "pods"),
      allow("update", "core", "pods/finalizers"),
      allow("create delete get list watch", "resource.k8s.io", "resourceclaims"),
      allow("patch update", "resource.k8s.io", "resourceclaims resourceclaims/status"),
      allow("patch update", "core", "pods/status"),
      events,
      allow("patch update", "resource.k8s.io", "resourceclaims/binding"),
    ],
  },
  {
    controller: "resourcequota-controller",
    rules: [allow("list watch", "*", "*"), allow("update", "core", "resourcequotas/status"), events],
  },
  { controller: "root-ca-cert-publisher", rules: [allow("create update", "core", "configmaps"), events] },
  {
    controller: "route-controller",
    rules: [allow("list watch", "core", "nodes"), allow("patch", "core", "nodes/status"), events],
  },
  {
    controller: "selinux-warning-controller",
    rules: [
      events,
      allow(read, "core", "persistentvolumes"),
      allow(read, "core", "persistentvolumeclaims"),
      allow(read, "core", "pods"),
      allow(read, "storage.k8s.io", "csidrivers"),
    ],
  },
  { controller: "service-account-controller", rules: [allow("create", "core", "serviceaccounts"), events] },
  {
    controller: "service-cidrs-controller",
    rules: [
      allow("get list patch update watch", "networking.k8s.io", "servicecidrs"),
      allow("patch update", "networking.k8s.io", "servicecidrs/finalizers"),
      allow("patch update", "networking.k8s.io", "servicecidrs/status"),
      allow(read, "networking.k8s.io", "ipaddresses"),
      events,
    ],
  },
  {
    controller: "service-controller",
    rules: [
      allow(read, "core", "services"),
      allow("patch update", "core", "services/status"),
      allow("list watch", "core", "nodes"),
      events,
    ],
  },
  {
    controller: "statefulset-controller",
    rules: [
      allow("list watch", "core", "pods"),
      allow(read, "apps", "statefulsets"),
      allow("update", "apps", "statefulsets/status"),
      allow("update", "apps", "statefulsets/finalizers"),
      allow("create delete get patch update", "core", "pods"),
      controllerRevisions,
      allow("create get list watch", "core", "persistentvolumeclaims"),
      allow("delete update", "core", "persistentvolumeclaims"),
      allow("update", "core", "pods/finalizers"),
      events,
    ],
  },
  {
    controller: "storage-version-migrator-controller",
    rules: [
      allow("list patch", "*", "*"),
      allow("update patch", "storagemigration.k8s.io", "storageversionmigrations/status"),
      allow("get", "apiextensions.k8s.io", "customresourcedefinitions"),
      allow("patch", "apiextensions.k8s.io", "customresourcedefinitions/status"),
    ],
  },
  { controller: "ttl-after-finished-controller", rules: [allow("delete get list watch", "batch", "jobs"), events] },
  { controller: "ttl-controller", rules: [allow("list patch update watch", "core", "nodes"), events] },
  {
    controller: "validatingadmissionpolicy-status-controller",
    rules: [
      allow(read, "admissionregistration.k8s.io", "validatingadmissionpolicies"),
      allow("get patch update", "admissionregistration.k8s.io", "validatingadmissionpolicies/status"),
      events,
    ],
  },
  {
    controller: "volumeattributesclass-protection-controller",
    rules: [
      allow(read, "core", "persistentvolumeclaims"),
      allow(read, "core", "persistentvolumes"),
      allow("get list update watch", "storage.k8s.io", "volumeattributesclasses"),
      events,
    ],
  },
];

/** A workload that a controller works on, its status, and its finalizers (so that it may own what blocks the deletion). */
function workload(resource: string, verbs: string): readonly PolicyRule[] {
  return [
    allow(verbs, "apps extensions", resource),
    allow("update", "apps extensions", `${resource}/status`),
    allow("update", "apps extensions", `${resource}/finalizers`),
  ];
}
