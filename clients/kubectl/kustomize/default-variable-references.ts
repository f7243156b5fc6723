// Where upstream puts the values of variables; the tables in its code are the only place where they are written down.
import type { FieldSpec } from "./field-specs.ts";

const podSpecs: Readonly<Record<string, string>> = {
  CronJob: "spec/jobTemplate/spec/template/spec",
  DaemonSet: "spec/template/spec",
  Deployment: "spec/template/spec",
  Job: "spec/template/spec",
  Pod: "spec",
  ReplicaSet: "spec/template/spec",
  StatefulSet: "spec/template/spec",
};

const ofContainers = ["args", "command", "env/value", "volumeMounts/mountPath"];

const inPods: readonly FieldSpec[] = Object.entries(podSpecs).flatMap(([kind, path]) =>
  ["containers", "initContainers"].flatMap((list) => ofContainers.map((field) => ({ path: `${path}/${list}/${field}`, kind }))),
);

export const defaultVariableReferences: readonly FieldSpec[] = [
  ...inPods,
  { path: "spec/jobTemplate/spec/template/volumes/nfs/server", kind: "CronJob" },
  ...["DaemonSet", "Deployment", "Job", "ReplicaSet"].map((kind) => ({ path: "spec/template/spec/volumes/nfs/server", kind })),
  { path: "spec/template/metadata/annotations", kind: "Deployment" },
  { path: "spec/rules/host", kind: "Ingress" },
  { path: "spec/tls/hosts", kind: "Ingress" },
  { path: "spec/tls/secretName", kind: "Ingress" },
  { path: "spec/volumes/nfs/server", kind: "Pod" },
  { path: "spec/ports/port", kind: "Service" },
  { path: "spec/ports/targetPort", kind: "Service" },
  { path: "spec/volumeClaimTemplates/spec/nfs/server", kind: "StatefulSet" },
  { path: "spec/nfs/server", kind: "PersistentVolume" },
  { path: "metadata/labels" },
  { path: "metadata/annotations" },
];
