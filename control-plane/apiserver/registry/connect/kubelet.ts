import type { Node, Pod } from "@kubets/api";
import { badRequest, type DialTarget, internalError, notFound } from "@kubets/machinery";
import type { Errand } from "./dial.ts";

/** With what the server proves itself to kubelets, and by whom their certificates must be signed. */
export type KubeletTrust = Pick<DialTarget, "certificateAuthority" | "clientCertificate">;

// As kubeadm sets it up: an address that can be routed rather than a name that must be resolved.
const preferredAddresses = ["InternalIP", "ExternalIP", "Hostname", "InternalDNS", "ExternalDNS"] as const;
const kubeletPort = 10_250;

/** Where a node's kubelet listens. */
export function kubeletTarget(node: Node, trust: KubeletTrust): DialTarget {
  const { addresses = [], daemonEndpoints } = node.status;
  const address = preferredAddresses
    .map((type) => addresses.find((each) => each.type === type)?.address)
    .find((each) => each !== undefined);
  if (address === undefined)
    throw internalError(`no preferred addresses found; known addresses: [${addresses.map(({ type }) => type).join(" ")}]`);
  const port = daemonEndpoints?.kubeletEndpoint?.Port ?? 0;
  return { origin: `https://${hostOf(address)}:${port === 0 ? kubeletPort : port}`, ...trust };
}

export function hostOf(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}

export interface PodErrandOptions {
  readonly pod: Pod;
  readonly node: Node;
  readonly trust: KubeletTrust;
  readonly query: URLSearchParams;
}

/** `GET …/pods/NAME/log`. */
export function logErrand({ pod, node, trust, query }: PodErrandOptions): Errand {
  const { namespace, name } = pod.metadata;
  const container = containerOf(pod, query.get("container") ?? "");
  const passed = new URLSearchParams();
  for (const key of ["follow", "previous", "sinceSeconds", "sinceTime", "timestamps", "tailLines", "limitBytes", "stream"]) {
    const value = query.get(key);
    if (value !== null && value !== "") passed.set(key, value);
  }
  return errandTo(node, trust, `/containerLogs/${namespace}/${name}/${container}`, passed);
}

/** `…/pods/NAME/exec` and `…/attach`, in the words of the kubelet's own interface. */
export function streamErrand(verb: "exec" | "attach", { pod, node, trust, query }: PodErrandOptions): Errand {
  const { namespace, name } = pod.metadata;
  const container = containerOf(pod, query.get("container") ?? "");
  const passed = new URLSearchParams();
  for (const [asked, theirs] of [
    ["stdin", "input"],
    ["stdout", "output"],
    ["stderr", "error"],
    ["tty", "tty"],
  ] as const) {
    if (isTrue(query.get(asked))) passed.set(theirs, "1");
  }
  if (verb === "exec") for (const word of query.getAll("command")) passed.append("command", word);
  if (verb === "exec" && !query.has("command")) throw badRequest("you must specify at least one command for the container");
  return errandTo(node, trust, `/${verb}/${namespace}/${name}/${container}`, passed);
}

/** `…/pods/NAME/portforward`. */
export function portForwardErrand({ pod, node, trust, query }: PodErrandOptions): Errand {
  const { namespace, name } = pod.metadata;
  const passed = new URLSearchParams();
  // Over websockets the ports stand in the query; over SPDY in the headers of the streams.
  for (const port of query.getAll("ports").flatMap((ports) => ports.split(","))) passed.append("port", port);
  return errandTo(node, trust, `/portForward/${namespace}/${name}`, passed);
}

function errandTo(node: Node, trust: KubeletTrust, path: string, query: URLSearchParams): Errand {
  const text = query.toString();
  return {
    target: kubeletTarget(node, trust),
    path: text === "" ? path : `${path}?${text}`,
    what: `the kubelet of Node ${JSON.stringify(node.metadata.name)}`,
  };
}

function isTrue(value: string | null): boolean {
  return value !== null && value !== "false" && value !== "0";
}

const defaultContainerAnnotation = "kubectl.kubernetes.io/default-container";

/** The container that is meant. Throws `BadRequest`, in upstream's words, where none is named and there are several. */
export function containerOf({ metadata, spec }: Pod, asked: string): string {
  const { containers, initContainers = [], ephemeralContainers = [] } = spec;
  const all = [...initContainers, ...containers, ...ephemeralContainers].map(({ name }) => name);
  if (asked !== "") {
    if (!all.includes(asked)) throw badRequest(`container ${asked} is not valid for pod ${metadata.name}`);
    return asked;
  }
  const annotated = metadata.annotations?.[defaultContainerAnnotation];
  if (annotated !== undefined && all.includes(annotated)) return annotated;
  if (containers.length === 1) return containers[0]!.name;
  const names = containers.map(({ name }) => name).join(" ");
  const others = initContainers.length === 0 ? "" : ` or one of the init containers: [${initContainers.map(({ name }) => name).join(" ")}]`;
  throw badRequest(`a container name must be specified for pod ${metadata.name}, choose one of: [${names}]${others}`);
}

/** The node that a Pod is on. Throws `BadRequest` while it is on none. */
export function nodeNameOf({ metadata, spec }: Pod): string {
  const { nodeName = "" } = spec;
  if (nodeName === "") throw badRequest(`pod ${metadata.name} does not have a host assigned`);
  return nodeName;
}

export function missingNode(name: string): Error {
  return notFound({ group: "", resource: "nodes" }, name);
}
