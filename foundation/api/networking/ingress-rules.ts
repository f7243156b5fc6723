import {
  type FieldError,
  invalid,
  isDns1035Label,
  isDnsSubdomain,
  isPortName,
  isPortNumber,
  isWildcardDnsSubdomain,
  notSupported,
  required,
} from "@kubets/machinery";
import type { TypedLocalObjectReference } from "../core/shared/object-reference.ts";
import { ipFamilyOf, validateIp } from "../ip-address.ts";
import type { HTTPIngressPath, Ingress, IngressBackend, IngressRule, IngressServiceBackend, IngressTLS } from "./ingress.ts";
import { validatePathSegment } from "./references.ts";

const classAnnotation = "kubernetes.io/ingress.class";

export function validateIngress({ spec }: Ingress): readonly FieldError[] {
  const { rules = [], defaultBackend, tls = [], ingressClassName } = spec;
  return [
    ...(rules.length === 0 && defaultBackend === undefined
      ? [invalid("spec", spec.rules, "either `defaultBackend` or `rules` must be specified")]
      : []),
    ...(defaultBackend === undefined ? [] : validateBackend(defaultBackend, "spec.defaultBackend")),
    ...rules.flatMap((rule, index) => validateRule(rule, `spec.rules[${index}]`)),
    ...tls.flatMap((each, index) => validateTls(each, `spec.tls[${index}]`)),
    ...(ingressClassName === undefined
      ? []
      : isDnsSubdomain(ingressClassName).map((message) => invalid("spec.ingressClassName", ingressClassName, message))),
  ];
}

/** The class was an annotation before it was a field: a new Ingress may not say two things. */
export function validateIngressClassAnnotation({ metadata, spec }: Ingress): readonly FieldError[] {
  const annotated = metadata.annotations?.[classAnnotation];
  if (annotated === undefined || spec.ingressClassName === undefined || annotated === spec.ingressClassName) return [];
  return [invalid(`annotations.${classAnnotation}`, annotated, "must match `ingressClassName` when both are specified")];
}

export function warningsOfIngress({ metadata }: Ingress): readonly string[] {
  if (metadata.annotations?.[classAnnotation] === undefined) return [];
  return [`annotation "${classAnnotation}" is deprecated, please use 'spec.ingressClassName' instead`];
}

function validateRule({ host = "", http }: IngressRule, path: string): readonly FieldError[] {
  return [
    ...(host === "" ? [] : validateHost(host, `${path}.host`)),
    ...(http?.paths ?? []).flatMap((each, index) => validatePath(each, `${path}.http.paths[${index}]`)),
  ];
}

function validateHost(host: string, path: string): readonly FieldError[] {
  return [
    ...(ipFamilyOf(host) === undefined ? [] : [invalid(path, host, "must be a DNS name, not an IP address")]),
    ...validateHostName(host, path),
  ];
}

function validateHostName(host: string, path: string): readonly FieldError[] {
  const problems = host.includes("*") ? isWildcardDnsSubdomain(host) : isDnsSubdomain(host);
  return problems.map((message) => invalid(path, host, message));
}

const pathTypes = ["Exact", "ImplementationSpecific", "Prefix"] as const;
const neverInPaths = ["//", "/./", "/../", "%2f", "%2F"];
const neverEndsPaths = ["/..", "/."];

function validatePath({ path = "", pathType, backend }: HTTPIngressPath, at: string): readonly FieldError[] {
  const given: string | undefined = pathType;
  if (given === undefined) return [required(`${at}.pathType`, "pathType must be specified")];
  return [...validatePathText(path, given, at), ...validateBackend(backend, `${at}.backend`)];
}

function validatePathText(path: string, type: string, at: string): readonly FieldError[] {
  const field = `${at}.path`;
  const absolute = path.startsWith("/") ? [] : [invalid(field, path, "must be an absolute path")];
  switch (type) {
    case "Exact":
    case "Prefix":
      return [
        ...absolute,
        ...neverInPaths.filter((part) => path.includes(part)).map((part) => invalid(field, path, `must not contain '${part}'`)),
        ...neverEndsPaths.filter((end) => path.endsWith(end)).map((end) => invalid(field, path, `cannot end with '${end}'`)),
      ];
    case "ImplementationSpecific":
      return path === "" ? [] : absolute;
    default:
      return [notSupported(`${at}.pathType`, type, pathTypes)];
  }
}

function validateBackend({ resource, service }: IngressBackend, path: string): readonly FieldError[] {
  if (resource !== undefined && service !== undefined) return [invalid(path, "", "cannot set both resource and service backends")];
  if (resource !== undefined) return validateResourceBackend(resource, `${path}.resource`);
  if (service !== undefined) return validateServiceBackend(service, path);
  return [invalid(path, "", "resource or service backend is required")];
}

function validateResourceBackend({ apiGroup, kind, name }: TypedLocalObjectReference, path: string): readonly FieldError[] {
  return [
    ...(apiGroup === undefined ? [] : isDnsSubdomain(apiGroup).map((message) => invalid(`${path}.apiGroup`, apiGroup, message))),
    ...validatePathSegment(kind, `${path}.kind`),
    ...validatePathSegment(name, `${path}.name`),
  ];
}

function validateServiceBackend({ name, port }: IngressServiceBackend, path: string): readonly FieldError[] {
  return [
    ...(name === "" ? [] : isDns1035Label(name).map((message) => invalid(`${path}.service.name`, name, message))),
    ...validateServicePort(port, path),
  ];
}

function validateServicePort({ name = "", number = 0 }: IngressServiceBackend["port"], path: string): readonly FieldError[] {
  if (name !== "" && number !== 0) return [invalid(path, "", "cannot set both port name & port number")];
  if (name !== "") return isPortName(name).map((message) => invalid(`${path}.service.port.name`, name, message));
  if (number !== 0) return isPortNumber(number).map((message) => invalid(`${path}.service.port.number`, number, message));
  return [required(path, "port name or number is required")];
}

function validateTls({ hosts = [], secretName = "" }: IngressTLS, path: string): readonly FieldError[] {
  return [
    ...hosts.flatMap((host, index) => validateHostName(host, `${path}.hosts[${index}]`)),
    ...(secretName === "" ? [] : isDnsSubdomain(secretName).map((message) => invalid(`${path}.secretName`, secretName, message))),
  ];
}

export function validateIngressStatus({ status }: Ingress): readonly FieldError[] {
  return (status.loadBalancer.ingress ?? []).flatMap(({ ip = "", hostname = "" }, index) => {
    const at = `status.loadBalancer.ingress[${index}]`;
    return [
      ...(ip === "" ? [] : validateIp(ip, `${at}.ip`)),
      ...(hostname === "" ? [] : isDnsSubdomain(hostname).map((message) => invalid(`${at}.hostname`, hostname, message))),
      ...(hostname !== "" && ipFamilyOf(hostname) !== undefined
        ? [invalid(`${at}.hostname`, hostname, "must be a DNS name, not an IP address")]
        : []),
    ];
  });
}
