import type { HorizontalPodAutoscaler, MetricIdentifier, MetricSpec, Scale } from "@kubets/api";
import { type Client, findKind, type KindName, readPath, targetOf } from "@kubets/client";
import { formatLabelSelector, type Instant, isStatus, type Kind, type LabelSelector, milliValue, parseTime } from "@kubets/machinery";
import type { PodReading, Reading, TimedReading } from "./readings.ts";
import type { ScaleAnswer } from "./reconcile.ts";

/** What an autoscaler has to ask the API for: no cache holds it. */
export interface Asker {
  readonly client: Client;
  readonly signal: AbortSignal;
  readonly monotonic: () => number;
  /** Kinds that are served in any case: what they are called needn't be asked. */
  readonly kinds: readonly Kind[];
}

/** How the target is scaled now. */
export async function askScale({ metadata, spec }: HorizontalPodAutoscaler, asker: Asker): Promise<ScaleAnswer> {
  const { apiVersion = "v1", kind: kindName, name } = spec.scaleTargetRef;
  try {
    const kind = await kindOf({ apiVersion, kind: kindName }, asker);
    const scale = await asker.client
      .resource(kind)
      .in(metadata.namespace ?? "")
      .subresource(name, "scale")
      .get({ signal: asker.signal });
    return { is: "found", kind, scale: withNumbers(scale as Scale) };
  } catch (error) {
    if (asker.signal.aborted) throw error;
    return { is: "failed", message: messageOf(error) };
  }
}

/** A server of custom resources may leave out what is zero. */
function withNumbers(scale: Scale): Scale {
  return { ...scale, spec: scale.spec ?? {}, status: { ...scale.status, replicas: scale.status?.replicas ?? 0 } };
}

async function kindOf(name: KindName, { client, signal, kinds }: Asker): Promise<Kind> {
  const found = await findKind(client, name, { kinds, signal });
  if (found === undefined) throw new Error(`no matches for kind "${name.kind}" in version "${name.apiVersion}"`);
  return found;
}

/** Reads the metrics of a spec, in its order; `selector` finds the Pods. */
export async function askReadings(autoscaler: HorizontalPodAutoscaler, selector: string, asker: Asker): Promise<readonly TimedReading[]> {
  const namespace = autoscaler.metadata.namespace ?? "";
  const { metrics = [] } = autoscaler.spec;
  // One answer tells of all resources of all Pods.
  let usage: Promise<readonly PodUsage[]> | undefined;
  const usageOfPods = (): Promise<readonly PodUsage[]> => (usage ??= askUsage(namespace, selector, asker));
  return Promise.all(
    metrics.map(async (metric): Promise<TimedReading> => {
      const began = asker.monotonic();
      const seconds = (): number => (asker.monotonic() - began) / 1000;
      try {
        const reading = await askReading(metric, { namespace, selector, asker, usageOfPods });
        return { ...reading, seconds: seconds() };
      } catch (error) {
        if (asker.signal.aborted) throw error;
        return { is: "failed", message: messageOf(error), seconds: seconds() };
      }
    }),
  );
}

interface MetricQuestion {
  readonly namespace: string;
  readonly selector: string;
  readonly asker: Asker;
  readonly usageOfPods: () => Promise<readonly PodUsage[]>;
}

async function askReading(metric: MetricSpec, question: MetricQuestion): Promise<Reading> {
  switch (metric.type) {
    case "Resource":
      return { is: "pods", pods: resourceReadings(await question.usageOfPods(), metric.resource!.name) };
    case "ContainerResource": {
      const { name, container } = metric.containerResource!;
      return { is: "pods", pods: resourceReadings(await question.usageOfPods(), name, container) };
    }
    case "Pods":
      return { is: "pods", pods: await podReadings(metric.pods!.metric, question) };
    case "Object":
      return { is: "value", milli: await objectReading(metric.object!, question) };
    case "External":
      return { is: "value", milli: await externalReading(metric.external!.metric, question) };
    default:
      return { is: "failed", message: `unknown metric source type "${metric.type}"` };
  }
}

/** An item of `metrics.k8s.io`. */
interface PodUsage {
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly timestamp: string;
  readonly window: string;
  readonly containers?: readonly { readonly name: string; readonly usage?: Readonly<Record<string, string>> }[];
}

async function askUsage(namespace: string, labelSelector: string, { client, signal }: Asker): Promise<readonly PodUsage[]> {
  const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods`;
  const { items = [] } = (await ask(client, targetOf(path, { labelSelector }), {
    signal,
    api: "resource metrics API",
    resource: "pods.metrics.k8s.io",
  })) as { readonly items?: readonly PodUsage[] };
  if (items.length === 0) throw new Error("no metrics returned from resource metrics API");
  return items;
}

function resourceReadings(usage: readonly PodUsage[], resource: string, container?: string): ReadonlyMap<string, PodReading> {
  const readings = new Map<string, PodReading>();
  for (const { metadata, timestamp, window, containers = [] } of usage) {
    const counted = container === undefined ? containers : containers.filter(({ name }) => name === container);
    if (container !== undefined && counted.length === 0)
      throw new Error(
        `failed to get container metrics: container ${container} not present in metrics for pod ${metadata.namespace}/${metadata.name}`,
      );
    const amounts = counted.map(({ usage: used = {} }) => used[resource]);
    // A Pod of which one container says nothing is as unknown as one of which nothing is said.
    if (amounts.length === 0 || amounts.includes(undefined)) continue;
    const milli = amounts.reduce((sum, amount) => sum + milliValue(amount!), 0);
    readings.set(metadata.name, { milli, at: instantOf(timestamp), windowSeconds: secondsOf(window) });
  }
  return readings;
}

/** An item of `custom.metrics.k8s.io`, in either of its versions, and of `external.metrics.k8s.io`. */
interface MetricValue {
  readonly describedObject?: { readonly name: string };
  readonly timestamp?: string;
  readonly window?: string;
  readonly windowSeconds?: number;
  readonly value: string;
}

const customMetrics = { api: "custom metrics API", group: "custom.metrics.k8s.io" };
const externalMetrics = { api: "external metrics API", group: "external.metrics.k8s.io" };

async function podReadings(
  { name, selector }: MetricIdentifier,
  { namespace, selector: labelSelector, asker }: MetricQuestion,
): Promise<ReadonlyMap<string, PodReading>> {
  const path = `${await customPath(asker)}/namespaces/${namespace}/pods/*/${name}`;
  const query = { labelSelector, metricLabelSelector: selectorText(selector) };
  const items = await askValues(targetOf(path, query), { ...customMetrics, resource: `pods.${customMetrics.group}`, asker });
  return new Map(
    items.map(({ describedObject, timestamp = "", window, windowSeconds, value }) => [
      describedObject?.name ?? "",
      {
        milli: milliValue(value),
        at: instantOf(timestamp),
        windowSeconds: windowSeconds ?? (window === undefined ? 60 : secondsOf(window)),
      },
    ]),
  );
}

async function objectReading(
  { describedObject, metric }: NonNullable<MetricSpec["object"]>,
  { namespace, asker }: MetricQuestion,
): Promise<number> {
  const { apiVersion = "v1", kind: kindName, name } = describedObject;
  const kind = await kindOf({ apiVersion, kind: kindName }, asker);
  const resource = kind.group === "" ? kind.resource : `${kind.resource}.${kind.group}`;
  const root = await customPath(asker);
  // A namespace is described by what is in it.
  const path =
    kindName === "Namespace"
      ? `${root}/namespaces/${name}/metrics/${metric.name}`
      : `${root}/namespaces/${namespace}/${resource}/${name}/${metric.name}`;
  const query = { metricLabelSelector: selectorText(metric.selector) };
  const [value] = await askValues(targetOf(path, query), { ...customMetrics, resource: `${resource}.${customMetrics.group}`, asker });
  return milliValue(value!.value);
}

async function externalReading({ name, selector }: MetricIdentifier, { namespace, asker }: MetricQuestion): Promise<number> {
  const path = `/apis/${externalMetrics.group}/v1beta1/namespaces/${namespace}/${name}`;
  const query = { labelSelector: selectorText(selector) };
  const items = await askValues(targetOf(path, query), { ...externalMetrics, resource: `${name}.${externalMetrics.group}`, asker });
  return items.reduce((sum, { value }) => sum + milliValue(value), 0);
}

function selectorText(selector: LabelSelector | undefined): string | undefined {
  return selector === undefined ? undefined : formatLabelSelector(selector);
}

interface Versions {
  readonly versions?: readonly { readonly version: string }[];
}

async function customPath({ client, signal }: Asker): Promise<string> {
  const root = `/apis/${customMetrics.group}`;
  const { versions = [] } = (await ask(client, root, {
    signal,
    api: customMetrics.api,
    resource: customMetrics.group,
  })) as Versions;
  const isNewer = versions.some(({ version }) => version === "v1beta2");
  return `${root}/${isNewer ? "v1beta2" : "v1beta1"}`;
}

interface ValueQuestion {
  readonly api: string;
  readonly resource: string;
  readonly asker: Asker;
}

async function askValues(target: string, { api, resource, asker: { client, signal } }: ValueQuestion): Promise<readonly MetricValue[]> {
  const { items = [] } = (await ask(client, target, { signal, api, resource })) as { readonly items?: readonly MetricValue[] };
  if (items.length === 0) throw new Error(`no metrics returned from ${api}`);
  return items;
}

async function ask(
  client: Client,
  target: string,
  { signal, api, resource }: { readonly signal: AbortSignal; readonly api: string; readonly resource: string },
): Promise<unknown> {
  try {
    return await readPath(client, target, { signal });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Error(`unable to fetch metrics from ${api}: ${explained(error, resource)}`, { cause: error });
  }
}

/** As clients of Go say it: what wasn't there, or couldn't answer, is named. */
function explained(error: unknown, resource: string): string {
  if (isStatus(error, "NotFound") && error.status.details?.name === undefined)
    return `the server could not find the requested resource (get ${resource})`;
  if (isStatus(error, "ServiceUnavailable")) return `the server is currently unable to handle the request (get ${resource})`;
  return messageOf(error);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function instantOf(time: string): Instant {
  return (parseTime(time) ?? 0) as Instant;
}

/** Seconds of a duration as Go writes it, such as `15s` or `1m0.5s`. */
function secondsOf(duration: string): number {
  let seconds = 0;
  for (const [, amount, unit] of duration.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g))
    seconds += Number(amount) * ({ ms: 0.001, s: 1, m: 60, h: 3600 }[unit!] ?? 0);
  return seconds;
}
