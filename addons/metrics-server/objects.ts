import {
  type APIService,
  APIServiceKind,
  type ClusterRole,
  type ClusterRoleBinding,
  ClusterRoleBindingKind,
  ClusterRoleKind,
  type Service,
  ServiceKind,
} from "@kubets/api";
import type { DraftObject } from "@kubets/client";
import { apiVersionOf, serviceAccountUser, type UserInfo } from "@kubets/machinery";

const name = "metrics-server";
const namespace = "kube-system";

/** As whom the metrics server asks nodes. */
export const metricsServerUser: UserInfo = serviceAccountUser({ namespace, name });

/** The name at which the API server's dialer reaches a metrics server in its own process. */
export const metricsServerHost = "metrics-server.in-process.kubets.internal";

export const metricsService: DraftObject<Service> = {
  ...identity(ServiceKind),
  metadata: { name, namespace, labels: { "k8s-app": name } },
  spec: { type: "ExternalName", externalName: metricsServerHost, ports: [{ name: "https", port: 443 }] },
};

export const metricsApiService: DraftObject<APIService> = {
  ...identity(APIServiceKind),
  metadata: { name: "v1beta1.metrics.k8s.io", labels: { "k8s-app": name } },
  spec: {
    group: "metrics.k8s.io",
    version: "v1beta1",
    groupPriorityMinimum: 100,
    versionPriority: 100,
    // Nothing leaves the process on the way.
    insecureSkipTLSVerify: true,
    service: { name, namespace },
  },
};

/** What the metrics server itself may do, and who may read metrics: whoever may view. */
export const metricsRoles: readonly DraftObject<ClusterRole>[] = [
  {
    ...identity(ClusterRoleKind),
    metadata: { name: `system:${name}`, labels: { "k8s-app": name } },
    rules: [
      { apiGroups: [""], resources: ["nodes/metrics", "nodes/proxy", "nodes/stats"], verbs: ["get"] },
      { apiGroups: [""], resources: ["pods", "nodes"], verbs: ["get", "list", "watch"] },
    ],
  },
  {
    ...identity(ClusterRoleKind),
    metadata: {
      name: "system:aggregated-metrics-reader",
      labels: {
        "k8s-app": name,
        ...Object.fromEntries(["admin", "edit", "view"].map((role) => [`rbac.authorization.k8s.io/aggregate-to-${role}`, "true"])),
      },
    },
    rules: [{ apiGroups: ["metrics.k8s.io"], resources: ["pods", "nodes"], verbs: ["get", "list", "watch"] }],
  },
];

export const metricsRoleBinding: DraftObject<ClusterRoleBinding> = {
  ...identity(ClusterRoleBindingKind),
  metadata: { name: `system:${name}`, labels: { "k8s-app": name } },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: `system:${name}` },
  subjects: [{ kind: "ServiceAccount", name, namespace }],
};

function identity(kind: Parameters<typeof apiVersionOf>[0] & { readonly kind: string }): {
  readonly apiVersion: string;
  readonly kind: string;
} {
  return { apiVersion: apiVersionOf(kind), kind: kind.kind };
}
