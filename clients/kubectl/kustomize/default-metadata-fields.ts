// Where upstream puts labels and annotations; the tables in its code are the only place where they are written down.
import type { FieldSpec } from "./field-specs.ts";

const template = "spec/template/metadata";
const jobTemplate = "spec/jobTemplate/metadata";
const podTemplateOfJobs = "spec/jobTemplate/spec/template/metadata";

const metadataLabels: readonly FieldSpec[] = [
  { path: "metadata/labels", create: true },
  { path: `${template}/labels`, create: true, version: "v1", kind: "ReplicationController" },
  { path: `${template}/labels`, create: true, kind: "Deployment" },
  { path: `${template}/labels`, create: true, kind: "ReplicaSet" },
  { path: `${template}/labels`, create: true, kind: "DaemonSet" },
  { path: `${template}/labels`, create: true, group: "apps", kind: "StatefulSet" },
  { path: "spec/volumeClaimTemplates[]/metadata/labels", create: true, group: "apps", kind: "StatefulSet" },
  { path: `${template}/labels`, create: true, group: "batch", kind: "Job" },
  { path: `${jobTemplate}/labels`, create: true, group: "batch", kind: "CronJob" },
  { path: `${podTemplateOfJobs}/labels`, create: true, group: "batch", kind: "CronJob" },
];

export const templateLabels: readonly FieldSpec[] = metadataLabels;

const selectorsInPods: readonly string[] = [
  "affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm",
  "affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution",
  "affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm",
  "affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution",
  "topologySpreadConstraints",
];

function selectorsInPodsOf(kind: string): readonly FieldSpec[] {
  return selectorsInPods.map((path) => ({ path: `spec/template/spec/${path}/labelSelector/matchLabels`, group: "apps", kind }));
}

export const commonLabels: readonly FieldSpec[] = [
  { path: "spec/selector", create: true, version: "v1", kind: "Service" },
  { path: "spec/selector", create: true, version: "v1", kind: "ReplicationController" },
  { path: "spec/selector/matchLabels", create: true, kind: "Deployment" },
  ...selectorsInPodsOf("Deployment"),
  { path: "spec/selector/matchLabels", create: true, kind: "ReplicaSet" },
  { path: "spec/selector/matchLabels", create: true, kind: "DaemonSet" },
  { path: "spec/selector/matchLabels", create: true, group: "apps", kind: "StatefulSet" },
  ...selectorsInPodsOf("StatefulSet"),
  { path: "spec/selector/matchLabels", group: "batch", kind: "Job" },
  { path: "spec/jobTemplate/spec/selector/matchLabels", group: "batch", kind: "CronJob" },
  { path: "spec/selector/matchLabels", group: "policy", kind: "PodDisruptionBudget" },
  { path: "spec/podSelector/matchLabels", group: "networking.k8s.io", kind: "NetworkPolicy" },
  { path: "spec/ingress/from/podSelector/matchLabels", group: "networking.k8s.io", kind: "NetworkPolicy" },
  { path: "spec/egress/to/podSelector/matchLabels", group: "networking.k8s.io", kind: "NetworkPolicy" },
  ...metadataLabels,
];

export const commonAnnotations: readonly FieldSpec[] = [
  { path: "metadata/annotations", create: true },
  { path: `${template}/annotations`, create: true, version: "v1", kind: "ReplicationController" },
  { path: `${template}/annotations`, create: true, kind: "Deployment" },
  { path: `${template}/annotations`, create: true, kind: "ReplicaSet" },
  { path: `${template}/annotations`, create: true, kind: "DaemonSet" },
  { path: `${template}/annotations`, create: true, kind: "StatefulSet" },
  { path: `${template}/annotations`, create: true, group: "batch", kind: "Job" },
  { path: `${jobTemplate}/annotations`, create: true, group: "batch", kind: "CronJob" },
  { path: `${podTemplateOfJobs}/annotations`, create: true, group: "batch", kind: "CronJob" },
];
