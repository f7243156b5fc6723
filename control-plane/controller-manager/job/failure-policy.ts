import { type Job, type Pod, type PodFailurePolicyRule } from "@kubets/api";

/** What a Job's `podFailurePolicy` says of a failed Pod. The first rule that matches decides; without one the failure counts. */
export interface FailureVerdict {
  readonly action: PodFailurePolicyRule["action"];
  /** Why the Job fails; for `FailJob` only. */
  readonly message: string;
}

export function judgeFailure({ spec }: Job, pod: Pod): FailureVerdict {
  const rules = spec.podFailurePolicy?.rules ?? [];
  for (const [index, rule] of rules.entries()) {
    const because = matches(rule, pod);
    if (because !== undefined) return { action: rule.action, message: `${because} matching ${rule.action} rule at index ${index}` };
  }
  return { action: "Count", message: "" };
}

function matches({ onExitCodes, onPodConditions = [] }: PodFailurePolicyRule, { status, metadata }: Pod): string | undefined {
  const pod = `${metadata.namespace}/${metadata.name}`;
  if (onExitCodes !== undefined) {
    const { containerName, operator, values } = onExitCodes;
    for (const { name, state } of [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])]) {
      const exitCode = state?.terminated?.exitCode;
      if (exitCode === undefined || exitCode === 0 || (containerName !== undefined && containerName !== name)) continue;
      if (values.includes(exitCode) === (operator === "In")) return `Container ${name} for pod ${pod} failed with exit code ${exitCode}`;
    }
    return undefined;
  }
  const met = onPodConditions.find((pattern) =>
    status.conditions?.some(({ type, status: holds }) => type === pattern.type && holds === pattern.status),
  );
  return met === undefined ? undefined : `Pod ${pod} has condition ${met.type}`;
}
