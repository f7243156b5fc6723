import { type APIService, type EndpointSlice, EndpointSliceKind, ServiceKind } from "@kubets/api";
import type { DialTarget } from "@kubets/machinery";
import type { ObjectReader } from "../contracts.ts";
import type { Availability } from "./local-services.ts";

/** Where the server behind an APIService is reached, or why it can't be. */
export type BackEnd = { readonly kind: "reachable"; readonly targets: readonly DialTarget[] } | UnreachableBackEnd;

export interface UnreachableBackEnd {
  readonly kind: "unreachable";
  readonly availability: Availability;
}

/** What the server shows of itself to those behind it. */
export type ClientCertificate = NonNullable<DialTarget["clientCertificate"]>;

const serviceNameLabel = "kubernetes.io/service-name";

/**
 * The ready endpoints of an APIService's Service: this server may be where cluster addresses lead nowhere. The certificate must be for
 * `NAME.NAMESPACE.svc`, whichever address it is at.
 */
export function backEndOf(
  { spec }: APIService,
  { reader, clientCertificate }: { readonly reader: ObjectReader; readonly clientCertificate: ClientCertificate | undefined },
): BackEnd {
  const { namespace = "", name = "", port = 443 } = spec.service ?? {};
  const what = `service/${name} in ${JSON.stringify(namespace)}`;
  const service = reader.get(ServiceKind, namespace, name);
  if (service === undefined) return unreachable("ServiceNotFound", `${what} is not present`);
  const common: Omit<DialTarget, "origin"> = {
    serverName: `${name}.${namespace}.svc`,
    ...(spec.caBundle === undefined || spec.caBundle === "" ? {} : { certificateAuthority: atob(spec.caBundle) }),
    ...(spec.insecureSkipTLSVerify === true ? { anyCertificate: true } : {}),
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
  };
  if (service.spec.type === "ExternalName")
    return { kind: "reachable", targets: [{ ...common, origin: `https://${service.spec.externalName ?? ""}:${port}` }] };
  const declared = service.spec.ports?.find((each) => each.port === port);
  if (declared === undefined) return unreachable("ServicePortError", `${what} is not listening on port ${port}`);
  const slices = reader.list(EndpointSliceKind, namespace).filter(({ metadata }) => metadata.labels?.[serviceNameLabel] === name);
  if (slices.length === 0) return unreachable("EndpointsNotFound", `cannot find endpointslices for ${what}`);
  const portName = declared.name ?? "";
  const hosts = slices.flatMap((slice) => hostsOf(slice, portName));
  if (hosts.length === 0)
    return unreachable("MissingEndpoints", `endpointslices for ${what} have no addresses with port name ${JSON.stringify(portName)}`);
  return { kind: "reachable", targets: hosts.map((host) => ({ ...common, origin: `https://${host}` })) };
}

function hostsOf({ ports = [], endpoints }: EndpointSlice, portName: string): readonly string[] {
  const number = ports?.find(({ name = "" }) => name === portName)?.port;
  if (number === undefined) return [];
  return (endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ addresses: [address = ""] }) => [`${address.includes(":") ? `[${address}]` : address}:${number}`]);
}

function unreachable(reason: string, message: string): UnreachableBackEnd {
  return { kind: "unreachable", availability: { isAvailable: false, reason, message } };
}
