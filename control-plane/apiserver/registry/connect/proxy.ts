import { type EndpointSlice, type Node, type Pod, type Service, validateNonSpecialIp } from "@kubets/api";
import { badRequest, type DialTarget, serviceUnavailable } from "@kubets/machinery";
import type { RequestContext, ResourceInfo } from "../../contracts.ts";
import type { Errand } from "./dial.ts";
import { hostOf, kubeletTarget, type KubeletTrust } from "./kubelet.ts";

/** `[SCHEME:]NAME[:PORT]`, as the name of a proxied object may be written. */
export interface ProxyName {
  readonly scheme: "http" | "https";
  readonly name: string;
  /** A number, or of Services and Pods the name of a port; `""` when not given. */
  readonly port: string;
}

/** Throws `BadRequest` for anything else. `what` is whose name it is: `pod`, `node` or `service`. */
export function parseProxyName(text: string, what: string): ProxyName {
  const parts = text.split(":");
  const [scheme = "", name = "", port = ""] = parts.length === 3 ? parts : ["", ...parts];
  if (parts.length > 3 || name === "" || !["", "http", "https"].includes(scheme))
    throw badRequest(`invalid ${what} request ${JSON.stringify(text)}`);
  return { scheme: scheme === "https" ? "https" : "http", name, port };
}

/** A Pod's own address, at the port that is named, else at its first. */
export function podErrand(context: RequestContext, pod: Pod, { scheme, port }: ProxyName): Errand {
  const address = proxyable(pod.status.podIP ?? "");
  const ports = pod.spec.containers.flatMap((container) => container.ports ?? []);
  const number = port === "" ? ports[0]?.containerPort : (ports.find((each) => each.name === port)?.containerPort ?? numberOf(port));
  return errandTo(context, targetOf(scheme, `${hostOf(address)}${number === undefined ? "" : `:${number}`}`));
}

/** The kubelet of a node, or another port of it. */
export function nodeErrand(context: RequestContext, node: Node, trust: KubeletTrust, { port, scheme }: ProxyName): Errand {
  const kubelet = kubeletTarget(node, trust);
  if (port === "" || kubelet.origin.endsWith(`:${port}`)) return errandTo(context, kubelet);
  return errandTo(context, targetOf(scheme, `${hostOfOrigin(kubelet.origin)}:${numberOf(port)}`));
}

/** What a Service's requests can go to: its slices, and the Pods that are really there. */
export interface Endpoints {
  readonly slices: readonly EndpointSlice[];
  podOf(namespace: string, name: string): Pod | undefined;
}

/**
 * One of the ready endpoints behind a Service, chosen by chance. Only addresses that are those of Pods count: whoever may write
 * EndpointSlices could else send this server anywhere. Throws `ServiceUnavailable` when there is none.
 */
export function serviceErrand(
  context: RequestContext,
  service: Service,
  { endpoints, fraction, name: { scheme, port } }: { readonly endpoints: Endpoints; readonly fraction: number; readonly name: ProxyName },
): Errand {
  const { name } = service.metadata;
  const portName = portNameOf(service, port);
  const candidates = endpoints.slices.flatMap((slice) => {
    const number = (slice.ports ?? []).find((each) => (each.name ?? "") === portName)?.port;
    if (number === undefined) return [];
    return (slice.endpoints ?? []).flatMap(({ addresses, conditions, targetRef }) => {
      const [address = ""] = addresses;
      if (conditions?.ready === false || targetRef?.kind !== "Pod") return [];
      const pod = endpoints.podOf(slice.metadata.namespace ?? "", targetRef.name ?? "");
      return pod?.status.podIPs?.some(({ ip }) => ip === address) === true ? [{ address, number }] : [];
    });
  });
  const chosen = candidates[Math.floor(fraction * candidates.length)];
  if (chosen === undefined) throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(name)}`);
  return errandTo(context, targetOf(scheme, `${hostOf(proxyable(chosen.address))}:${chosen.number}`));
}

/** Endpoints know ports by their names. */
function portNameOf({ metadata, spec }: Service, asked: string): string {
  if (!/^\d+$/.test(asked)) return asked;
  const declared = (spec.ports ?? []).find(({ port }) => port === Number(asked));
  if (declared === undefined)
    throw serviceUnavailable(`no service port ${Number(asked)} found for service ${JSON.stringify(metadata.name)}`);
  return declared.name ?? "";
}

function errandTo(context: RequestContext, target: DialTarget): Errand {
  return { target, path: pathOf(context), what: "service" };
}

/** What runs in a cluster shows certificates that only its own clients know. */
function targetOf(scheme: ProxyName["scheme"], host: string): DialTarget {
  return { origin: `${scheme}://${host}`, ...(scheme === "https" ? { anyCertificate: true } : {}) };
}

/** Addresses that mean this machine itself would lead around everything that guards it. */
function proxyable(address: string): string {
  if (validateNonSpecialIp(address, "").length > 0) throw badRequest("address not allowed");
  return address;
}

function numberOf(port: string): number {
  const number = Number(port);
  if (!/^\d+$/.test(port) || number < 1 || number > 65_535) throw badRequest(`invalid port ${JSON.stringify(port)}`);
  return number;
}

function hostOfOrigin(origin: string): string {
  return origin.slice(origin.indexOf("//") + 2, origin.lastIndexOf(":"));
}

/** What follows the subresource, with the query as it was sent. */
function pathOf({ info, request }: RequestContext): string {
  const { rest } = info.resource as ResourceInfo;
  const mark = request.target.indexOf("?");
  return `/${rest}${mark < 0 ? "" : request.target.slice(mark)}`;
}
