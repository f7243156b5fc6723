import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  isLabelValue,
  isQualifiedName,
  parseQuantity,
  repeatedPlaces,
  sameJson,
} from "@kubets/machinery";
import { ipFamilyOfRange, validateIpRange } from "../ip-address.ts";
import type { NodeStatus } from "./node-status.ts";
import type { Node } from "./node.ts";
import type { Taint } from "./shared/taint.ts";

export function validateNode({ spec, status }: Node): readonly FieldError[] {
  return [...validateTaints(spec.taints ?? []), ...validateAmounts(status), ...validatePodRanges(spec.podCIDRs ?? [])];
}

// The path begins with `metadata`, as upstream's does: taints were an annotation once.
function validateTaints(taints: readonly Taint[]): readonly FieldError[] {
  const repeated = repeatedPlaces(taints, ({ key, effect }) => `${key}:${effect}`);
  return taints.flatMap((taint, index) => {
    const field = `metadata.taints[${index}]`;
    const same = repeated.has(index);
    const valueProblems = isLabelValue(taint.value ?? "");
    return [
      ...isQualifiedName(taint.key).map((message) => invalid(`${field}.key`, taint.key, message)),
      ...(valueProblems.length === 0 ? [] : [invalid(`${field}.value`, taint.value, valueProblems.join(";"))]),
      ...(same ? [{ ...duplicate(field, taint), detail: "taints must be unique by key and effect pair" }] : []),
    ];
  });
}

function validateAmounts(status: NodeStatus): readonly FieldError[] {
  const lists = { capacity: status.capacity ?? {}, allocatable: status.allocatable ?? {} };
  return Object.entries(lists).flatMap(([list, amounts]) =>
    Object.entries(amounts)
      .filter(([, amount]) => parseQuantity(amount).nanos < 0n)
      .map(([resource, amount]) => invalid(`status.${list}.${resource}`, amount, "must be greater than or equal to 0")),
  );
}

function validatePodRanges(ranges: readonly string[]): readonly FieldError[] {
  const field = "spec.podCIDRs";
  const families = new Set(ranges.map(ipFamilyOfRange));
  return [
    ...ranges.flatMap((range, index) => validateIpRange(range, `${field}[${index}]`)),
    ...(ranges.length > families.size ? [invalid(field, ranges, "may specify no more than one CIDR for each IP family")] : []),
    ...ranges.flatMap((range, index) => (ranges.indexOf(range) < index ? [duplicate(`${field}[${index}]`, range)] : [])),
  ];
}

/** Besides {@link validateNode}: what was given to a node is not taken away again. */
export function validateNodeUpdate(node: Node, previous: Node): readonly FieldError[] {
  const ranges = previous.spec.podCIDRs ?? [];
  const { providerID = "", externalID = "" } = previous.spec;
  return [
    ...validateNodeStatus(node),
    ...(ranges.length > 0 && !sameJson(node.spec.podCIDRs ?? [], ranges)
      ? [forbidden("spec.podCIDRs", 'node updates may not change podCIDR except from "" to valid')]
      : []),
    ...(providerID !== "" && providerID !== node.spec.providerID
      ? [forbidden("spec.providerID", 'node updates may not change providerID except from "" to valid')]
      : []),
    ...(externalID === (node.spec.externalID ?? "") ? [] : [forbidden("spec.externalID", "may not be updated")]),
  ];
}

export function validateNodeStatus({ status }: Node): readonly FieldError[] {
  const addresses = status.addresses ?? [];
  const repeated = repeatedPlaces(addresses, ({ type, address }) => JSON.stringify([type, address]));
  const twice = [...repeated].map((index) => duplicate(`status.addresses[${index}]`, addresses[index]));
  return [...validateAmounts(status), ...twice];
}
