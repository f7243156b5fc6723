// Where upstream follows a name that changes; the tables in its code are the only place where they are written down.
import type { NameReference } from "./configuration.ts";
import type { FieldSpec } from "./field-specs.ts";

const podSpecs: Readonly<Record<string, string>> = {
  Pod: "spec",
  PodTemplate: "template/spec",
  Deployment: "spec/template/spec",
  ReplicaSet: "spec/template/spec",
  DaemonSet: "spec/template/spec",
  StatefulSet: "spec/template/spec",
  Job: "spec/template/spec",
  CronJob: "spec/jobTemplate/spec/template/spec",
  ReplicationController: "spec/template/spec",
};

/** Fields of the specs of Pods, in each kind that holds one. */
function inPods(kinds: readonly string[], ...fields: readonly string[]): readonly FieldSpec[] {
  return kinds.flatMap((kind) => fields.map((field) => ({ path: `${podSpecs[kind]}/${field}`, kind })));
}

const withData = ["Pod", "PodTemplate", "Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "Job", "CronJob"];
const withNames = ["Pod", "StatefulSet", "Deployment", "ReplicationController", "CronJob", "Job", "DaemonSet"];

const scaled = [{ path: "spec/scaleTargetRef/name", kind: "HorizontalPodAutoscaler" }];
const rules = (...kinds: readonly string[]): readonly FieldSpec[] => kinds.map((kind) => ({ path: "rules/resourceNames", kind }));
const ofIngress = (...paths: readonly string[]): readonly FieldSpec[] => paths.map((path) => ({ path, kind: "Ingress" }));
const rbac = "rbac.authorization.k8s.io";
const admission = "admissionregistration.k8s.io";

// Upstream has an entry for IngressClass too, whose group is misspelt, so that it follows none.
export const defaultNameReferences: readonly NameReference[] = [
  { kind: "Deployment", fieldSpecs: scaled },
  { kind: "ReplicationController", fieldSpecs: scaled },
  { kind: "ReplicaSet", fieldSpecs: scaled },
  { kind: "StatefulSet", fieldSpecs: scaled },
  {
    kind: "ConfigMap",
    version: "v1",
    fieldSpecs: [
      ...inPods(
        withData,
        "volumes/configMap/name",
        "containers/env/valueFrom/configMapKeyRef/name",
        "initContainers/env/valueFrom/configMapKeyRef/name",
        "containers/envFrom/configMapRef/name",
        "initContainers/envFrom/configMapRef/name",
        "volumes/projected/sources/configMap/name",
      ),
      { path: "spec/configSource/configMap", kind: "Node" },
      ...rules("Role", "ClusterRole"),
      ...ofIngress("metadata/annotations/nginx.ingress.kubernetes.io\\/fastcgi-params-configmap"),
    ],
  },
  {
    kind: "Secret",
    version: "v1",
    fieldSpecs: [
      ...inPods(
        withData,
        "volumes/secret/secretName",
        "containers/env/valueFrom/secretKeyRef/name",
        "initContainers/env/valueFrom/secretKeyRef/name",
        "containers/envFrom/secretRef/name",
        "initContainers/envFrom/secretRef/name",
        "imagePullSecrets/name",
        "volumes/projected/sources/secret/name",
      ),
      ...ofIngress(
        "spec/tls/secretName",
        "metadata/annotations/ingress.kubernetes.io\\/auth-secret",
        "metadata/annotations/nginx.ingress.kubernetes.io\\/auth-secret",
        "metadata/annotations/nginx.ingress.kubernetes.io\\/auth-tls-secret",
      ),
      { path: "imagePullSecrets/name", kind: "ServiceAccount" },
      ...["secretName", "adminSecretName", "userSecretName", "secretRef"].map((name) => ({
        path: `parameters/${name}`,
        kind: "StorageClass",
      })),
      ...rules("Role", "ClusterRole"),
      {
        path: "spec/template/spec/containers/env/valueFrom/secretKeyRef/name",
        kind: "Service",
        group: "serving.knative.dev",
        version: "v1",
      },
      { path: "spec/azureFile/secretName", kind: "PersistentVolume" },
    ],
  },
  {
    kind: "Service",
    version: "v1",
    fieldSpecs: [
      { path: "spec/serviceName", kind: "StatefulSet", group: "apps" },
      ...ofIngress(
        "spec/rules/http/paths/backend/serviceName",
        "spec/backend/serviceName",
        "spec/rules/http/paths/backend/service/name",
        "spec/defaultBackend/service/name",
      ),
      { path: "spec/service/name", kind: "APIService", group: "apiregistration.k8s.io" },
      { path: "webhooks/clientConfig/service", kind: "ValidatingWebhookConfiguration", group: admission },
      { path: "webhooks/clientConfig/service", kind: "MutatingWebhookConfiguration", group: admission },
    ],
  },
  { kind: "Role", group: rbac, fieldSpecs: [{ path: "roleRef/name", kind: "RoleBinding", group: rbac }] },
  {
    kind: "ClusterRole",
    group: rbac,
    fieldSpecs: ["RoleBinding", "ClusterRoleBinding"].map((kind) => ({ path: "roleRef/name", kind, group: rbac })),
  },
  {
    kind: "ServiceAccount",
    version: "v1",
    fieldSpecs: [
      ...["RoleBinding", "ClusterRoleBinding"].map((kind) => ({ path: "subjects", kind, group: rbac })),
      ...inPods(withNames, "serviceAccountName"),
    ],
  },
  { kind: "PersistentVolumeClaim", version: "v1", fieldSpecs: inPods(withNames, "volumes/persistentVolumeClaim/claimName") },
  {
    kind: "PersistentVolume",
    version: "v1",
    fieldSpecs: [{ path: "spec/volumeName", kind: "PersistentVolumeClaim" }, ...rules("ClusterRole")],
  },
  {
    kind: "StorageClass",
    version: "v1",
    group: "storage.k8s.io",
    fieldSpecs: [
      { path: "spec/storageClassName", kind: "PersistentVolume" },
      { path: "spec/storageClassName", kind: "PersistentVolumeClaim" },
      { path: "spec/volumeClaimTemplates/spec/storageClassName", kind: "StatefulSet" },
    ],
  },
  { kind: "PriorityClass", version: "v1", group: "scheduling.k8s.io", fieldSpecs: inPods(withNames, "priorityClassName") },
  {
    kind: "ValidatingAdmissionPolicy",
    group: admission,
    fieldSpecs: [{ path: "spec/policyName", kind: "ValidatingAdmissionPolicyBinding", group: admission }],
  },
];
