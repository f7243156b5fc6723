import {
  type FieldError,
  forbidden,
  immutableText,
  invalid,
  isDnsSubdomain,
  isPortNumber,
  isQualifiedName,
  notSupported,
  required,
  validateLabels,
} from "@kubets/machinery";
import { ipFamilyOf, validateIp, validateIpRange, validateNonSpecialIp } from "../ip-address.ts";
import { validateServiceAddresses, validateServiceAddressesUpdate } from "./service-address-rules.ts";
import { isExternallyAccessible, isHeadless, needsHealthCheck } from "./service-defaults.ts";
import { validateServicePorts } from "./service-port-rules.ts";
import type { Service, ServiceSpec } from "./service.ts";

export function validateService({ metadata, spec }: Service): readonly FieldError[] {
  return [
    ...validateTopologyAnnotations(metadata.annotations ?? {}),
    ...validateType(spec),
    ...validateServicePorts(spec),
    ...validateLabels(spec.selector, "spec.selector"),
    ...validateAffinity(spec),
    ...validateServiceAddresses(spec),
    ...validateExternalIps(spec),
    ...validateLoadBalancer(spec, metadata.annotations ?? {}),
    ...validateTrafficPolicies(spec),
  ];
}

const topologyMode = "service.kubernetes.io/topology-mode";
const topologyHints = "service.kubernetes.io/topology-aware-hints";

function validateTopologyAnnotations(annotations: Readonly<Record<string, string>>): readonly FieldError[] {
  const mode = annotations[topologyMode];
  const hints = annotations[topologyHints];
  if (mode === undefined || hints === undefined || mode === hints) return [];
  return [invalid(`metadata.annotations[${topologyMode}]`, mode, `must match annotations[${topologyHints}] when both are specified`)];
}

function validateType(spec: ServiceSpec): readonly FieldError[] {
  switch (spec.type) {
    case "ClusterIP":
      return [];
    case "NodePort":
    case "LoadBalancer":
      return isHeadless(spec) ? [invalid("spec.clusterIPs[0]", "None", `may not be set to 'None' for ${spec.type} services`)] : [];
    case "ExternalName":
      return validateExternalName(spec);
    default:
      // Another type is named by the schema.
      return [];
  }
}

function validateExternalName({ clusterIPs = [], ipFamilies = [], ipFamilyPolicy, externalName = "" }: ServiceSpec): readonly FieldError[] {
  const unused = "may not be set for ExternalName services";
  const name = externalName.replace(/\.$/, "");
  return [
    ...(clusterIPs.length === 0 ? [] : [forbidden("spec.clusterIPs", unused)]),
    ...(ipFamilies.length === 0 ? [] : [forbidden("spec.ipFamilies", unused)]),
    ...(ipFamilyPolicy === undefined ? [] : [forbidden("spec.ipFamilyPolicy", unused)]),
    ...(name === "" ? [required("spec.externalName")] : isDnsSubdomain(name).map((message) => invalid("spec.externalName", name, message))),
  ];
}

const longestAffinitySeconds = 86_400;

function validateAffinity({ sessionAffinity, sessionAffinityConfig }: ServiceSpec): readonly FieldError[] {
  const field = "spec.sessionAffinityConfig";
  if (sessionAffinity === "None") {
    return sessionAffinityConfig === undefined ? [] : [forbidden(field, "must not be set when session affinity is None")];
  }
  const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (seconds === undefined) return [required(field, "when session affinity type is ClientIP")];
  if (seconds > 0 && seconds <= longestAffinitySeconds) return [];
  return [invalid(`${field}.clientIP.timeoutSeconds`, seconds, `must be greater than 0 and less than ${longestAffinitySeconds}`)];
}

function validateExternalIps({ externalIPs = [] }: ServiceSpec): readonly FieldError[] {
  return externalIPs.flatMap((address, index) => {
    const field = `spec.externalIPs[${index}]`;
    return ipFamilyOf(address) === undefined ? validateIp(address, field) : validateNonSpecialIp(address, field);
  });
}

const sourceRangesAnnotation = "service.beta.kubernetes.io/load-balancer-source-ranges";

function validateLoadBalancer(spec: ServiceSpec, annotations: Readonly<Record<string, string>>): readonly FieldError[] {
  const { type, loadBalancerClass, allocateLoadBalancerNodePorts } = spec;
  const isLoadBalancer = type === "LoadBalancer";
  const onlyThere = (field: string): FieldError => forbidden(field, "may only be used when `type` is 'LoadBalancer'");
  const field = "spec.loadBalancerClass";
  return [
    ...validateSourceRanges(spec, annotations, isLoadBalancer ? undefined : onlyThere),
    ...(allocateLoadBalancerNodePorts !== undefined && !isLoadBalancer ? [onlyThere("spec.allocateLoadBalancerNodePorts")] : []),
    ...(loadBalancerClass === undefined
      ? []
      : isLoadBalancer
        ? isQualifiedName(loadBalancerClass).map((message) => invalid(field, loadBalancerClass, message))
        : [onlyThere(field)]),
  ];
}

// The field's path begins with a capital letter, as upstream's does. Ranges may be padded with spaces.
function validateSourceRanges(
  { loadBalancerSourceRanges = [] }: ServiceSpec,
  annotations: Readonly<Record<string, string>>,
  refusal: ((field: string) => FieldError) | undefined,
): readonly FieldError[] {
  if (loadBalancerSourceRanges.length > 0) {
    const field = "spec.LoadBalancerSourceRanges";
    return [
      ...(refusal === undefined ? [] : [refusal(field)]),
      ...loadBalancerSourceRanges.flatMap((range, index) => validateIpRange(range.trim(), `${field}[${index}]`)),
    ];
  }
  const annotated = annotations[sourceRangesAnnotation];
  if (annotated === undefined) return [];
  const field = `metadata.annotations[${sourceRangesAnnotation}]`;
  const ranges = annotated.trim() === "" ? [] : annotated.split(",").map((range) => range.trim());
  return [...(refusal === undefined ? [] : [refusal(field)]), ...ranges.flatMap((range) => validateIpRange(range, field))];
}

const distributions: readonly string[] = ["PreferClose", "PreferSameNode", "PreferSameZone"];

function validateTrafficPolicies(spec: ServiceSpec): readonly FieldError[] {
  const { externalTrafficPolicy, healthCheckNodePort = 0, trafficDistribution } = spec;
  return [
    ...(externalTrafficPolicy !== undefined && !isExternallyAccessible(spec)
      ? [invalid("spec.externalTrafficPolicy", externalTrafficPolicy, "may only be set for externally-accessible services")]
      : []),
    ...validateHealthCheckPort(healthCheckNodePort, needsHealthCheck(spec)),
    ...(trafficDistribution === undefined || distributions.includes(trafficDistribution)
      ? []
      : [notSupported("spec.trafficDistribution", trafficDistribution, distributions)]),
  ];
}

function validateHealthCheckPort(port: number, needed: boolean): readonly FieldError[] {
  const field = "spec.healthCheckNodePort";
  if (port === 0) return needed ? [required(field)] : [];
  if (needed) return isPortNumber(port).map((message) => invalid(field, port, message));
  return [invalid(field, port, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'")];
}

/** Besides {@link validateService}: what was given to a Service doesn't change as long as it has the same type. */
export function validateServiceUpdate({ spec }: Service, previous: Service): readonly FieldError[] {
  const before = previous.spec;
  const bothBalanced = spec.type === "LoadBalancer" && before.type === "LoadBalancer";
  const bothChecked = needsHealthCheck(spec) && needsHealthCheck(before);
  return [
    ...validateServiceAddressesUpdate(spec, before),
    ...(bothBalanced && spec.loadBalancerClass !== before.loadBalancerClass
      ? [invalid("spec.loadBalancerClass", spec.loadBalancerClass, "may not change once set")]
      : []),
    ...(bothChecked && spec.healthCheckNodePort !== before.healthCheckNodePort
      ? [forbidden("spec.healthCheckNodePort", immutableText)]
      : []),
  ];
}

export function validateServiceStatus({ spec, status }: Service): readonly FieldError[] {
  const ingress = status.loadBalancer.ingress ?? [];
  const field = "status.loadBalancer.ingress";
  return [
    ...(spec.type !== "LoadBalancer" && ingress.length > 0
      ? [forbidden(field, "may only be used when `spec.type` is 'LoadBalancer'")]
      : []),
    ...ingress.flatMap(({ ip = "", hostname = "", ipMode }, index) => {
      const at = `${field}[${index}]`;
      return [
        ...(ip === "" ? [] : validateIp(ip, `${at}.ip`)),
        ...(ip !== "" && ipMode === undefined ? [required(`${at}.ipMode`, "must be specified when `ip` is set")] : []),
        ...(ip === "" && ipMode !== undefined ? [forbidden(`${at}.ipMode`, "may not be specified when `ip` is not set")] : []),
        ...(hostname === "" ? [] : isDnsSubdomain(hostname).map((message) => invalid(`${at}.hostname`, hostname, message))),
        ...(hostname !== "" && ipFamilyOf(hostname) !== undefined
          ? [invalid(`${at}.hostname`, hostname, "must be a DNS name, not an IP address")]
          : []),
      ];
    }),
  ];
}
