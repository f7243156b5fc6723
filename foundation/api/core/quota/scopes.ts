/** Which objects a ResourceQuota counts. */
import type { Kind, KubernetesObject } from "@kubets/machinery";
import { groupResourceOf } from "@kubets/machinery";
import type { PersistentVolumeClaim } from "../persistent-volume-claim.ts";
import type { PodAffinityTerm } from "../pod/affinity.ts";
import type { Pod } from "../pod/pod.ts";
import { podQosClass } from "../pod/qos.ts";
import type { ResourceQuota, ScopedResourceSelectorRequirement } from "../resource-quota.ts";
import { isChargedTo } from "./charges.ts";

/** Whether an object counts for a quota: it takes something that is limited, and is in all of the quota's scopes. */
export function isInQuota(
  { spec }: Pick<ResourceQuota, "spec">,
  kind: Pick<Kind, "group" | "resource">,
  object: KubernetesObject,
): boolean {
  if (!Object.keys(spec.hard ?? {}).some((resource) => isChargedTo(resource, kind))) return false;
  return requirementsOf(spec).every((requirement) => isInScope(requirement, kind, object));
}

function requirementsOf({ scopes = [], scopeSelector }: ResourceQuota["spec"]): readonly ScopedResourceSelectorRequirement[] {
  return [...scopes.map((scopeName) => ({ scopeName, operator: "Exists" }) as const), ...(scopeSelector?.matchExpressions ?? [])];
}

/** Scopes are of Pods and of claims: nothing else is in one. */
function isInScope(
  requirement: ScopedResourceSelectorRequirement,
  kind: Pick<Kind, "group" | "resource">,
  object: KubernetesObject,
): boolean {
  switch (groupResourceOf(kind)) {
    case "pods":
      return isPodInScope(requirement, object as Pod);
    case "persistentvolumeclaims":
      return requirement.scopeName === "VolumeAttributesClass" && isSelected(requirement, volumeClassesOf(object as PersistentVolumeClaim));
    default:
      return false;
  }
}

function isPodInScope(requirement: ScopedResourceSelectorRequirement, pod: Pod): boolean {
  const { activeDeadlineSeconds, priorityClassName = "" } = pod.spec;
  switch (requirement.scopeName) {
    case "Terminating":
      return activeDeadlineSeconds !== undefined;
    case "NotTerminating":
      return activeDeadlineSeconds === undefined;
    case "BestEffort":
      return podQosClass(pod) === "BestEffort";
    case "NotBestEffort":
      return podQosClass(pod) !== "BestEffort";
    case "PriorityClass":
      return isSelected(requirement, priorityClassName === "" ? [] : [priorityClassName]);
    case "CrossNamespacePodAffinity":
      return affinityTermsOf(pod).some(
        ({ namespaces = [], namespaceSelector }) => namespaces.length > 0 || namespaceSelector !== undefined,
      );
    case "VolumeAttributesClass":
      return false;
  }
}

function isSelected({ operator, values = [] }: ScopedResourceSelectorRequirement, names: readonly string[]): boolean {
  switch (operator) {
    case "Exists":
      return names.length > 0;
    case "DoesNotExist":
      return names.length === 0;
    case "In":
      return names.some((name) => values.includes(name));
    case "NotIn":
      return !names.some((name) => values.includes(name));
  }
}

function affinityTermsOf({ spec: { affinity } }: Pod): readonly PodAffinityTerm[] {
  return [affinity?.podAffinity, affinity?.podAntiAffinity].flatMap((rules) => [
    ...(rules?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(rules?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ]);
}

/** The class that is wanted, the one in force, and the one on its way: all three may be in use. */
function volumeClassesOf({ spec, status }: PersistentVolumeClaim): readonly string[] {
  const { currentVolumeAttributesClassName, modifyVolumeStatus } = status;
  const names = [spec.volumeAttributesClassName, currentVolumeAttributesClassName, modifyVolumeStatus?.targetVolumeAttributesClassName];
  return names.filter((name) => name !== undefined && name !== "") as string[];
}
