import {
  type Clock,
  type Dialer,
  type Kind,
  type KubernetesObject,
  type Logger,
  type Metrics,
  type Random,
  sleep,
  type Tasks,
  type UserInfo,
  type YamlReader,
} from "@kubets/machinery";
import { CustomResourceDefinitionKind, FlowSchemaKind, IPAddressKind, ServiceCIDRKind, ServiceKind } from "@kubets/api";
import { untilAborted } from "@kubets/client";
import type { Store } from "@kubets/store";
import type {
  AdmissionPlugin,
  ApiServer,
  Authenticator,
  Authorizer,
  Endpoint,
  ObjectExchange,
  ObjectReader,
  ObjectWriter,
  PathEndpoint,
  RequestInfo,
  ResourceInfo,
  ResourceEndpoint,
} from "./contracts.ts";
import { conversionOf, createDefinitions, type Definitions, type DefinitionsOptions } from "./custom-resources/index.ts";
import { type HealthCheck, healthEndpoints } from "./endpoints/health.ts";
import { metricsEndpoint, type MetricsText } from "./endpoints/metrics.ts";
import { versionEndpoint, type VersionInfo } from "./endpoints/version.ts";
import { admissionChain } from "./registry/admission-chain.ts";
import type { WriteEnvironment } from "./registry/bracket.ts";
import type { ComponentProbe } from "./registry/component-statuses.ts";
import { type Claims, createClaims } from "./registry/claims.ts";
import { createObjectReader, createObjectRemover, createObjectWriter, objectExchange } from "./registry/core.ts";
import type { KubeletTrust } from "./registry/connect/kubelet.ts";
import { type RegistryEnvironment, registryEndpoint } from "./registry/endpoint.ts";
import { createFollowings } from "./registry/follow.ts";
import { createResources, type Resources } from "./registry/resource.ts";
import type { AddressObjects } from "./registry/services/service-addresses.ts";
import { createServiceClaimer, type NodePortRange } from "./registry/services/service-claims.ts";
import type { AuditSink } from "./request/audit.ts";
import { authentication } from "./request/authentication.ts";
import { priorityAndFairness } from "./flow-control/priority-and-fairness.ts";
import { createFlowControl, defaultLimits, type FlowControlLimits } from "./request/flow-control.ts";
import { createPipeline } from "./request/pipeline.ts";
import { createRouter } from "./request/router.ts";
import { createResourceCatalog, type ResourceCatalog } from "./resource-catalog.ts";
import type { ServedKinds } from "./runtime-config.ts";
import { webhookClient } from "./webhooks/webhook-client.ts";
import { createWatchCache, type DecodedObjects, type SharedObjects, type WatchCache } from "./watch-cache/watch-cache.ts";

/** What the server gives to the parts that are built on it. */
export interface ServerCore {
  readonly reader: ObjectReader;
  /** Writes as `system:apiserver`, without authorization and admission. */
  readonly writer: ObjectWriter;
  readonly exchange: ObjectExchange;
  /** Deletes an object as its finalizers allow; one that is gone already is no matter. */
  readonly remove: (kind: Kind, namespace: string, name: string) => Promise<void>;
  /** Where Services get their addresses as long as no ServiceCIDR says otherwise. */
  readonly serviceRanges: readonly string[];
  /** Which kinds are served now. */
  readonly catalog: ResourceCatalog;
  readonly clock: Clock;
  readonly random: Random;
  readonly tasks: Tasks;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** How other servers are reached; they can't be when absent. */
  readonly dialer: Dialer | undefined;
}

/** The parts that are built on the server's own objects. */
export interface ServerParts {
  /** The first that knows the caller decides. */
  readonly authenticators: readonly Authenticator[];
  readonly authorizer: Authorizer;
  /** In the order in which they are asked. */
  readonly admission: readonly AdmissionPlugin[];
  readonly pathEndpoints: readonly PathEndpoint[];
  readonly resourceEndpoints: readonly ResourceEndpoint[];
  /** Who answers in place of this server, whatever is asked; it answers itself where that is `undefined`. */
  readonly elsewhere?: (info: RequestInfo) => Endpoint | undefined;
  /** What must have been done once before the server is ready, such as the default roles. */
  readonly postStart?: readonly PostStart[];
}

/** Objects of one kind with which every cluster begins; see {@link ObjectWriter.createConstant}. */
export interface Constants {
  readonly kind: Kind;
  readonly objects: readonly object[];
}

/** A piece of work after the start: tried again until it succeeds, and waited for by `/readyz`. */
export interface PostStart {
  readonly name: string;
  /**
   * What it creates as constants where it is missing. These are prepared before any work begins: the first cluster of a process must come to the
   * same as later ones, which find them prepared.
   */
  readonly constants?: readonly Constants[];
  run(signal: AbortSignal): Promise<void>;
}

export interface ApiServerOptions {
  readonly store: Store;
  /** What the server knows. */
  readonly kinds: readonly Kind[];
  /** Which of them clients find; all when absent. The server itself still reads and writes the others. */
  readonly serves?: ServedKinds;
  readonly clock: Clock;
  readonly random: Random;
  readonly tasks: Tasks;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly version: VersionInfo;
  /** Authentication, authorization, admission and the endpoints beside the registry. */
  readonly parts: (core: ServerCore) => ServerParts;
  readonly audit?: AuditSink;
  /** What `/metrics` answers; not served when absent. */
  readonly metricsText?: MetricsText;
  readonly limits?: FlowControlLimits;
  /** Besides the server's own. */
  readonly readyChecks?: readonly HealthCheck[];
  /** How long Events are kept; an hour when absent, 0 for ever. */
  readonly eventSeconds?: number;
  /** Where Services get their addresses; `10.96.0.0/12` when absent. A second range of the other family makes a dual-stack cluster. */
  readonly serviceRanges?: readonly string[];
  /** Where Services get their node ports; 30000 to 32767 when absent. */
  readonly nodePortRange?: NodePortRange;
  /** How nodes, Pods and Services are reached for logs, exec, attach, port-forward and proxies; they can't be when absent. */
  readonly dialer?: Dialer;
  /** By whom kubelets' certificates must be signed, and the certificate to show them. */
  readonly kubelet?: KubeletTrust;
  /** The components that ComponentStatuses tell of, besides the store. */
  readonly components?: readonly ComponentProbe[];
  /** Reads large YAML elsewhere than on the thread that serves; there when absent. */
  readonly readYaml?: YamlReader;
  /** Objects that were decoded by the server of whose store this one is a copy. */
  readonly shared?: SharedObjects;
  /** Objects that the store holds already and somebody has decoded. */
  readonly decoded?: DecodedObjects;
}

const self: UserInfo = { name: "system:apiserver", groups: ["system:masters", "system:authenticated"] };

// How long requests under way may take once the server closes.
const longestClosing = 30_000;
const postStartRetry = 1000;

/** Where Services get their node ports unless the server is told otherwise. */
export const defaultNodePorts: NodePortRange = { first: 30_000, last: 32_767 };
export const defaultServiceRanges: readonly string[] = ["10.96.0.0/12"];

/** Makes the API server over a store: loads its watch caches, then answers. */
export async function createApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { store, kinds, clock, random, tasks, logger, metrics } = options;
  const watchCache = createWatchCache({
    store,
    kinds: kinds.filter(({ storedAs }) => storedAs === undefined),
    clock,
    tasks,
    logger,
    shared: options.shared,
    decoded: options.decoded,
  });
  await watchCache.start();
  const catalog = createResourceCatalog(options.serves === undefined ? kinds : kinds.filter(options.serves));
  const resources = createResources(catalog, watchCache, kinds);
  const reader = createObjectReader(resources, watchCache);
  const serviceRanges = options.serviceRanges ?? defaultServiceRanges;
  // Claims write, and writes claim.
  const claims = claimsOf(options, { reader, writer: () => writer, remove: (...of) => remove(...of) }, serviceRanges);
  const base: Omit<WriteEnvironment, "admission" | "authorizer"> = {
    store,
    watchCache,
    clock,
    random,
    claims,
    eventSeconds: options.eventSeconds ?? 3600,
    turn: tasks.turn,
    abreast: tasks.breathe,
    readYaml: options.readYaml,
  };
  const writer = createObjectWriter({ environment: base, resources, tasks, user: self });
  const remove = createObjectRemover({ environment: base, resources, tasks, user: self });
  const exchange = objectExchange;
  const parts = options.parts({
    reader,
    writer,
    remove,
    exchange,
    serviceRanges,
    catalog,
    clock,
    random,
    tasks,
    logger,
    metrics,
    dialer: options.dialer,
  });
  // What upstream calls the first of its stores.
  const etcd: ComponentProbe = { name: "etcd-0", probe: () => watchCache.current((wait) => Promise.resolve(wait)).then(() => "ok") };
  const components = [...(options.components ?? []), etcd];
  const connect = { reader, dialer: options.dialer, kubelet: options.kubelet ?? {} };
  const environment: RegistryEnvironment = {
    ...base,
    admission: admissionChain(parts.admission, { clock, metrics }),
    authorizer: parts.authorizer,
    tasks,
    connect,
    components,
  };
  const definitions = definitionsOf(options, { catalog, watchCache, reader, writer, resources, environment: base });
  await definitions?.start();
  const closing = new AbortController();
  await prepareConstants(parts.postStart ?? [], { reader, writer });
  const postStart = startHooks(parts.postStart ?? [], { clock, tasks, logger, signal: closing.signal });
  const limits = options.limits ?? defaultLimits;
  // A server for a few kinds of its own may have no priorities.
  const fairness = kinds.some(({ resource }) => resource === FlowSchemaKind.resource)
    ? priorityAndFairness({ reader, clock, metrics, seats: limits.reading + limits.mutating, count: (of) => countOf(resources, of) })
    : undefined;
  const authenticator = authentication(parts.authenticators);
  const followings = createFollowings({
    watchCache,
    resources,
    authenticator,
    authorizer: parts.authorizer,
    isKept: (info) =>
      options.audit === undefined &&
      parts.elsewhere?.(info) === undefined &&
      !parts.resourceEndpoints.some(
        ({ group, resource, subresource }) => subresource === "" && resource === info.resource?.resource && group === info.resource.group,
      ),
    clock,
    tasks,
    metrics,
  });
  const handle = createPipeline({
    clock,
    random,
    tasks,
    logger,
    metrics,
    authenticator,
    authorizer: parts.authorizer,
    flowControl: createFlowControl(limits),
    fairness,
    audit: options.audit,
    route: createRouter({
      pathEndpoints: [
        ...healthEndpoints(checksOf(watchCache, postStart, closing.signal, options.readyChecks ?? []), (name, error) =>
          logger.info("Health check failed", { name, error }),
        ),
        versionEndpoint(options.version),
        ...(fairness?.endpoints ?? []),
        ...(options.metricsText === undefined ? [] : [metricsEndpoint(options.metricsText)]),
        ...parts.pathEndpoints,
      ],
      resourceEndpoints: parts.resourceEndpoints,
      ...(parts.elsewhere === undefined ? {} : { elsewhere: parts.elsewhere }),
      resource: registryEndpoint(environment, resources),
    }),
  });
  let underWay = 0;
  let rest = Promise.withResolvers<void>();
  return {
    async handle(request, peer, signal) {
      underWay++;
      try {
        return await handle(request, peer, signal);
      } finally {
        if (--underWay === 0) {
          rest.resolve();
          rest = Promise.withResolvers();
        }
      }
    },
    follow: followings.follow,
    async ready(signal) {
      await untilAborted(postStart.done, signal);
    },
    reader,
    objects: () => watchCache.objects(),
    async close() {
      closing.abort(new Error("the API server is closing"));
      definitions?.stop();
      followings.close();
      watchCache.endWatches();
      const late = new AbortController();
      if (underWay > 0) await Promise.race([rest.promise, sleep(clock, longestClosing, late.signal).catch(() => {})]);
      late.abort();
      await watchCache.close();
    },
  };
}

/** How many objects a list looks at, if it looks at all of them. */
function countOf(resources: Resources, { namespace, ...resource }: ResourceInfo): number {
  return resources.find(resource)?.cache.countAfter(namespace, "") ?? 0;
}

function claimsOf(
  { kinds, random, nodePortRange: nodePorts = defaultNodePorts }: ApiServerOptions,
  objects: AddressObjects,
  addressRanges: readonly string[],
): Claims {
  // A server for a few kinds of its own may have no Services, or nothing to keep their addresses by.
  const has = (kind: Pick<Kind, "group" | "resource">): boolean =>
    kinds.some(({ group, resource }) => group === kind.group && resource === kind.resource);
  if (!has(ServiceKind)) return createClaims(new Map());
  const kept = has(IPAddressKind) && has(ServiceCIDRKind) ? { objects } : {};
  const services = objects.reader.list(ServiceKind, "");
  return createClaims(new Map([["services", createServiceClaimer({ addressRanges, nodePorts, random, services, ...kept })]]));
}

interface DefinitionParts extends Pick<DefinitionsOptions, "catalog" | "reader" | "watchCache" | "writer"> {
  readonly resources: Resources;
  readonly environment: Omit<WriteEnvironment, "admission" | "authorizer">;
}

function definitionsOf(
  { kinds, clock, random, tasks, logger, dialer }: ApiServerOptions,
  { resources, environment, ...parts }: DefinitionParts,
): Definitions | undefined {
  // A server for a few kinds of its own may have no custom resources.
  if (!kinds.some(({ resource }) => resource === CustomResourceDefinitionKind.resource)) return undefined;
  const remove = createObjectRemover({ environment, resources, tasks, user: self });
  const ask = webhookClient({ dialer, reader: parts.reader, random, clock });
  const conversion: DefinitionsOptions["conversion"] = (definition) => conversionOf(definition, { ask, random });
  return createDefinitions({ ...parts, deleteObject: remove, conversion, clock, tasks, logger });
}

async function prepareConstants(
  hooks: readonly PostStart[],
  { reader, writer }: { readonly reader: ObjectReader; readonly writer: ObjectWriter },
): Promise<void> {
  for (const { kind, objects } of hooks.flatMap(({ constants = [] }) => constants)) {
    for (const object of objects) {
      const { namespace = "", name = "" } = (object as KubernetesObject).metadata;
      if (reader.get(kind, namespace, name) === undefined) await writer.prepareConstant(kind, object);
    }
  }
}

interface PostStartState {
  readonly names: readonly string[];
  readonly pending: ReadonlySet<string>;
  readonly done: Promise<void>;
}

function startHooks(
  hooks: readonly PostStart[],
  { clock, tasks, logger, signal }: { readonly clock: Clock; readonly tasks: Tasks; readonly logger: Logger; readonly signal: AbortSignal },
): PostStartState {
  const pending = new Set(hooks.map(({ name }) => name));
  const { promise, resolve } = Promise.withResolvers<void>();
  if (hooks.length === 0) resolve();
  for (const hook of hooks) {
    tasks.start(`post-start ${hook.name}`, async (task) => {
      while (!signal.aborted) {
        try {
          await hook.run(signal);
          pending.delete(hook.name);
          if (pending.size === 0) resolve();
          return;
        } catch (error) {
          if (signal.aborted) return;
          logger.warn("Work after the start failed and is tried again", { name: hook.name, error });
          await task.idle(sleep(clock, postStartRetry, signal).catch(() => {}));
        }
      }
    });
  }
  return { names: hooks.map(({ name }) => name), pending, done: promise };
}

function checksOf(
  watchCache: WatchCache,
  postStart: PostStartState,
  closing: AbortSignal,
  more: readonly HealthCheck[],
): { readonly livez: readonly HealthCheck[]; readonly readyz: readonly HealthCheck[] } {
  const ping: HealthCheck = { name: "ping", check: async () => {} };
  const hooks = postStart.names.map((name): HealthCheck => ({
    name: `poststarthook/${name}`,
    async check() {
      if (postStart.pending.has(name)) throw new Error("not finished");
    },
  }));
  const storage: HealthCheck = { name: "store", check: () => watchCache.current((wait) => Promise.resolve(wait)) };
  const shutdown: HealthCheck = {
    name: "shutdown",
    async check() {
      closing.throwIfAborted();
    },
  };
  return { livez: [ping, ...hooks], readyz: [ping, storage, ...hooks, ...more, shutdown] };
}
