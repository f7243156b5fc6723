import { type FieldError, forbidden, invalid } from "@kubets/machinery";
import { defaultPodTemplateSpec } from "../core/pod/defaults.ts";
import type { Deployment, DeploymentStrategy } from "./deployment.ts";
import { isNothing, validateAmountOrPercent, validateAtMostAll, validateParts, validateSelectorAndTemplate } from "./pod-template-rules.ts";

/** A rolling update has steps of a quarter unless told otherwise; a recreation has none. */
export function withDeploymentDefaults(deployment: Deployment): Deployment {
  const { strategy, template } = deployment.spec;
  const rollingUpdate =
    strategy.type === "RollingUpdate" ? { maxUnavailable: "25%", maxSurge: "25%", ...strategy.rollingUpdate } : undefined;
  return {
    ...deployment,
    spec: {
      ...deployment.spec,
      template: defaultPodTemplateSpec(template),
      strategy: rollingUpdate === undefined ? strategy : { ...strategy, rollingUpdate },
    },
  };
}

export function validateDeployment({ spec }: Deployment): readonly FieldError[] {
  const { progressDeadlineSeconds, minReadySeconds = 0 } = spec;
  return [
    ...validateSelectorAndTemplate(spec, "ReplicaSet"),
    ...validateStrategy(spec.strategy),
    ...(progressDeadlineSeconds <= minReadySeconds
      ? [invalid("spec.progressDeadlineSeconds", progressDeadlineSeconds, "must be greater than minReadySeconds")]
      : []),
  ];
}

function validateStrategy({ type, rollingUpdate }: DeploymentStrategy): readonly FieldError[] {
  const field = "spec.strategy.rollingUpdate";
  if (type === "Recreate") {
    return rollingUpdate === undefined ? [] : [forbidden(field, "may not be specified when strategy `type` is 'Recreate'")];
  }
  if (rollingUpdate === undefined) return [];
  const { maxUnavailable, maxSurge } = rollingUpdate;
  return [
    ...validateAmountOrPercent(maxUnavailable, `${field}.maxUnavailable`),
    ...validateAmountOrPercent(maxSurge, `${field}.maxSurge`),
    // Otherwise no Pod could ever be replaced.
    ...(isNothing(maxUnavailable) && isNothing(maxSurge)
      ? [invalid(`${field}.maxUnavailable`, maxUnavailable, "may not be 0 when `maxSurge` is 0")]
      : []),
    ...validateAtMostAll(maxUnavailable, `${field}.maxUnavailable`),
  ];
}

export function validateDeploymentStatus({ status }: Deployment, previous: Deployment): readonly FieldError[] {
  const { replicas = 0, updatedReplicas = 0, readyReplicas = 0, availableReplicas = 0, collisionCount = 0 } = status;
  const parts = { updatedReplicas, readyReplicas, availableReplicas };
  return [
    ...validateParts("status", parts, replicas),
    ...(availableReplicas > readyReplicas
      ? [invalid("status.availableReplicas", availableReplicas, "cannot be greater than readyReplicas")]
      : []),
    ...(collisionCount < (previous.status.collisionCount ?? 0)
      ? [invalid("status.collisionCount", collisionCount, "cannot be decremented")]
      : []),
  ];
}
