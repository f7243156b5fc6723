import { type EndpointSlice, EndpointSliceKind, type Node, NodeKind, type Pod, PodKind, type Service, ServiceKind } from "@kubets/api";
import {
  type Dialer,
  type Headers,
  type Kind,
  type KubernetesObject,
  methodNotAllowed,
  noSuchPath,
  notFound,
  type Response,
  serviceUnavailable,
  type Upgrade,
} from "@kubets/machinery";
import type { ObjectReader, RequestContext, ResourceInfo } from "../../contracts.ts";
import type { Resource } from "../resource.ts";
import type { ServeEnvironment } from "../resource-request.ts";
import { connectThrough, type Errand, forward, isUpgradeRequest } from "./dial.ts";
import {
  type KubeletTrust,
  logErrand,
  missingNode,
  nodeNameOf,
  type PodErrandOptions,
  portForwardErrand,
  streamErrand,
} from "./kubelet.ts";
import { refusingLogs } from "./log-refusal.ts";
import { asWebSocket } from "./log-web-socket.ts";
import { prefixOf, redirectToSlash, throughProxyAnswer } from "./proxied-answer.ts";
import { connectOptions } from "./connect-options.ts";
import { type Endpoints, nodeErrand, parseProxyName, podErrand, type ProxyName, serviceErrand } from "./proxy.ts";

export interface ConnectOptions {
  readonly reader: ObjectReader;
  /** Absent: nodes can't be reached, and clients are told. */
  readonly dialer: Dialer | undefined;
  readonly kubelet: KubeletTrust;
}

/** The subresources that lead to a node, a Pod or a Service. */
export const connectingSubresources: ReadonlySet<string> = new Set(["log", "exec", "attach", "portforward", "proxy"]);

/** Leads a request to where its object runs: logs, exec, attach and port-forward to the kubelet, proxies to the object itself. */
export async function serveConnect(
  environment: ServeEnvironment & { readonly connect: ConnectOptions },
  context: RequestContext,
  resource: Resource,
): Promise<Response | Upgrade> {
  const { connect } = environment;
  const { info, user, signal } = context;
  const asked = info.resource!;
  const { subresource, namespace } = asked;
  const isLog = subresource === "log";
  if (isLog ? info.verb !== "get" : subresource !== "proxy" && info.verb !== "get" && info.verb !== "create") throw methodNotAllowed();
  const proxied: ProxyName =
    subresource === "proxy" ? parseProxyName(asked.name, resource.kind.singular) : { scheme: "http", name: asked.name, port: "" };
  const object = find(connect.reader, resource.kind, { namespace: resource.kind.scope === "Cluster" ? "" : namespace, name: proxied.name });
  // Reading a log is no connection: admission isn't asked.
  if (!isLog) {
    await environment.admission.validate({
      operation: "CONNECT",
      kind: resource.kind,
      namespace,
      name: proxied.name,
      subresource,
      options: connectOptions(resource.kind, subresource, info.query),
      dryRun: false,
      user,
      signal,
      warn: (text) => context.warn(text),
    });
  }
  const { dialer } = connect;
  if (dialer === undefined) throw serviceUnavailable("this server has no connection to nodes");
  if (subresource === "proxy") {
    const errand = proxyErrand(environment, context, object, proxied);
    return serveProxy(dialer, context, errand);
  }
  const pod = object as Pod;
  // What hasn't started has said nothing.
  if (isLog && (pod.spec.nodeName ?? "") === "")
    return { status: 200, headers: { "content-type": "text/plain" }, body: { kind: "bytes", bytes: () => new Uint8Array() } };
  const nodeName = nodeNameOf(pod);
  const node = connect.reader.get(NodeKind, "", nodeName);
  if (node === undefined) throw missingNode(nodeName);
  const options: PodErrandOptions = { pod, node, trust: connect.kubelet, query: info.query };
  if (isLog) {
    const { headers } = context.request;
    const answer = await forward(refusingLogs(dialer, proxied.name), context, logErrand(options));
    if (isUpgradeRequest(headers)) return asWebSocket(answer, headers);
    return { ...answer, headers: { "content-type": "text/plain", ...answer.headers } };
  }
  return connectThrough(
    dialer,
    context,
    subresource === "portforward" ? portForwardErrand(options) : streamErrand(subresource as "exec" | "attach", options),
  );
}

/** Leads a request through, and what is answered back so that its links lead here again. */
async function serveProxy(dialer: Dialer, context: RequestContext, errand: Errand): Promise<Response | Upgrade> {
  const { request, peer } = context;
  const from: Headers = peer.via === "network" ? { "x-forwarded-for": forwardedFor(request.headers, peer.address) } : {};
  if (isUpgradeRequest(request.headers)) return connectThrough(dialer, context, { ...errand, headers: from });
  const redirect = redirectToSlash(context);
  if (redirect !== undefined) return redirect;
  const [path = ""] = request.target.split("?");
  // Pages must come as they are for their links to be found; the adapter compresses what its client wants compressed.
  const { "accept-encoding": _encodings, ...headers } = request.headers;
  const plain = { ...context, request: { ...request, headers } };
  const answer = await forward(dialer, plain, { ...errand, headers: { ...from, "x-forwarded-uri": path } });
  const hosts = [errand.target.origin.slice(errand.target.origin.indexOf("//") + 2), headers["host"] ?? ""];
  return throughProxyAnswer(answer, { prefix: prefixOf(context), hosts });
}

function forwardedFor({ "x-forwarded-for": before }: Headers, address: string): string {
  return before === undefined ? address : `${before}, ${address}`;
}

function proxyErrand(
  { connect, random }: ServeEnvironment & { readonly connect: ConnectOptions },
  context: RequestContext,
  object: KubernetesObject,
  name: ProxyName,
): Errand {
  const { group, resource } = context.info.resource as ResourceInfo;
  if (group !== "") throw noSuchPath();
  switch (resource) {
    case PodKind.resource:
      return podErrand(context, object as Pod, name);
    case NodeKind.resource:
      return nodeErrand(context, object as Node, connect.kubelet, name);
    case ServiceKind.resource: {
      const service = object as Service;
      const endpoints: Endpoints = {
        slices: slicesOf(connect.reader, service),
        podOf: (namespace, podName) => connect.reader.get(PodKind, namespace, podName),
      };
      return serviceErrand(context, service, { endpoints, fraction: random.fraction(), name });
    }
    default:
      throw noSuchPath();
  }
}

function slicesOf(reader: ObjectReader, { metadata }: Service): readonly EndpointSlice[] {
  const slices = reader.list(EndpointSliceKind, metadata.namespace ?? "");
  return slices.filter((slice) => slice.metadata.labels?.["kubernetes.io/service-name"] === metadata.name);
}

function find(
  reader: ObjectReader,
  kind: Kind,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): KubernetesObject {
  const object = reader.get(kind, namespace, name);
  if (object === undefined) throw notFound(kind, name);
  return object;
}
