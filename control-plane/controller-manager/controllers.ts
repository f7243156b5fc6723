import { StorageVersionMigrationKind } from "@kubets/api";
import type { AnyController } from "@kubets/client";
import type { Kind, SigningKey } from "@kubets/machinery";
import type { CertificateSigner } from "@kubets/machinery/x509";
import { attachDetachController } from "./attach-detach/index.ts";
import { bootstrapSigner } from "./bootstrap-signer/index.ts";
import { clusterRoleAggregationController } from "./clusterrole-aggregation/index.ts";
import { certificateSigningRequestApprover } from "./certificatesigningrequest-approving/index.ts";
import { certificateSigningRequestCleaner } from "./certificatesigningrequest-cleaner/index.ts";
import { certificateSigningRequestSigner } from "./certificatesigningrequest-signing/index.ts";
import { cronJobController } from "./cronjob/index.ts";
import { daemonSetController } from "./daemonset/index.ts";
import { deploymentController } from "./deployment/index.ts";
import { disruptionController } from "./disruption/index.ts";
import { endpointsController } from "./endpoints/index.ts";
import { endpointSliceController } from "./endpointslice/index.ts";
import { endpointSliceMirroringController } from "./endpointslice-mirroring/index.ts";
import { ephemeralVolumeController } from "./ephemeral-volume/index.ts";
import { garbageCollector } from "./garbage-collector/index.ts";
import { horizontalPodAutoscalerController, type HorizontalPodAutoscalerOptions } from "./horizontal-pod-autoscaler/index.ts";
import { jobController } from "./job/index.ts";
import { legacyServiceAccountTokenCleaner, type LegacyTokenCleanerOptions } from "./legacy-serviceaccount-token-cleaner/index.ts";
import { namespaceController } from "./namespace/index.ts";
import { nodeIpamController, type NodeIpamOptions } from "./node-ipam/index.ts";
import { nodeLifecycleController, type NodeLifecycleOptions } from "./node-lifecycle/index.ts";
import { persistentVolumeBinder } from "./persistentvolume-binder/index.ts";
import { persistentVolumeExpander } from "./persistentvolume-expander/index.ts";
import { persistentVolumeProtection } from "./persistentvolume-protection/index.ts";
import { persistentVolumeClaimProtection } from "./persistentvolumeclaim-protection/index.ts";
import { podGarbageCollector, type PodGarbageCollectorOptions } from "./pod-garbage-collector/index.ts";
import { replicaSetController } from "./replicaset/index.ts";
import { replicationController } from "./replicationcontroller/index.ts";
import { resourceClaimController } from "./resourceclaim/index.ts";
import { resourceQuotaController } from "./resourcequota/index.ts";
import { rootCaPublisher } from "./root-ca-publisher/index.ts";
import { serviceCidrController } from "./service-cidr/index.ts";
import { serviceAccountTokenController } from "./serviceaccount-token/index.ts";
import { serviceAccountController } from "./serviceaccount/index.ts";
import { statefulSetController } from "./statefulset/index.ts";
import { storageVersionMigrator } from "./storage-version-migrator/index.ts";
import { taintEvictionController } from "./taint-eviction/index.ts";
import { ttlController } from "./ttl/index.ts";
import { tokenCleaner } from "./token-cleaner/index.ts";
import { ttlAfterFinishedController } from "./ttl-after-finished/index.ts";
import { validatingAdmissionPolicyStatusController } from "./validatingadmissionpolicy-status/index.ts";
import { volumeAttributesClassProtection } from "./volumeattributesclass-protection/index.ts";

export interface ControllersOptions {
  /** Every kind that is served. */
  readonly kinds: readonly Kind[];
  /** PEM of the cluster's CA; without one, nothing is published. */
  readonly rootCertificate?: string;
  /** The cluster's CA; without one, nothing is signed. */
  readonly authority?: CertificateSigner;
  /** Signs tokens of service accounts; without one, Secrets that ask for a token stay empty. */
  readonly signingKey?: SigningKey;
  readonly nodeLifecycle?: NodeLifecycleOptions;
  /** Without it, nodes get their ranges of Pod addresses from somebody else. */
  readonly nodeIpam?: NodeIpamOptions;
  readonly autoscaling?: HorizontalPodAutoscalerOptions["settings"];
  readonly podGarbage?: PodGarbageCollectorOptions;
  readonly legacyTokens?: LegacyTokenCleanerOptions;
  /** How long a signed certificate holds at most, in milliseconds; a year when absent (`--cluster-signing-duration`). */
  readonly longestCertificateLife?: number;
}

/** Every controller of the manager. A new one is a folder, a test and a line here. */
export function controllers(options: ControllersOptions): readonly AnyController[] {
  const {
    kinds,
    rootCertificate,
    authority,
    signingKey,
    nodeLifecycle,
    nodeIpam,
    autoscaling,
    longestCertificateLife: longestLife,
  } = options;
  const isServed = (wanted: Pick<Kind, "group" | "resource">): boolean =>
    kinds.some(({ group, resource }) => group === wanted.group && resource === wanted.resource);
  return [
    attachDetachController,
    bootstrapSigner,
    certificateSigningRequestApprover,
    certificateSigningRequestCleaner,
    ...(authority === undefined
      ? []
      : [certificateSigningRequestSigner({ authority, ...(longestLife === undefined ? {} : { longestLife }) })]),
    clusterRoleAggregationController,
    cronJobController,
    daemonSetController(),
    deploymentController,
    disruptionController,
    endpointSliceController,
    endpointSliceMirroringController,
    endpointsController,
    ephemeralVolumeController,
    garbageCollector(kinds),
    horizontalPodAutoscalerController({ kinds, ...(autoscaling === undefined ? {} : { settings: autoscaling }) }),
    jobController,
    legacyServiceAccountTokenCleaner(options.legacyTokens),
    namespaceController(kinds),
    ...(nodeIpam === undefined ? [] : [nodeIpamController(nodeIpam)]),
    nodeLifecycleController(nodeLifecycle),
    persistentVolumeBinder,
    persistentVolumeClaimProtection,
    persistentVolumeExpander,
    persistentVolumeProtection,
    podGarbageCollector(options.podGarbage),
    replicaSetController,
    replicationController,
    resourceClaimController,
    resourceQuotaController(kinds),
    ...(rootCertificate === undefined ? [] : [rootCaPublisher(rootCertificate)]),
    serviceAccountController,
    serviceCidrController,
    ...(signingKey === undefined
      ? []
      : [serviceAccountTokenController({ signingKey, ...(rootCertificate === undefined ? {} : { rootCertificate }) })]),
    statefulSetController,
    ...(isServed(StorageVersionMigrationKind) ? [storageVersionMigrator(kinds)] : []),
    taintEvictionController,
    tokenCleaner,
    ttlAfterFinishedController,
    ttlController,
    validatingAdmissionPolicyStatusController(kinds),
    volumeAttributesClassProtection,
  ];
}
