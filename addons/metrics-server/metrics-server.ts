import { type Node, NodeKind, type Pod, PodKind } from "@kubets/api";
import { type Client, type Informers, readPath } from "@kubets/client";
import {
  type Clock,
  type DialRequest,
  type DialResponse,
  formatTime,
  type Instant,
  type KubernetesObject,
  type LabelRequirements,
  type Logger,
  matchesLabels,
  methodNotAllowed,
  noSuchPath,
  notFound,
  parseLabelSelector,
  StatusError,
} from "@kubets/machinery";
import { type NodeUsage, type PodUsage, quantitiesOf, readSummary } from "./usage.ts";

export interface MetricsServerOptions {
  /** As `metricsServerUser`. */
  readonly client: Client;
  readonly informers: Informers;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface MetricsServer {
  /** Answers what the API server passes on for `metrics.k8s.io`, after it has authorized it. */
  handle(request: DialRequest, signal: AbortSignal): Promise<DialResponse>;
  synced(signal?: AbortSignal): Promise<void>;
}

/** How long (milliseconds) an answer of a node is used: who asks for every Pod by itself shall not ask every node each time. */
const freshness = 10_000;
/** Over which time the figures are means, as far as kubelets say. */
const measuredOver = "15s";
const group = "metrics.k8s.io";
const version = `${group}/v1beta1`;

/** Serves what Pods and nodes use now, as their kubelets say at `/stats/summary`. Nothing is kept beyond some seconds. */
export function createMetricsServer({ client, informers, clock, logger }: MetricsServerOptions): MetricsServer {
  const [nodes, pods] = [informers.of(NodeKind), informers.of(PodKind)];
  const answers = new Map<string, { readonly at: Instant; readonly usage: Promise<NodeUsage | undefined> }>();

  const ask = async (node: string, signal: AbortSignal): Promise<NodeUsage | undefined> => {
    try {
      return readSummary(await readPath(client, `/api/v1/nodes/${encodeURIComponent(node)}/proxy/stats/summary`, { signal }), clock.now());
    } catch (error) {
      if (!signal.aborted) logger.debug("Node not measured", { node, error });
      answers.delete(node);
      return undefined;
    }
  };
  const usageOf = (node: string, signal: AbortSignal): Promise<NodeUsage | undefined> => {
    const known = answers.get(node);
    if (known !== undefined && known.at + freshness > clock.now()) return known.usage;
    const usage = ask(node, signal);
    answers.set(node, { at: clock.now(), usage });
    return usage;
  };
  const podMetrics = async (wanted: readonly Pod[], signal: AbortSignal): Promise<readonly object[]> => {
    const names = [...new Set(wanted.flatMap(({ spec }) => spec.nodeName ?? []))];
    const usages = await Promise.all(names.map((name) => usageOf(name, signal)));
    const byPod = new Map(usages.flatMap((usage) => usage?.pods ?? []).map((usage) => [`${usage.namespace}/${usage.name}`, usage]));
    return wanted.flatMap((pod) => {
      const usage = byPod.get(`${pod.metadata.namespace}/${pod.metadata.name}`);
      return usage === undefined || pod.status.phase !== "Running" ? [] : [podItem(pod, usage, clock.now())];
    });
  };
  const nodeMetrics = async (wanted: readonly Node[], signal: AbortSignal): Promise<readonly object[]> => {
    const usages = await Promise.all(wanted.map(({ metadata }) => usageOf(metadata.name, signal)));
    return wanted.flatMap((node, index) => {
      const usage = usages[index];
      return usage === undefined ? [] : [nodeItem(node, usage, clock.now())];
    });
  };
  const answer = async ({ method, target }: DialRequest, signal: AbortSignal): Promise<object> => {
    if (method !== "GET") throw methodNotAllowed();
    const [path = "", query = ""] = target.split("?", 2);
    const parts = path.split("/").slice(1).map(decodeURIComponent);
    const selector = parseLabelSelector(new URLSearchParams(query).get("labelSelector") ?? "");
    const route = routeOf(parts);
    switch (route?.what) {
      case "group":
        return groupDocument;
      case "resources":
        return resourcesDocument;
      case "nodes":
        if (route.name === undefined) return list("NodeMetricsList", await nodeMetrics(selected(nodes.list(), selector), signal));
        return one(await nodeMetrics(known(nodes.get(route.name)), signal), "nodes", route.name);
      case "pods": {
        const { namespace, name } = route;
        if (name !== undefined) return one(await podMetrics(known(pods.get(`${namespace}/${name}`)), signal), "pods", name);
        const all = pods.list(namespace === undefined ? {} : { namespace });
        return list("PodMetricsList", await podMetrics(selected(all, selector), signal));
      }
      default:
        throw noSuchPath();
    }
  };
  return {
    async handle(request, signal) {
      try {
        return json(200, await answer(request, signal));
      } catch (error) {
        if (error instanceof StatusError) return json(error.code, error.status);
        throw error;
      }
    },
    async synced(signal) {
      await Promise.all([nodes.synced(signal), pods.synced(signal)]);
    },
  };
}

type Route =
  | { readonly what: "group" | "resources" }
  | { readonly what: "nodes"; readonly name?: string }
  | { readonly what: "pods"; readonly namespace?: string; readonly name?: string };

function routeOf([apis, of, at, ...rest]: readonly string[]): Route | undefined {
  if (apis !== "apis" || of !== group) return undefined;
  if (at === undefined) return { what: "group" };
  if (at !== "v1beta1") return undefined;
  const [first, second, third, fourth, ...more] = rest;
  if (first === undefined) return { what: "resources" };
  if (more.length > 0) return undefined;
  if (first === "nodes" && third === undefined) return { what: "nodes", ...(second === undefined ? {} : { name: second }) };
  if (first === "pods" && second === undefined) return { what: "pods" };
  if (first !== "namespaces" || second === undefined || third !== "pods") return undefined;
  return { what: "pods", namespace: second, ...(fourth === undefined ? {} : { name: fourth }) };
}

function selected<T extends KubernetesObject>(objects: readonly T[], selector: LabelRequirements): readonly T[] {
  const byKey = (a: T, b: T): number => (keyOf(a) < keyOf(b) ? -1 : 1);
  return objects.filter(({ metadata }) => matchesLabels(selector, metadata.labels)).toSorted(byKey);
}

function keyOf({ metadata: { namespace = "", name } }: KubernetesObject): string {
  return `${namespace}/${name}`;
}

function known<T>(object: T | undefined): readonly T[] {
  return object === undefined ? [] : [object];
}

function one([item]: readonly object[], resource: string, name: string): object {
  if (item === undefined) throw notFound({ group, resource }, name);
  return item;
}

function list(kind: string, items: readonly object[]): object {
  return { kind, apiVersion: version, metadata: {}, items };
}

function podItem(pod: Pod, { at, containers }: PodUsage, now: Instant): object {
  return {
    kind: "PodMetrics",
    apiVersion: version,
    metadata: metadataOf(pod, now),
    timestamp: formatTime(at),
    window: measuredOver,
    containers: containers.map(({ name, ...usage }) => ({ name, usage: quantitiesOf(usage) })),
  };
}

function nodeItem(node: Node, { at, node: usage }: NodeUsage, now: Instant): object {
  return {
    kind: "NodeMetrics",
    apiVersion: version,
    metadata: metadataOf(node, now),
    timestamp: formatTime(at),
    window: measuredOver,
    usage: quantitiesOf(usage),
  };
}

function metadataOf({ metadata: { name, namespace, labels } }: KubernetesObject, now: Instant): object {
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    creationTimestamp: formatTime(now),
    ...(labels === undefined ? {} : { labels }),
  };
}

const groupDocument = {
  kind: "APIGroup",
  apiVersion: "v1",
  name: group,
  versions: [{ groupVersion: version, version: "v1beta1" }],
  preferredVersion: { groupVersion: version, version: "v1beta1" },
};

const resourcesDocument = {
  kind: "APIResourceList",
  apiVersion: "v1",
  groupVersion: version,
  resources: [
    { name: "nodes", singularName: "", namespaced: false, kind: "NodeMetrics", verbs: ["get", "list"] },
    { name: "pods", singularName: "", namespaced: true, kind: "PodMetrics", verbs: ["get", "list"] },
  ],
};

function json(status: number, body: object): DialResponse {
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  return { status, headers: { "content-type": "application/json" }, body: chunks(bytes) };
}

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
