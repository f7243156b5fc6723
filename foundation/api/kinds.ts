import type { Kind } from "@kubets/machinery";
import { MutatingAdmissionPolicyBindingKind } from "./admissionregistration/mutating-admission-policy-binding.ts";
import { MutatingAdmissionPolicyKind } from "./admissionregistration/mutating-admission-policy.ts";
import { MutatingWebhookConfigurationKind } from "./admissionregistration/mutating-webhook-configuration.ts";
import {
  AdmissionregistrationV1beta1MutatingAdmissionPolicyBindingKind,
  AdmissionregistrationV1beta1MutatingAdmissionPolicyKind,
} from "./admissionregistration/v1beta1.ts";
import { ValidatingAdmissionPolicyBindingKind } from "./admissionregistration/validating-admission-policy-binding.ts";
import { ValidatingAdmissionPolicyKind } from "./admissionregistration/validating-admission-policy.ts";
import { ValidatingWebhookConfigurationKind } from "./admissionregistration/validating-webhook-configuration.ts";
import { APIServiceKind } from "./apiregistration/api-service.ts";
import { CustomResourceDefinitionKind } from "./apiextensions/custom-resource-definition.ts";
import { ControllerRevisionKind } from "./apps/controller-revision.ts";
import { DaemonSetKind } from "./apps/daemon-set.ts";
import { DeploymentKind } from "./apps/deployment.ts";
import { ReplicaSetKind } from "./apps/replica-set.ts";
import { StatefulSetKind } from "./apps/stateful-set.ts";
import { SelfSubjectReviewKind } from "./authentication/self-subject-review.ts";
import { TokenRequestKind } from "./authentication/token-request.ts";
import { TokenReviewKind } from "./authentication/token-review.ts";
import { LocalSubjectAccessReviewKind } from "./authorization/local-subject-access-review.ts";
import { SelfSubjectAccessReviewKind } from "./authorization/self-subject-access-review.ts";
import { SelfSubjectRulesReviewKind } from "./authorization/self-subject-rules-review.ts";
import { SubjectAccessReviewKind } from "./authorization/subject-access-review.ts";
import { AutoscalingV1HorizontalPodAutoscalerKind } from "./autoscaling/horizontal-pod-autoscaler-v1.ts";
import { HorizontalPodAutoscalerKind } from "./autoscaling/horizontal-pod-autoscaler.ts";
import { ScaleKind } from "./autoscaling/scale.ts";
import { CronJobKind } from "./batch/cron-job.ts";
import { JobKind } from "./batch/job.ts";
import { CertificateSigningRequestKind } from "./certificates/certificate-signing-request.ts";
import { ClusterTrustBundleKind } from "./certificates/cluster-trust-bundle.ts";
import { PodCertificateRequestKind } from "./certificates/pod-certificate-request.ts";
import { LeaseCandidateKind } from "./coordination/lease-candidate.ts";
import { LeaseKind } from "./coordination/lease.ts";
import { BindingKind } from "./core/binding.ts";
import { ComponentStatusKind } from "./core/component-status.ts";
import { ConfigMapKind } from "./core/config-map.ts";
import { EndpointsKind } from "./core/endpoints.ts";
import { EventKind } from "./core/event.ts";
import { LimitRangeKind } from "./core/limit-range.ts";
import { NamespaceKind } from "./core/namespace.ts";
import { NodeKind } from "./core/node.ts";
import { PersistentVolumeClaimKind } from "./core/persistent-volume-claim.ts";
import { PersistentVolumeKind } from "./core/persistent-volume.ts";
import { PodTemplateKind } from "./core/pod-template.ts";
import { PodKind } from "./core/pod/index.ts";
import { ReplicationControllerKind } from "./core/replication-controller.ts";
import { ResourceQuotaKind } from "./core/resource-quota.ts";
import { SecretKind } from "./core/secret.ts";
import { ServiceAccountKind } from "./core/service-account.ts";
import { ServiceKind } from "./core/service.ts";
import { EndpointSliceKind } from "./discovery/endpoint-slice.ts";
import { EventsV1EventKind } from "./events/event.ts";
import { FlowSchemaKind } from "./flowcontrol/flow-schema.ts";
import { PriorityLevelConfigurationKind } from "./flowcontrol/priority-level-configuration.ts";
import { IngressClassKind } from "./networking/ingress-class.ts";
import { IngressKind } from "./networking/ingress.ts";
import { IPAddressKind } from "./networking/ip-address.ts";
import { NetworkPolicyKind } from "./networking/network-policy.ts";
import { ServiceCIDRKind } from "./networking/service-cidr.ts";
import { NetworkingV1beta1IPAddressKind, NetworkingV1beta1ServiceCIDRKind } from "./networking/v1beta1.ts";
import { RuntimeClassKind } from "./node/runtime-class.ts";
import { EvictionKind } from "./policy/eviction.ts";
import { PodDisruptionBudgetKind } from "./policy/pod-disruption-budget.ts";
import { ClusterRoleBindingKind } from "./rbac/cluster-role-binding.ts";
import { ClusterRoleKind } from "./rbac/cluster-role.ts";
import { RoleBindingKind } from "./rbac/role-binding.ts";
import { RoleKind } from "./rbac/role.ts";
import { DeviceClassKind } from "./resource/device-class.ts";
import { ResourceClaimTemplateKind } from "./resource/resource-claim-template.ts";
import { ResourceV1ResourceClaimKind } from "./resource/resource-claim.ts";
import { ResourceSliceKind } from "./resource/resource-slice.ts";
import { DeviceTaintRuleKind } from "./resource/device-taint-rule.ts";
import {
  ResourceV1beta1DeviceClassKind,
  ResourceV1beta1ResourceClaimKind,
  ResourceV1beta1ResourceClaimTemplateKind,
  ResourceV1beta1ResourceSliceKind,
} from "./resource/v1beta1.ts";
import {
  ResourceV1beta2DeviceClassKind,
  ResourceV1beta2ResourceClaimKind,
  ResourceV1beta2ResourceClaimTemplateKind,
  ResourceV1beta2ResourceSliceKind,
} from "./resource/v1beta2.ts";
import { PriorityClassKind } from "./scheduling/priority-class.ts";
import { CSIDriverKind } from "./storage/csi-driver.ts";
import { CSINodeKind } from "./storage/csi-node.ts";
import { CSIStorageCapacityKind } from "./storage/csi-storage-capacity.ts";
import { StorageClassKind } from "./storage/storage-class.ts";
import { StorageV1beta1VolumeAttributesClassKind } from "./storage/v1beta1.ts";
import { VolumeAttachmentKind } from "./storage/volume-attachment.ts";
import { VolumeAttributesClassKind } from "./storage/volume-attributes-class.ts";
import { StorageVersionMigrationKind } from "./storagemigration/storage-version-migration.ts";

/** In the order of discovery: groups as upstream ranks them, and the resources of a group by name. */
const resources = [
  BindingKind,
  ComponentStatusKind,
  ConfigMapKind,
  EndpointsKind,
  EventKind,
  LimitRangeKind,
  NamespaceKind,
  NodeKind,
  PersistentVolumeClaimKind,
  PersistentVolumeKind,
  PodKind,
  PodTemplateKind,
  ReplicationControllerKind,
  ResourceQuotaKind,
  SecretKind,
  ServiceAccountKind,
  ServiceKind,
  APIServiceKind,
  ControllerRevisionKind,
  DaemonSetKind,
  DeploymentKind,
  ReplicaSetKind,
  StatefulSetKind,
  EventsV1EventKind,
  SelfSubjectReviewKind,
  TokenReviewKind,
  LocalSubjectAccessReviewKind,
  SelfSubjectAccessReviewKind,
  SelfSubjectRulesReviewKind,
  SubjectAccessReviewKind,
  HorizontalPodAutoscalerKind,
  AutoscalingV1HorizontalPodAutoscalerKind,
  CronJobKind,
  JobKind,
  CertificateSigningRequestKind,
  ClusterTrustBundleKind,
  PodCertificateRequestKind,
  IngressClassKind,
  IngressKind,
  IPAddressKind,
  NetworkPolicyKind,
  ServiceCIDRKind,
  NetworkingV1beta1IPAddressKind,
  NetworkingV1beta1ServiceCIDRKind,
  PodDisruptionBudgetKind,
  ClusterRoleBindingKind,
  ClusterRoleKind,
  RoleBindingKind,
  RoleKind,
  CSIDriverKind,
  CSINodeKind,
  CSIStorageCapacityKind,
  StorageClassKind,
  VolumeAttachmentKind,
  VolumeAttributesClassKind,
  StorageV1beta1VolumeAttributesClassKind,
  MutatingAdmissionPolicyKind,
  MutatingAdmissionPolicyBindingKind,
  MutatingWebhookConfigurationKind,
  ValidatingAdmissionPolicyKind,
  ValidatingAdmissionPolicyBindingKind,
  ValidatingWebhookConfigurationKind,
  AdmissionregistrationV1beta1MutatingAdmissionPolicyKind,
  AdmissionregistrationV1beta1MutatingAdmissionPolicyBindingKind,
  CustomResourceDefinitionKind,
  PriorityClassKind,
  LeaseKind,
  LeaseCandidateKind,
  RuntimeClassKind,
  EndpointSliceKind,
  DeviceClassKind,
  ResourceV1ResourceClaimKind,
  ResourceClaimTemplateKind,
  ResourceSliceKind,
  ResourceV1beta2DeviceClassKind,
  DeviceTaintRuleKind,
  ResourceV1beta2ResourceClaimKind,
  ResourceV1beta2ResourceClaimTemplateKind,
  ResourceV1beta2ResourceSliceKind,
  ResourceV1beta1DeviceClassKind,
  ResourceV1beta1ResourceClaimKind,
  ResourceV1beta1ResourceClaimTemplateKind,
  ResourceV1beta1ResourceSliceKind,
  FlowSchemaKind,
  PriorityLevelConfigurationKind,
  StorageVersionMigrationKind,
];

const ofSubresources = [TokenRequestKind, ScaleKind, EvictionKind];

/**
 * Every kind that has a resource, in every version. A new kind is one file and one line here.
 *
 * The type forgets which objects a kind is of: whoever works through all of them hands each only objects of that kind.
 */
export const allKinds: readonly Kind[] = resources as readonly unknown[] as readonly Kind[];

/** The kinds that a server serves unless it is told otherwise: the stable versions. */
export const kinds: readonly Kind[] = allKinds.filter(isStable);

/** Whether a version of a kind is neither alpha nor beta. */
export function isStable({ version }: Pick<Kind, "version">): boolean {
  return stabilityOf(version) === "stable";
}

/** How much clients may rely on a version, which its name tells. */
export function stabilityOf(version: string): "stable" | "beta" | "alpha" {
  if (/^v[1-9]\d*$/.test(version)) return "stable";
  return version.includes("beta") ? "beta" : "alpha";
}

/** Kinds without a resource of their own: only subresources of other kinds read and write them. */
export const subresourceKinds: readonly Kind[] = ofSubresources as readonly unknown[] as readonly Kind[];
