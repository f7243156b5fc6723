import { duplicate, type FieldError, forbidden, invalid, repeatedPlaces, required, validateLabelSelector } from "@kubets/machinery";
import type { TopologySpreadConstraint } from "../topology-spread-constraint.ts";
import { repeatedKeys } from "./affinity.ts";
import { validateQualifiedName } from "./formats.ts";
import { validatePositive } from "./ranges.ts";

export function validateTopologySpread(constraints: readonly TopologySpreadConstraint[], field: string): readonly FieldError[] {
  // The earlier of two is told of.
  const last = constraints.length - 1;
  const repeats = repeatedPlaces(constraints.toReversed(), (each) => JSON.stringify([each.topologyKey, each.whenUnsatisfiable]));
  return constraints.flatMap((constraint, index) => {
    const at = `${field}[${index}]`;
    const { maxSkew, topologyKey, whenUnsatisfiable, labelSelector } = constraint;
    const repeated = repeats.has(last - index);
    return [
      ...validatePositive(maxSkew, `${at}.maxSkew`),
      ...(topologyKey === "" ? [required(`${at}.topologyKey`, "can not be empty")] : []),
      ...(repeated ? [duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${whenUnsatisfiable}}`)] : []),
      ...validateMinDomains(constraint, `${at}.minDomains`),
      ...validateMatchLabelKeys(constraint, `${at}.matchLabelKeys`),
      ...(labelSelector === undefined ? [] : validateLabelSelector(labelSelector, `${at}.labelSelector`)),
    ];
  });
}

function validateMinDomains({ minDomains, whenUnsatisfiable }: TopologySpreadConstraint, field: string): readonly FieldError[] {
  if (minDomains === undefined) return [];
  const detail = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`;
  return [...validatePositive(minDomains, field), ...(whenUnsatisfiable === "DoNotSchedule" ? [] : [invalid(field, minDomains, detail)])];
}

function validateMatchLabelKeys({ matchLabelKeys = [], labelSelector }: TopologySpreadConstraint, field: string): readonly FieldError[] {
  if (matchLabelKeys.length === 0) return [];
  return [
    ...(labelSelector === undefined ? [forbidden(field, "must not be specified when labelSelector is not set")] : []),
    ...matchLabelKeys.flatMap((key, index) => validateQualifiedName(key, `${field}[${index}]`)),
    ...repeatedKeys(labelSelector, matchLabelKeys).map(([index, key]) =>
      invalid(`${field}[${index}]`, key, "exists in both matchLabelKeys and labelSelector"),
    ),
  ];
}
