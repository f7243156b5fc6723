import type { NodeSelectorTerm } from "../shared/node-selector.ts";
import type { Affinity, PodAffinity } from "./affinity.ts";
import type { PodSpec } from "./pod-spec.ts";

const deprecatedLabels: ReadonlyMap<string, string> = new Map([
  ["beta.kubernetes.io/arch", 'deprecated since v1.14; use "kubernetes.io/arch" instead'],
  ["beta.kubernetes.io/os", 'deprecated since v1.14; use "kubernetes.io/os" instead'],
  ["failure-domain.beta.kubernetes.io/region", 'deprecated since v1.17; use "topology.kubernetes.io/region" instead'],
  ["failure-domain.beta.kubernetes.io/zone", 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead'],
  ["beta.kubernetes.io/instance-type", 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead'],
]);

const noSelector = "a null labelSelector results in matching no pod";

/** Labels of nodes that go by other names now, and constraints that count no Pod. */
export function topologyWarnings(
  field: string,
  { nodeSelector = {}, affinity, topologySpreadConstraints = [] }: PodSpec,
): readonly string[] {
  const must = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const should = affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const at = `${field}.affinity.nodeAffinity`;
  return [
    ...Object.keys(nodeSelector).flatMap((key) => {
      const text = deprecatedLabels.get(key);
      return text === undefined ? [] : [`${field}.nodeSelector[${key}]: ${text}`];
    }),
    ...must.flatMap((term, index) =>
      termWarnings(`${at}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${index}]`, term),
    ),
    ...should.flatMap(({ preference }, index) =>
      termWarnings(`${at}.preferredDuringSchedulingIgnoredDuringExecution[${index}].preference`, preference),
    ),
    ...topologySpreadConstraints.flatMap(({ topologyKey, labelSelector }, index) => [
      ...labelWarning(`${field}.topologySpreadConstraints[${index}].topologyKey`, topologyKey),
      ...(labelSelector === undefined ? [`${field}.topologySpreadConstraints[${index}].labelSelector: ${noSelector}`] : []),
    ]),
  ];
}

function termWarnings(field: string, { matchExpressions = [] }: NodeSelectorTerm): readonly string[] {
  return matchExpressions.flatMap(({ key }, index) => labelWarning(`${field}.matchExpressions[${index}].key`, key));
}

function labelWarning(field: string, key: string): readonly string[] {
  const text = deprecatedLabels.get(key);
  return text === undefined ? [] : [`${field}: ${key} is ${text}`];
}

/** Terms of affinity that match no Pod. */
export function affinityWarnings(field: string, { podAffinity, podAntiAffinity }: Affinity = {}): readonly string[] {
  return [...podAffinityWarnings(`${field}.podAffinity`, podAffinity), ...podAffinityWarnings(`${field}.podAntiAffinity`, podAntiAffinity)];
}

function podAffinityWarnings(field: string, affinity: PodAffinity = {}): readonly string[] {
  const must = affinity.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const should = affinity.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return [
    ...must.flatMap(({ labelSelector }, index) => {
      if (labelSelector !== undefined) return [];
      return [`${field}.requiredDuringSchedulingIgnoredDuringExecution[${index}].labelSelector: ${noSelector}`];
    }),
    ...should.flatMap(({ podAffinityTerm }, index) => {
      if (podAffinityTerm.labelSelector !== undefined) return [];
      return [`${field}.preferredDuringSchedulingIgnoredDuringExecution[${index}].podAffinityTerm.labelSelector: ${noSelector}`];
    }),
  ];
}
