import type { PolicyRule } from "@kubets/api";
import { allow, allowPaths, read, readWrite, write } from "./rules.ts";

/** A ClusterRole as a row: its rules, or the label by which it gathers the rules of others. */
export interface DefaultClusterRole {
  readonly name: string;
  readonly rules: readonly PolicyRule[];
  /** Gathers the rules of all ClusterRoles that carry the label `aggregate-to-X`. */
  readonly aggregates?: AggregationTarget;
  /** Is gathered into these. */
  readonly aggregatedTo?: AggregationTarget;
}

export type AggregationTarget = "admin" | "edit" | "view";

export const aggregationLabel = (target: AggregationTarget): string => `rbac.authorization.k8s.io/aggregate-to-${target}`;

/** The roles that operators give to people. */
export const userRoles: readonly DefaultClusterRole[] = [
  { name: "cluster-admin", rules: [allow("*", "*", "*"), allowPaths("*", "*")] },
  { name: "admin", rules: [], aggregates: "admin" },
  { name: "edit", rules: [], aggregates: "edit", aggregatedTo: "admin" },
  { name: "view", rules: [], aggregates: "view", aggregatedTo: "edit" },
  {
    name: "system:aggregate-to-admin",
    aggregatedTo: "admin",
    rules: [
      allow("create", "authorization.k8s.io", "localsubjectaccessreviews"),
      allow(readWrite, "rbac.authorization.k8s.io", "rolebindings roles"),
    ],
  },
  {
    name: "system:aggregate-to-edit",
    aggregatedTo: "edit",
    rules: [
      // Reading these is more than viewing: it lets one act as the Pod or the account.
      allow(read, "core", "pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy"),
      allow("impersonate", "core", "serviceaccounts"),
      allow(write, "core", "pods pods/attach pods/exec pods/portforward pods/proxy"),
      allow("create", "core", "pods/eviction"),
      allow(
        write,
        "core",
        "configmaps events persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy",
      ),
      allow("create", "core", "serviceaccounts/token"),
      allow(
        write,
        "apps",
        "daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale",
      ),
      allow(write, "autoscaling", "horizontalpodautoscalers"),
      allow(write, "batch", "cronjobs jobs"),
      allow(
        write,
        "extensions",
        "daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies replicasets replicasets/scale replicationcontrollers/scale",
      ),
      allow(write, "policy", "poddisruptionbudgets"),
      allow(write, "networking.k8s.io", "ingresses networkpolicies"),
      allow(readWrite, "coordination.k8s.io", "leases"),
      allow(write, "resource.k8s.io", "resourceclaims resourceclaimtemplates"),
    ],
  },
  {
    name: "system:aggregate-to-view",
    aggregatedTo: "view",
    rules: [
      allow(
        read,
        "core",
        "configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status",
      ),
      allow(
        read,
        "core",
        "bindings events limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status",
      ),
      allow(read, "core", "namespaces"),
      allow(read, "discovery.k8s.io", "endpointslices"),
      allow(
        read,
        "apps",
        "controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status",
      ),
      allow(read, "autoscaling", "horizontalpodautoscalers horizontalpodautoscalers/status"),
      allow(read, "batch", "cronjobs cronjobs/status jobs jobs/status"),
      allow(
        read,
        "extensions",
        "daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status networkpolicies replicasets replicasets/scale replicasets/status replicationcontrollers/scale",
      ),
      allow(read, "policy", "poddisruptionbudgets poddisruptionbudgets/status"),
      allow(read, "networking.k8s.io", "ingresses ingresses/status networkpolicies"),
      allow(read, "resource.k8s.io", "resourceclaims resourceclaims/status resourceclaimtemplates"),
    ],
  },
];

/** What everybody may do: find out what there is, and who they are. */
export const everybodysRoles: readonly DefaultClusterRole[] = [
  {
    name: "system:discovery",
    rules: [allowPaths("get", "/api /api/* /apis /apis/* /healthz /livez /openapi /openapi/* /readyz /version /version/")],
  },
  { name: "system:public-info-viewer", rules: [allowPaths("get", "/healthz /livez /readyz /version /version/")] },
  {
    name: "system:basic-user",
    rules: [
      allow("create", "authorization.k8s.io", "selfsubjectaccessreviews selfsubjectrulesreviews"),
      allow("create", "authentication.k8s.io", "selfsubjectreviews"),
    ],
  },
  { name: "system:service-account-issuer-discovery", rules: [allowPaths("get", "/.well-known/openid-configuration /openid/v1/jwks")] },
];
