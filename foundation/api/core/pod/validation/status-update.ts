import { duplicate, type FieldError, forbidden, invalid, repeatedPlaces } from "@kubets/machinery";
import { ipFamilyOf, validateIp } from "../../../ip-address.ts";
import type { ContainerStatus } from "../container-status.ts";
import type { Pod } from "../pod.ts";
import type { PodCondition, PodResourceClaimStatus } from "../pod-status.ts";
import { isSidecar } from "../sidecars.ts";
import { validatePodAnnotationsUpdate } from "./annotations.ts";
import { validateDnsSubdomain, validateQualifiedName } from "./formats.ts";
import { validateUserOrGroup } from "./ranges.ts";

export function validatePodStatusUpdate(pod: Pod, previous: Pod): readonly FieldError[] {
  const { status } = pod;
  const nominated = status.nominatedNodeName ?? "";
  return [
    ...validatePodAnnotationsUpdate(pod.metadata.annotations, "metadata.annotations", previous.metadata.annotations),
    ...validateConditionTypes(status.conditions ?? [], "metadata.conditions"),
    ...(nominated === "" || nominated === previous.status.nominatedNodeName
      ? []
      : validateDnsSubdomain(nominated, "status.nominatedNodeName")),
    ...(status.qosClass === previous.status.qosClass ? [] : [invalid("status.qosClass", status.qosClass, "field is immutable")]),
    ...validateTransitions(pod, previous),
    ...validateClaimStatuses(status.resourceClaimStatuses ?? [], "status.resourceClaimStatuses", pod),
    ...validateAddresses(
      (status.podIPs ?? []).map(({ ip }) => ip),
      "status.podIPs",
    ),
    ...validateHostAddresses(pod),
    ...validateContainerUsers(pod),
  ];
}

const ownConditions = ["PodScheduled", "Ready", "Initialized"];

function validateConditionTypes(conditions: readonly PodCondition[], field: string): readonly FieldError[] {
  return conditions.flatMap(({ type }, index) =>
    ownConditions.includes(type) ? [] : validateQualifiedName(type, `${field}[${index}].Type`),
  );
}

/** A container that has ended for good doesn't come back. */
function validateTransitions({ status }: Pod, { spec, status: before }: Pod): readonly FieldError[] {
  const sidecars = (spec.initContainers ?? []).filter(isSidecar).map(({ name }) => name);
  const own = new Map(
    [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ name, restartPolicy, restartPolicyRules }) => {
      return [name, (restartPolicyRules ?? []).length > 0 ? "Always" : (restartPolicy ?? spec.restartPolicy)] as const;
    }),
  );
  const mayRestart = ({ name, state }: ContainerStatus): boolean => {
    const policy = own.get(name) ?? spec.restartPolicy;
    return policy === "Always" || sidecars.includes(name) || (policy === "OnFailure" && state.terminated?.exitCode !== 0);
  };
  return [
    ...validateStaysEnded(status.containerStatuses, "status.containerStatuses", before.containerStatuses, mayRestart),
    ...validateStaysEnded(status.initContainerStatuses, "status.initContainerStatuses", before.initContainerStatuses, mayRestart),
    ...validateStaysEnded(
      status.ephemeralContainerStatuses,
      "status.ephemeralContainerStatuses",
      before.ephemeralContainerStatuses,
      () => false,
    ),
  ];
}

function validateStaysEnded(
  statuses: readonly ContainerStatus[] = [],
  field: string,
  before: readonly ContainerStatus[] = [],
  mayRestart: (status: ContainerStatus) => boolean,
): readonly FieldError[] {
  return before.flatMap((old, index) => {
    if (old.state.terminated === undefined || mayRestart(old)) return [];
    return statuses
      .filter(({ name, state }) => name === old.name && state.terminated === undefined)
      .map(() => forbidden(`${field}[${index}].state`, "may not be transitioned to non-terminated state"));
  });
}

function validateClaimStatuses(statuses: readonly PodResourceClaimStatus[], field: string, { spec }: Pod): readonly FieldError[] {
  const known = new Set((spec.resourceClaims ?? []).map(({ name }) => name));
  const repeated = repeatedPlaces(statuses, ({ name }) => name);
  return statuses.flatMap(({ name, resourceClaimName }, index) => {
    const at = `${field}[${index}].name`;
    return [
      ...(known.has(name) ? [] : [invalid(at, name, "must match the name of an entry in `spec.resourceClaims`")]),
      ...(repeated.has(index) ? [duplicate(at, name)] : []),
      ...(resourceClaimName === undefined ? [] : validateDnsSubdomain(resourceClaimName, at)),
    ];
  });
}

/** At most one address of each family. */
function validateAddresses(addresses: readonly string[], field: string): readonly FieldError[] {
  const errors = addresses.flatMap((address, index) => validateIp(address, `${field}[${index}]`));
  if (addresses.length < 2) return errors;
  const families = new Set(addresses.map(ipFamilyOf));
  const list = addresses.map((ip) => ({ ip }));
  return [
    ...errors,
    ...(families.size < addresses.length ? [invalid(field, list, "may specify no more than one IP for each IP family")] : []),
    ...addresses.flatMap((address, index) =>
      addresses.indexOf(address) < index ? [duplicate(`${field}[${index}]`, { ip: address })] : [],
    ),
  ];
}

function validateHostAddresses({ status }: Pod): readonly FieldError[] {
  const addresses = (status.hostIPs ?? []).map(({ ip }) => ip);
  const [first] = addresses;
  if (first === undefined) return [];
  return [
    ...(first === status.hostIP ? [] : [invalid("status.hostIPs[0].ip", first, "must be equal to `hostIP`")]),
    ...validateAddresses(addresses, "status.hostIPs"),
  ];
}

function validateContainerUsers({ spec, status }: Pod): readonly FieldError[] {
  const lists = {
    containerStatuses: status.containerStatuses ?? [],
    initContainerStatuses: status.initContainerStatuses ?? [],
    ephemeralContainerStatuses: status.ephemeralContainerStatuses ?? [],
  };
  return Object.entries(lists).flatMap(([list, statuses]) =>
    statuses.flatMap(({ user }, index) => {
      const linux = user?.linux;
      if (linux === undefined) return [];
      const at = `status.${list}[${index}].linux`;
      if (spec.os?.name === "windows") return [forbidden(at, "cannot be set for a windows pod")];
      return [
        ...validateUserOrGroup(linux.uid, `${at}.uid`),
        ...validateUserOrGroup(linux.gid, `${at}.gid`),
        ...(linux.supplementalGroups ?? []).flatMap((group, nth) => validateUserOrGroup(group, `${at}.supplementalGroups[${nth}]`)),
      ];
    }),
  );
}
