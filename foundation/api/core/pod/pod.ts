import { type defaulted, defineKind, type Kind, kindObject, type KubernetesObject, type Schema, struct } from "@kubets/machinery";
import { podColumns } from "./columns.ts";
import { type PodSpec, podSpec } from "./pod-spec.ts";
import { type PodStatus, podStatus } from "./pod-status.ts";
import { podStrategy } from "./strategy.ts";

/** Containers that run together on one node and share its network address and volumes. */
export interface Pod extends KubernetesObject {
  readonly [defaulted]?: "status";
  readonly spec: PodSpec;
  readonly status: PodStatus;
}

const pod: Schema<Pod> = kindObject<Pod>(
  "io.k8s.api.core.v1.Pod",
  "Containers that run together on one node and share its network and volumes.",
  {
    spec: struct(podSpec, { field: 2, default: {}, doc: "What the Pod is to be." }),
    status: struct(podStatus, { field: 3, default: {}, doc: "What was observed of the Pod." }),
  },
);

export const PodKind: Kind<Pod> = defineKind<Pod>({
  group: "",
  version: "v1",
  kind: "Pod",
  resource: "pods",
  shortNames: ["po"],
  categories: ["all"],
  scope: "Namespaced",
  schema: pod,
  subresources: {
    status: true,
    others: ["attach", "binding", "ephemeralcontainers", "eviction", "exec", "log", "portforward", "proxy", "resize"],
  },
  columns: podColumns,
  selectableFields: {
    "spec.hostNetwork": ({ spec }) => String(spec.hostNetwork ?? false),
    "spec.nodeName": ({ spec }) => spec.nodeName ?? "",
    "spec.restartPolicy": ({ spec }) => spec.restartPolicy,
    "spec.schedulerName": ({ spec }) => spec.schedulerName,
    "spec.serviceAccountName": ({ spec }) => spec.serviceAccountName ?? "",
    "status.nominatedNodeName": ({ status }) => status.nominatedNodeName ?? "",
    "status.phase": ({ status }) => status.phase,
    "status.podIP": ({ status }) => status.podIPs?.[0]?.ip ?? "",
    "status.podIPs": ({ status }) => (status.podIPs ?? []).map(({ ip }) => ip).join(","),
  },
  strategy: podStrategy,
});
