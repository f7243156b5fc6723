import type { Clock, Kind, Logger, Metrics, Random } from "@kubets/machinery";
import type { SignatureVerifier } from "@kubets/machinery/x509";
import type { RoleBasedAccessControl } from "../authorization/rbac.ts";
import { preventEscalation } from "../authorization/escalation.ts";
import type { AdmissionPlugin, Authorizer, Now, ObjectReader, ObjectWriter } from "../contracts.ts";
import { certificateSubjectRestriction, proofOfPossession } from "./certificate-requests/certificate-requests.ts";
import {
  certificateApproval,
  certificateSigning,
  clusterTrustBundleAttest,
  podCertificateSigning,
} from "./certificate-signers/certificate-signers.ts";
import { defaultStorageClass } from "./default-storage-class/default-storage-class.ts";
import { defaultTolerationSeconds } from "./default-toleration-seconds/default-toleration-seconds.ts";
import { limitRanger } from "./limit-ranger/limit-ranger.ts";
import { namespaceLifecycle } from "./namespace-lifecycle/namespace-lifecycle.ts";
import { nodeRestriction } from "./node-restriction/node-restriction.ts";
import { ownerReferencesPermission } from "./owner-references-permission/owner-references-permission.ts";
import { priority } from "./priority/priority.ts";
import { resourceQuota } from "./resource-quota/resource-quota.ts";
import { runtimeClass } from "./runtime-class/runtime-class.ts";
import { serviceAccount } from "./service-account/service-account.ts";
import { persistentVolumeClaimResize } from "./persistent-volume-claim-resize/persistent-volume-claim-resize.ts";
import { storageObjectInUseProtection } from "./storage-object-in-use-protection/storage-object-in-use-protection.ts";
import { taintNodesByCondition } from "./taint-nodes-by-condition/taint-nodes-by-condition.ts";
import { mutatingAdmissionPolicy } from "./mutating-admission-policy/mutating-admission-policy.ts";
import type { AskWebhook } from "../webhooks/webhook-client.ts";
import { mutatingWebhooks } from "./webhooks/mutating-webhooks.ts";
import type { WebhookOptions } from "./webhooks/webhook-call.ts";
import { webhookMetrics } from "./webhooks/webhook-metrics.ts";
import { validatingWebhooks } from "./webhooks/validating-webhooks.ts";
import { validatingAdmissionPolicy } from "./validating-admission-policy/validating-admission-policy.ts";

export interface AdmissionPluginOptions {
  readonly reader: ObjectReader;
  readonly writer: ObjectWriter;
  readonly clock: Now & Pick<Clock, "monotonic">;
  readonly random: Random;
  /** The whole chain that requests go through. */
  readonly authorizer: Authorizer;
  readonly rbac: RoleBasedAccessControl;
  readonly kinds: () => readonly Kind[];
  /** Checks that who asks for a certificate holds the key. */
  readonly signatures: SignatureVerifier;
  readonly ask: AskWebhook;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Plugins that are off by default and shall run. */
  readonly enabled?: readonly string[];
  /** Plugins that are on by default and shall not run. */
  readonly disabled?: readonly string[];
}

/** Plugins that run only when they are enabled by name. */
const offByDefault: readonly string[] = ["OwnerReferencesPermissionEnforcement"];

/**
 * Every admission plugin that runs, in upstream's order: first all that change objects, in this order, then all that judge them.
 * A new plugin is a folder and a line here.
 */
export function admissionPlugins({
  reader,
  writer,
  clock,
  random,
  authorizer,
  rbac,
  kinds,
  signatures,
  ask,
  logger,
  metrics,
  enabled = [],
  disabled = [],
}: AdmissionPluginOptions): readonly AdmissionPlugin[] {
  const webhooks: WebhookOptions = { reader, authorizer, kinds, ask, random, logger, clock, measure: webhookMetrics(metrics) };
  const selectable: readonly AdmissionPlugin[] = [
    namespaceLifecycle({ reader }),
    limitRanger({ reader }),
    serviceAccount(reader),
    nodeRestriction({ reader }),
    taintNodesByCondition(),
    priority({ reader }),
    defaultTolerationSeconds(),
    defaultStorageClass({ reader }),
    storageObjectInUseProtection(),
    ownerReferencesPermission({ authorizer, kinds }),
    persistentVolumeClaimResize({ reader }),
    runtimeClass({ reader }),
    certificateApproval({ authorizer }),
    certificateSigning({ authorizer }),
    clusterTrustBundleAttest({ authorizer }),
    certificateSubjectRestriction(),
    mutatingAdmissionPolicy({ reader, authorizer, kinds }),
    mutatingWebhooks(webhooks),
    validatingAdmissionPolicy({ reader, authorizer, kinds }),
    validatingWebhooks(webhooks),
  ];
  const runs = ({ name }: AdmissionPlugin): boolean => !disabled.includes(name) && (!offByDefault.includes(name) || enabled.includes(name));
  // No plugins upstream, where validation and the storage of roles and bindings do it: nothing switches them off.
  const fixed = [proofOfPossession({ signatures }), podCertificateSigning({ authorizer }), preventEscalation({ rbac, authorizer })];
  // Last, since it reserves: what another plugin refuses would be counted until the controller looks again.
  return [...selectable.filter(runs), ...fixed, ...[resourceQuota({ reader, writer, clock })].filter(runs)];
}
