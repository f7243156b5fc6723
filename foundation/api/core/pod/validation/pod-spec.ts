import { duplicate, type FieldError, invalid, repeatedPlaces, type TemplateMeta, validateLabels } from "@kubets/machinery";
import { validateTolerations } from "../../shared/validate-tolerations.ts";
import type { PodResourceClaim, PodSpec } from "../pod-spec.ts";
import { validateAffinity } from "./affinity.ts";
import { type PodContext, validateContainers, validateEphemeralContainers, validateInitContainers } from "./containers.ts";
import { validateDns, validateHostAliases } from "./dns.ts";
import { validateDnsLabel, validateDnsSubdomain, validateQualifiedName } from "./formats.ts";
import { validateHostNetworkPorts } from "./ports.ts";
import { validateRange } from "./ranges.ts";
import { validateOverhead, validatePodResources } from "./resources.ts";
import { validateHostUsers, validatePodSecurityContext } from "./security-context.ts";
import { validateTopologySpread } from "./topology-spread.ts";
import { validateVolumes } from "./volumes.ts";
import { validateHostProcess, validateOperatingSystem } from "./windows.ts";

/** `metadata`: that of the Pod; absent for the spec of a template. */
export function validatePodSpec(spec: PodSpec, field: string, metadata: TemplateMeta | undefined): readonly FieldError[] {
  const claims = spec.resourceClaims ?? [];
  const claimNames = new Set(claims.map(({ name }) => name).filter((name) => name !== ""));
  const { volumes, errors } = validateVolumes(spec.volumes ?? [], `${field}.volumes`, metadata);
  const pod: PodContext = { spec, volumes, claimNames };
  return [
    ...errors,
    ...validateResourceClaims(claims, `${field}.resourceClaims`),
    ...validateContainers(pod, `${field}.containers`),
    ...validateInitContainers(pod, `${field}.initContainers`),
    ...validateEphemeralContainers(pod, `${field}.ephemeralContainers`),
    ...validatePodResources(spec, `${field}.resources`, claimNames),
    ...validateHostNetworkPorts(spec, `${field}.containers`, { inTemplate: metadata === undefined }),
    ...validateLabels(spec.nodeSelector, `${field}.nodeSelector`),
    ...validatePodSecurityContext(spec, `${field}.securityContext`),
    ...validateAffinity(spec.affinity, `${field}.affinity`),
    ...validateDns(spec, `${field}.dnsConfig`),
    ...validateGates(spec, field),
    ...validateTopologySpread(spec.topologySpreadConstraints ?? [], `${field}.topologySpreadConstraints`),
    ...validateHostProcess(spec, field),
    ...validateHostUsers(spec, field),
    ...validateNames(spec, field),
    ...validateRange(spec.activeDeadlineSeconds, `${field}.activeDeadlineSeconds`, 1, 2_147_483_647),
    ...validateHostNames(spec, field),
    ...validateTolerations(spec.tolerations ?? [], `${field}.tolerations`),
    ...validateHostAliases(spec.hostAliases ?? [], `${field}.hostAliases`),
    ...(spec.overhead === undefined ? [] : validateOverhead(spec.overhead, `${field}.overhead`)),
    ...validateOperatingSystem(spec, field),
  ];
}

function validateResourceClaims(claims: readonly PodResourceClaim[], field: string): readonly FieldError[] {
  const places = repeatedPlaces(claims, ({ name }) => name);
  return claims.flatMap((claim, index) => {
    const at = `${field}[${index}]`;
    const { name, resourceClaimName: claimName, resourceClaimTemplateName: templateName } = claim;
    const repeated = places.has(index);
    return [
      ...(name === "" ? [] : repeated ? [duplicate(`${at}.name`, name)] : validateDnsLabel(name, `${at}.name`)),
      ...(claimName !== undefined && templateName !== undefined
        ? [invalid(at, claim, "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified")]
        : []),
      ...(claimName === undefined && templateName === undefined
        ? [invalid(at, claim, "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`")]
        : []),
      ...(claimName === undefined ? [] : validateDnsSubdomain(claimName, `${at}.resourceClaimName`)),
      ...(templateName === undefined ? [] : validateDnsSubdomain(templateName, `${at}.resourceClaimTemplateName`)),
    ];
  });
}

function validateGates({ readinessGates = [], schedulingGates = [] }: PodSpec, field: string): readonly FieldError[] {
  const repeated = repeatedPlaces(schedulingGates, ({ name }) => name);
  return [
    ...readinessGates.flatMap(({ conditionType }, index) =>
      conditionType === "" ? [] : validateQualifiedName(conditionType, `${field}.readinessGates[${index}].conditionType`),
    ),
    ...schedulingGates.flatMap(({ name }, index) => [
      ...(name === "" ? [] : validateQualifiedName(name, `${field}.schedulingGates[${index}]`)),
      ...(repeated.has(index) ? [duplicate(`${field}.schedulingGates[${index}]`, name)] : []),
    ]),
  ];
}

/** The names of other objects. */
function validateNames(spec: PodSpec, field: string): readonly FieldError[] {
  const { serviceAccountName = "", nodeName = "", priorityClassName = "", runtimeClassName, schedulingGroup } = spec;
  const podGroupName = schedulingGroup?.podGroupName;
  return [
    ...(serviceAccountName === "" ? [] : validateDnsSubdomain(serviceAccountName, `${field}.serviceAccountName`)),
    ...(nodeName === "" ? [] : validateDnsSubdomain(nodeName, `${field}.nodeName`)),
    ...(priorityClassName === "" ? [] : validateDnsSubdomain(priorityClassName, `${field}.priorityClassName`)),
    ...(runtimeClassName === undefined ? [] : validateDnsSubdomain(runtimeClassName, `${field}.runtimeClassName`)),
    ...(podGroupName === undefined ? [] : validateDnsSubdomain(podGroupName, `${field}.schedulingGroup.podGroupName`)),
  ];
}

const longestHostname = 64;

function validateHostNames(spec: PodSpec, field: string): readonly FieldError[] {
  const { hostname = "", subdomain = "", hostnameOverride: override } = spec;
  return [
    ...(hostname === "" ? [] : validateDnsLabel(hostname, `${field}.hostname`)),
    ...(subdomain === "" ? [] : validateDnsLabel(subdomain, `${field}.subdomain`)),
    ...(override === undefined ? [] : validateHostnameOverride(override, field, spec)),
  ];
}

function validateHostnameOverride(override: string, field: string, { setHostnameAsFQDN, hostNetwork }: PodSpec): readonly FieldError[] {
  const at = `${field}.hostnameOverride`;
  return [
    ...(override.length > longestHostname ? [invalid(at, override, `must be no more than ${longestHostname} characters`)] : []),
    ...validateDnsSubdomain(override, at),
    ...(setHostnameAsFQDN === true ? [invalid(`${field}.setHostnameAsFQDN`, true, "must be false when `hostnameOverride` is set")] : []),
    ...(hostNetwork === true ? [invalid(at, override, "may not be set when `hostNetwork` is true")] : []),
  ];
}
