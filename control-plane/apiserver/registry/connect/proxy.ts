import type { EndpointSlice, Node, Pod, Service } from "@kubets/api";
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

export function parseProxyName(text: string): ProxyName {
  const parts = text.split(":");
  const [first = "", second = "", third = ""] = parts;
  if (parts.length === 1) return { scheme: "http", name: first, port: "" };
  if (parts.length === 2) return { scheme: "http", name: first, port: second };
  if (parts.length > 3 || !["", "http", "https"].includes(first))
    throw badRequest(`invalid proxy request ${JSON.stringify(text)}: expected [SCHEME:]NAME[:PORT]`);
  return { scheme: first === "https" ? "https" : "http", name: second, port: third };
}

/** A Pod's own address, at the port that is named, else at its first. */
export function podErrand(context: RequestContext, pod: Pod, { scheme, port }: ProxyName): Errand {
  const { name } = pod.metadata;
  const address = pod.status.podIP ?? "";
  if (address === "") throw badRequest(`pod ${name} does not have an IP address`);
  const ports = pod.spec.containers.flatMap((container) => container.ports ?? []);
  const number = port === "" ? ports[0]?.containerPort : (ports.find((each) => each.name === port)?.containerPort ?? numberOf(port));
  const origin = `${scheme}://${hostOf(address)}${number === undefined ? "" : `:${number}`}`;
  return { target: { origin }, path: pathOf(context), what: `Pod ${JSON.stringify(name)}` };
}

/** The kubelet of a node, or another port of it. */
export function nodeErrand(context: RequestContext, node: Node, trust: KubeletTrust, { port, scheme }: ProxyName): Errand {
  const kubelet = kubeletTarget(node, trust);
  const target: DialTarget =
    port === "" || kubelet.origin.endsWith(`:${port}`)
      ? kubelet
      : { origin: `${scheme}://${hostOfOrigin(kubelet.origin)}:${numberOf(port)}` };
  return { target, path: pathOf(context), what: `Node ${JSON.stringify(node.metadata.name)}` };
}

/** One of the ready endpoints behind a Service, chosen by chance. */
export function serviceErrand(
  context: RequestContext,
  service: Service,
  {
    slices,
    fraction,
    name: { scheme, port },
  }: { readonly slices: readonly EndpointSlice[]; readonly fraction: number; readonly name: ProxyName },
): Errand {
  const { name } = service.metadata;
  const ports = service.spec.ports ?? [];
  const wanted = port === "" ? ports[0] : ports.find((each) => each.name === port || String(each.port) === port);
  if (wanted === undefined) throw serviceUnavailable(`no service port ${JSON.stringify(port)} found for service ${JSON.stringify(name)}`);
  const candidates = slices.flatMap((slice) => {
    const endpointPort = (slice.ports ?? []).find((each) => (each.name ?? "") === (wanted.name ?? ""))?.port;
    if (endpointPort === undefined) return [];
    const ready = (slice.endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false);
    return ready.map(({ addresses }) => `${hostOf(addresses[0]!)}:${endpointPort}`);
  });
  const chosen = candidates[Math.floor(fraction * candidates.length)];
  if (chosen === undefined) throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(name)}`);
  return { target: { origin: `${scheme}://${chosen}` }, path: pathOf(context), what: `Service ${JSON.stringify(name)}` };
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
