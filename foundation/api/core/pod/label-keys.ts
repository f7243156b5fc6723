import type { LabelSelector } from "@kubets/machinery";
import type { Affinity, PodAffinity, PodAffinityTerm } from "./affinity.ts";
import type { PodSpec } from "./pod-spec.ts";
import type { TopologySpreadConstraint } from "./topology-spread-constraint.ts";

type Labels = Readonly<Record<string, string>>;

/**
 * The spec of a new Pod with `matchLabelKeys` and `mismatchLabelKeys` of affinity and topology spread carried out: for each key
 * that the Pod has, its value is added to the label selector. A term without selector matches nothing and stays so.
 */
export function withLabelKeysApplied(spec: PodSpec, labels: Labels = {}): PodSpec {
  if (spec.affinity === undefined && spec.topologySpreadConstraints === undefined) return spec;
  return {
    ...spec,
    ...(spec.affinity === undefined ? {} : { affinity: affinityWithKeys(spec.affinity, labels) }),
    ...(spec.topologySpreadConstraints === undefined
      ? {}
      : { topologySpreadConstraints: spec.topologySpreadConstraints.map((constraint) => constraintWithKeys(constraint, labels)) }),
  };
}

function affinityWithKeys(affinity: Affinity, labels: Labels): Affinity {
  const { podAffinity, podAntiAffinity } = affinity;
  return {
    ...affinity,
    ...(podAffinity === undefined ? {} : { podAffinity: termsWithKeys(podAffinity, labels) }),
    ...(podAntiAffinity === undefined ? {} : { podAntiAffinity: termsWithKeys(podAntiAffinity, labels) }),
  };
}

function termsWithKeys(affinity: PodAffinity, labels: Labels): PodAffinity {
  const { requiredDuringSchedulingIgnoredDuringExecution: required, preferredDuringSchedulingIgnoredDuringExecution: preferred } = affinity;
  return {
    ...(required === undefined
      ? {}
      : { requiredDuringSchedulingIgnoredDuringExecution: required.map((term) => termWithKeys(term, labels)) }),
    ...(preferred === undefined
      ? {}
      : {
          preferredDuringSchedulingIgnoredDuringExecution: preferred.map((weighted) => ({
            ...weighted,
            podAffinityTerm: termWithKeys(weighted.podAffinityTerm, labels),
          })),
        }),
  };
}

function termWithKeys(term: PodAffinityTerm, labels: Labels): PodAffinityTerm {
  const { labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] } = term;
  if (labelSelector === undefined || matchLabelKeys.length + mismatchLabelKeys.length === 0) return term;
  const matching = withKeys(labelSelector, matchLabelKeys, "In", labels);
  return { ...term, labelSelector: withKeys(matching, mismatchLabelKeys, "NotIn", labels) };
}

function constraintWithKeys(constraint: TopologySpreadConstraint, labels: Labels): TopologySpreadConstraint {
  const { labelSelector, matchLabelKeys = [] } = constraint;
  if (labelSelector === undefined || matchLabelKeys.length === 0) return constraint;
  return { ...constraint, labelSelector: withKeys(labelSelector, matchLabelKeys, "In", labels) };
}

function withKeys(selector: LabelSelector, keys: readonly string[], operator: "In" | "NotIn", labels: Labels): LabelSelector {
  const added = keys.flatMap((key) => (Object.hasOwn(labels, key) ? [{ key, operator, values: [labels[key]!] }] : []));
  return added.length === 0 ? selector : { ...selector, matchExpressions: [...(selector.matchExpressions ?? []), ...added] };
}
