import { type FieldError, forbidden, invalid, sameJson } from "@kubets/machinery";
import type { Toleration } from "../../shared/taint.ts";
import type { Affinity } from "../affinity.ts";
import type { Container } from "../container.ts";
import type { Pod } from "../pod.ts";
import type { PodSpec } from "../pod-spec.ts";
import { validatePodAnnotationsUpdate } from "./annotations.ts";
import { differences } from "./differences.ts";
import { validateGatedAffinity, validateGatedNodeSelector } from "./gated-pod-update.ts";

/** Nearly everything about a Pod is settled when it is made; this is what may still change. */
export function validatePodUpdate(pod: Pod, previous: Pod): readonly FieldError[] {
  const annotations = validatePodAnnotationsUpdate(pod.metadata.annotations, "metadata.annotations", previous.metadata.annotations);
  const [spec, before] = [pod.spec, previous.spec];
  const containers =
    validateSameNumber(spec.containers, "spec.containers", before.containers) ??
    validateSameNumber(spec.initContainers, "spec.initContainers", before.initContainers);
  if (containers !== undefined) return [...annotations, containers];
  const deadline = validateDeadline(spec.activeDeadlineSeconds, "spec.activeDeadlineSeconds", before.activeDeadlineSeconds);
  const errors = [
    ...annotations,
    ...deadline,
    ...validateTolerationsKept(spec.tolerations ?? [], "spec.tolerations", before.tolerations ?? []),
    ...validateGatesOnlyRemoved(spec, "spec.schedulingGates", before),
  ];
  if (sameJson(spec, before)) return errors;
  const gated = (before.schedulingGates ?? []).length > 0;
  return [
    ...errors,
    ...(gated ? validateGatedNodeSelector(spec, "spec.nodeSelector", before) : []),
    ...(gated ? validateGatedAffinity(spec, "spec.affinity.nodeAffinity", before) : []),
    ...validateRestUnchanged(withUpdatableFieldsOf(before, spec, { gated }), before),
  ];
}

const updatableFields = [
  "`spec.containers[*].image`",
  "`spec.initContainers[*].image`",
  "`spec.activeDeadlineSeconds`",
  "`spec.tolerations` (only additions to existing tolerations)",
  "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
];

function validateRestUnchanged(spec: PodSpec, before: PodSpec): readonly FieldError[] {
  const changes = differences("spec", before, spec);
  if (changes.length === 0) return [];
  return [forbidden("spec", `pod updates may not change fields other than ${updatableFields.join(",")}\n${changes.join("\n")}`)];
}

/** The new spec with all that may change as it was before, so that what differs now is what must not. */
function withUpdatableFieldsOf(before: PodSpec, spec: PodSpec, { gated }: { readonly gated: boolean }): PodSpec {
  const { terminationGracePeriodSeconds: grace } = spec;
  return {
    ...spec,
    ...(spec.initContainers === undefined ? {} : { initContainers: withImagesOf(before.initContainers ?? [], spec.initContainers) }),
    containers: withImagesOf(before.containers, spec.containers),
    activeDeadlineSeconds: before.activeDeadlineSeconds,
    schedulingGates: before.schedulingGates,
    tolerations: before.tolerations,
    terminationGracePeriodSeconds: before.terminationGracePeriodSeconds < 0 && grace === 1 ? before.terminationGracePeriodSeconds : grace,
    ...(gated ? { nodeSelector: before.nodeSelector, affinity: withNodeAffinityOf(before.affinity, spec.affinity) } : {}),
  } as PodSpec;
}

function withImagesOf(before: readonly Container[], containers: readonly Container[]): readonly Container[] {
  return containers.map((container, index) => ({ ...container, image: before[index]?.image }) as Container);
}

function withNodeAffinityOf(before: Affinity | undefined, affinity: Affinity | undefined): Affinity | undefined {
  const { nodeAffinity: _, ...others } = affinity ?? {};
  const merged: Affinity = { ...others, ...(before?.nodeAffinity === undefined ? {} : { nodeAffinity: before.nodeAffinity }) };
  return before === undefined && Object.keys(merged).length === 0 ? undefined : merged;
}

function validateSameNumber(
  containers: readonly Container[] = [],
  field: string,
  before: readonly Container[] = [],
): FieldError | undefined {
  return containers.length === before.length ? undefined : forbidden(field, "pod updates may not add or remove containers");
}

/** A deadline may be set, and shortened. */
function validateDeadline(seconds: number | undefined, field: string, before: number | undefined): readonly FieldError[] {
  if (before === undefined) return [];
  if (seconds === undefined) return [invalid(field, undefined, "must not update from a positive integer to nil value")];
  return seconds <= before ? [] : [invalid(field, seconds, "must be less than or equal to previous value")];
}

function validateTolerationsKept(tolerations: readonly Toleration[], field: string, before: readonly Toleration[]): readonly FieldError[] {
  const isKept = (old: Toleration): boolean => tolerations.some((each) => sameJson(withoutSeconds(each), withoutSeconds(old)));
  return before.every(isKept) ? [] : [forbidden(field, "existing toleration can not be modified except its tolerationSeconds")];
}

function withoutSeconds(toleration: Toleration): Toleration {
  const { tolerationSeconds: _, ...rest } = toleration;
  return rest;
}

function validateGatesOnlyRemoved({ schedulingGates = [] }: PodSpec, field: string, before: PodSpec): readonly FieldError[] {
  const known = (before.schedulingGates ?? []).map(({ name }) => name);
  return schedulingGates.flatMap(({ name }, index) => {
    if (known.includes(name)) return [];
    return [forbidden(`${field}[${index}].name`, `only deletion is allowed, but found new scheduling gate '${name}'`)];
  });
}
