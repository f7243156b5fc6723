import {
  type FieldError,
  forbidden,
  invalid,
  isQualifiedName,
  type LabelSelector,
  required,
  validateLabelSelector,
} from "@kubets/machinery";
import { validateNodeSelector, validateNodeSelectorTerm } from "../../shared/validate-node-selector.ts";
import type { Affinity, NodeAffinity, PodAffinity, PodAffinityTerm } from "../affinity.ts";
import { validateDnsLabel, validateQualifiedName } from "./formats.ts";

export function validateAffinity(affinity: Affinity | undefined, field: string): readonly FieldError[] {
  if (affinity === undefined) return [];
  const { nodeAffinity, podAffinity, podAntiAffinity } = affinity;
  return [
    ...(nodeAffinity === undefined ? [] : validateNodeAffinity(nodeAffinity, `${field}.nodeAffinity`)),
    ...(podAffinity === undefined ? [] : validatePodAffinity(podAffinity, `${field}.podAffinity`)),
    ...(podAntiAffinity === undefined ? [] : validatePodAffinity(podAntiAffinity, `${field}.podAntiAffinity`)),
  ];
}

function validateNodeAffinity(affinity: NodeAffinity, field: string): readonly FieldError[] {
  const must = affinity.requiredDuringSchedulingIgnoredDuringExecution;
  const should = affinity.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return [
    ...(must === undefined ? [] : validateNodeSelector(must, `${field}.requiredDuringSchedulingIgnoredDuringExecution`)),
    ...should.flatMap(({ weight, preference }, index) => {
      const at = `${field}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
      // A preference may hold values that no label can have: then no node is preferred.
      return [
        ...validateWeight(weight, `${at}.weight`),
        ...validateNodeSelectorTerm(preference, `${at}.preference`, { allowInvalidValues: true }),
      ];
    }),
  ];
}

function validatePodAffinity(affinity: PodAffinity, field: string): readonly FieldError[] {
  const must = affinity.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const should = affinity.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return [
    ...must.flatMap((term, index) => validateTerm(term, `${field}.requiredDuringSchedulingIgnoredDuringExecution[${index}]`)),
    ...should.flatMap(({ weight, podAffinityTerm }, index) => {
      const at = `${field}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
      return [...validateWeight(weight, `${at}.weight`), ...validateTerm(podAffinityTerm, `${at}.podAffinityTerm`)];
    }),
  ];
}

function validateWeight(weight: number, field: string): readonly FieldError[] {
  return weight >= 1 && weight <= 100 ? [] : [invalid(field, weight, "must be in the range 1-100")];
}

function validateTerm(term: PodAffinityTerm, field: string): readonly FieldError[] {
  const { labelSelector, namespaceSelector, namespaces = [], topologyKey } = term;
  return [
    ...(labelSelector === undefined ? [] : validateLabelSelector(labelSelector, `${field}.labelSelector`)),
    ...(namespaceSelector === undefined ? [] : validateLabelSelector(namespaceSelector, `${field}.namespaceSelector`)),
    ...namespaces.flatMap((namespace) => validateDnsLabel(namespace, `${field}.namespace`)),
    ...validateTermKeys(term, field),
    ...(topologyKey === "" ? [required(`${field}.topologyKey`, "can not be empty")] : []),
    ...validateQualifiedName(topologyKey, `${field}.topologyKey`),
  ];
}

function validateTermKeys(term: PodAffinityTerm, field: string): readonly FieldError[] {
  const { labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] } = term;
  return [
    ...validateLabelKeys(matchLabelKeys, `${field}.matchLabelKeys`, labelSelector),
    ...validateLabelKeys(mismatchLabelKeys, `${field}.mismatchLabelKeys`, labelSelector),
    ...repeatedKeys(labelSelector, matchLabelKeys).map(([index, key]) =>
      invalid(`${field}[${index}]`, key, "exists in both matchLabelKeys and labelSelector"),
    ),
    ...matchLabelKeys.flatMap((key, index) =>
      mismatchLabelKeys.includes(key)
        ? [invalid(`${field}.matchLabelKeys[${index}]`, key, "exists in both matchLabelKeys and mismatchLabelKeys")]
        : [],
    ),
  ];
}

function validateLabelKeys(keys: readonly string[], field: string, selector: LabelSelector | undefined): readonly FieldError[] {
  if (keys.length === 0) return [];
  if (selector === undefined) return [forbidden(field, "must not be specified when labelSelector is not set")];
  return keys.flatMap((key, index) => isQualifiedName(key).map((problem) => invalid(`${field}[${index}]`, key, problem)));
}

/**
 * Keys of `matchLabelKeys` that the selector has on its own as well. One expression for a key was added for it when the Pod was
 * created, so what counts is a second one.
 */
export function repeatedKeys(
  selector: LabelSelector | undefined,
  keys: readonly string[],
): readonly (readonly [index: number, key: string])[] {
  const found = new Set(Object.keys(selector?.matchLabels ?? {}));
  return (selector?.matchExpressions ?? []).flatMap(({ key }) => {
    const index = keys.lastIndexOf(key);
    const repeated = index >= 0 && found.has(key);
    found.add(key);
    return repeated ? [[index, key] as const] : [];
  });
}
