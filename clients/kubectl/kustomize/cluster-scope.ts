import type { KindSelector } from "./resource-id.ts";

/** Stands for the namespace of what is in none. */
export const noNamespace = "_non_namespaceable_";

// Upstream looks into the OpenAPI document of Kubernetes 1.21 that it carries, whatever the cluster: kinds that came later count as
// namespaced, and so do custom resources.
const clusterScoped: ReadonlySet<string> = new Set([
  ...kinds("v1", "ComponentStatus", "Namespace", "Node", "NodeProxyOptions", "PersistentVolume"),
  ...inBothVersions("admissionregistration.k8s.io", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"),
  ...inBothVersions("apiextensions.k8s.io", "CustomResourceDefinition"),
  ...inBothVersions("apiregistration.k8s.io", "APIService"),
  ...inBothVersions("certificates.k8s.io", "CertificateSigningRequest"),
  ...kinds("flowcontrol.apiserver.k8s.io/v1beta1", "FlowSchema", "PriorityLevelConfiguration"),
  ...inBothVersions("networking.k8s.io", "IngressClass"),
  ...inBothVersions("node.k8s.io", "RuntimeClass"),
  ...kinds("policy/v1beta1", "PodSecurityPolicy"),
  ...inBothVersions("rbac.authorization.k8s.io", "ClusterRole", "ClusterRoleBinding"),
  ...inBothVersions("scheduling.k8s.io", "PriorityClass"),
  ...inBothVersions("storage.k8s.io", "CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"),
]);

function kinds(apiVersion: string, ...names: readonly string[]): readonly string[] {
  return names.map((name) => `${apiVersion} ${name}`);
}

function inBothVersions(group: string, ...names: readonly string[]): readonly string[] {
  return [...kinds(`${group}/v1`, ...names), ...kinds(`${group}/v1beta1`, ...names)];
}

/** Whether a kind is known to have no namespaces. */
export function isClusterScoped({ group = "", version = "", kind = "" }: KindSelector): boolean {
  return clusterScoped.has(`${group === "" ? version : `${group}/${version}`} ${kind}`);
}
