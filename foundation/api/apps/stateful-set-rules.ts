import { type FieldError, forbidden, invalid, sameJson } from "@kubets/machinery";
import type { PersistentVolumeClaim } from "../core/persistent-volume-claim.ts";
import { defaultPodTemplateSpec } from "../core/pod/defaults.ts";
import { isNothing, validateAmountOrPercent, validateAtMostAll, validateParts, validateSelectorAndTemplate } from "./pod-template-rules.ts";
import type { StatefulSet, StatefulSetSpec, StatefulSetUpdateStrategy } from "./stateful-set.ts";

export function withStatefulSetDefaults(statefulSet: StatefulSet): StatefulSet {
  const { updateStrategy, template, volumeClaimTemplates } = statefulSet.spec;
  const rollingUpdate = updateStrategy.type === "RollingUpdate" ? { partition: 0, ...updateStrategy.rollingUpdate } : undefined;
  return {
    ...statefulSet,
    spec: {
      ...statefulSet.spec,
      template: defaultPodTemplateSpec(template),
      updateStrategy: rollingUpdate === undefined ? updateStrategy : { ...updateStrategy, rollingUpdate },
      ...(volumeClaimTemplates === undefined ? {} : { volumeClaimTemplates: volumeClaimTemplates.map(asClaim) }),
    },
  };
}

function asClaim(template: PersistentVolumeClaim): PersistentVolumeClaim {
  return { ...template, kind: "PersistentVolumeClaim", apiVersion: "v1" };
}

export function validateStatefulSet({ spec }: StatefulSet): readonly FieldError[] {
  return [
    ...validateSelectorAndTemplate({ selector: spec.selector, template: withClaimedVolumes(spec) }, "StatefulSet"),
    ...validateUpdateStrategy(spec.updateStrategy),
  ];
}

/** The template as the controller completes it: containers mount the claims by the names of their templates. */
function withClaimedVolumes({ template, volumeClaimTemplates = [] }: StatefulSetSpec): StatefulSetSpec["template"] {
  if (volumeClaimTemplates.length === 0) return template;
  const claimed = volumeClaimTemplates.map(({ metadata: { name } }) => ({
    name,
    persistentVolumeClaim: { claimName: name, readOnly: false },
  }));
  const own = template.spec.volumes?.filter(({ name }) => !claimed.some((volume) => volume.name === name)) ?? [];
  return { ...template, spec: { ...template.spec, volumes: [...own, ...claimed] } };
}

function validateUpdateStrategy({ type, rollingUpdate }: StatefulSetUpdateStrategy): readonly FieldError[] {
  const path = "spec.updateStrategy.rollingUpdate";
  if (rollingUpdate === undefined) return [];
  if (type === "OnDelete") return [invalid(path, rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'")];
  const { maxUnavailable } = rollingUpdate;
  if (maxUnavailable === undefined) return [];
  return [
    ...validateAmountOrPercent(maxUnavailable, `${path}.maxUnavailable`),
    ...(isNothing(maxUnavailable) ? [invalid(`${path}.maxUnavailable`, maxUnavailable, "cannot be 0")] : []),
    ...validateAtMostAll(maxUnavailable, `${path}.maxUnavailable`),
  ];
}

/** What may change in the spec; everything else would be about Pods and claims that are there already. */
const changeable: readonly string[] = [
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
] satisfies readonly (keyof StatefulSetSpec)[];

export function validateStatefulSetUpdate({ spec }: StatefulSet, previous: StatefulSet): readonly FieldError[] {
  if (sameJson(lastingPart(spec), lastingPart(previous.spec))) return [];
  const quoted = changeable.map((field) => `'${field}'`);
  const names = `${quoted.slice(0, -1).join(", ")} and ${quoted.at(-1)}`;
  return [forbidden("spec", `updates to statefulset spec for fields other than ${names} are forbidden`)];
}

function lastingPart(spec: StatefulSetSpec): object {
  return Object.fromEntries(Object.entries(spec).filter(([field]) => !changeable.includes(field)));
}

export function validateStatefulSetStatus({ status }: StatefulSet, previous: StatefulSet): readonly FieldError[] {
  const { replicas, readyReplicas = 0, currentReplicas = 0, updatedReplicas = 0, availableReplicas, collisionCount = 0 } = status;
  return [
    ...validateParts("status", { readyReplicas, currentReplicas, updatedReplicas, availableReplicas }, replicas),
    ...(availableReplicas > readyReplicas
      ? [invalid("status.availableReplicas", availableReplicas, "cannot be greater than status.readyReplicas")]
      : []),
    ...(collisionCount < (previous.status.collisionCount ?? 0)
      ? [invalid("status.collisionCount", collisionCount, "cannot be decremented")]
      : []),
  ];
}
