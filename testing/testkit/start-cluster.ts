import type { Surroundings } from "@kubets/distribution/control-plane";
import { startControlPlane } from "@kubets/distribution/control-plane";
import { heartbeatRetention } from "@kubets/distribution/retention";
import { createManualClock, createTasks, type Logger, seededRandom, type SigningKey, silent, unmeasured } from "@kubets/machinery";
import { createSigningKey, createSystemClock, signatureVerifier, turn } from "@kubets/machinery/node";
import { defaultProfile, type SchedulerOptions } from "@kubets/scheduler";
import { createMemoryStore, type MemoryStore } from "@kubets/store/memory";
import { breathingStore } from "./breathing-store.ts";
import type { Cluster, ClusterOptions } from "./cluster.ts";
import { type ClusterSnapshot, contentOf, type SnapshotContent } from "./cluster-snapshot.ts";
import { contentFrom, templateSeed, templateStart } from "./cluster-template.ts";
import { millisecondsOf } from "./duration-text.ts";
import { createFaultPlan } from "./faults.ts";
import { RunningCluster } from "./running-cluster.ts";
import { runOperators } from "./operators.ts";
import { templateFor } from "./templates.ts";

export type { Cluster, ClusterOptions } from "./cluster.ts";

/**
 * Starts a cluster: API server, every controller, the scheduler, simulated nodes, over a store in memory. It is at rest when it is there.
 *
 * @example
 * await using cluster = await startCluster({ nodes: 3 });
 * await cluster.apply(deployment);
 * await cluster.settle();
 */
export function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  return beginCluster(options);
}

/** The same; of what goes wrong, only those of these numbers. */
export async function beginCluster(options: ClusterOptions, onlyFaults?: ReadonlySet<number>): Promise<Cluster> {
  const { snapshot, ...others } = options;
  const content = snapshot === undefined ? await templated(others) : givenContent(snapshot, others);
  return rested(options, await begin(others, content, onlyFaults));
}

/** A new cluster as others with these options begin, with its own seed and time; `undefined` when it must begin from nothing. */
async function templated(options: ClusterOptions): Promise<SnapshotContent | undefined> {
  const template = await templateFor(options, clusterForTemplate);
  const { seed = someSeed(), startTime = createSystemClock().now() } = options;
  return template === undefined ? undefined : contentFrom(template, { seed, now: startTime });
}

/** What a snapshot holds; a seed of one's own takes effect from there on. */
function givenContent(snapshot: ClusterSnapshot | string, { seed }: ClusterOptions): SnapshotContent {
  const content = contentOf(snapshot);
  return seed === undefined ? content : { ...content, seed, random: seededRandom(seed).state() };
}

/** Begins from nothing, as ever. */
export async function clusterForTemplate(options: ClusterOptions): Promise<SnapshotContent> {
  const begins = { ...options, seed: templateSeed, startTime: templateStart };
  await using cluster = await rested(options, await begin(begins, undefined));
  return contentOf(await cluster.snapshot());
}

async function rested(options: ClusterOptions, cluster: Cluster): Promise<Cluster> {
  if (options.clock === "system") await cluster.controlPlane.synced();
  else await cluster.settle({ seconds: longestStart + nodesOf(options) * longestNodeStart });
  return cluster;
}

/** Seconds of the machine's time that a cluster may take to be at rest, and each of its nodes beside that: thousands may be asked for. */
const longestStart = 10;
const longestNodeStart = 0.1;

function nodesOf({ nodes = 1 }: ClusterOptions): number {
  return typeof nodes === "number" ? nodes : nodes.length;
}

/** Resolves when the API server answers: the other parts are still coming up. */
async function begin(options: ClusterOptions, content: SnapshotContent | undefined, onlyFaults?: ReadonlySet<number>): Promise<Cluster> {
  if (content !== undefined && options.store !== undefined)
    throw new TypeError("Cannot start from a snapshot on a store of your own: a snapshot brings its store");
  const seed = content?.seed ?? options.seed ?? someSeed();
  const tasks = createTasks({ turn });
  const systemClock = createSystemClock();
  const start = content?.now ?? options.startTime ?? systemClock.now();
  const manual = options.clock === "system" ? undefined : createManualClock({ start, tasks, turn });
  const random = seededRandom(content?.random ?? seed);
  const surroundings: Surroundings = { clock: manual ?? systemClock, random, tasks, logger: silent satisfies Logger, metrics: unmeasured };
  const memory: MemoryStore | undefined =
    options.store === undefined
      ? createMemoryStore({ ...surroundings, retention: heartbeatRetention, ...(content === undefined ? {} : { image: content.store }) })
      : undefined;
  const store = memory === undefined ? await options.store!(surroundings) : breathingStore(memory, turn);
  const profiles = profilesOf(options);
  const controlPlane = await startControlPlane({
    ...surroundings,
    store,
    signingKeys: [await signingKey()],
    signatures: signatureVerifier,
    issuer: "https://kubernetes.default.svc.cluster.local",
    ...(options.apiServer === undefined ? {} : { apiServer: options.apiServer }),
    ...(options.rootCertificate === undefined ? {} : { rootCertificate: options.rootCertificate }),
    ...(options.runtimeConfig === undefined ? {} : { runtimeConfig: options.runtimeConfig }),
    ...(options.authority === undefined ? {} : { authority: options.authority }),
    ...(content?.isNew === true ? { defaultObjects: "present" } : {}),
    server: {
      ...options.server,
      ...(content?.shared === undefined ? {} : { shared: content.shared }),
      ...(content?.decoded === undefined ? {} : { decoded: content.decoded }),
    },
    components: {
      controllers: options.controllers ?? true,
      scheduler: options.scheduler === false ? false : profiles === undefined ? true : { profiles },
      programs: options.programs ?? [],
      ...(options.metricsServer === undefined ? {} : { metricsServer: options.metricsServer }),
      ...(options.loadBalancerRange === undefined ? {} : { loadBalancerRange: options.loadBalancerRange }),
      ...(content === undefined ? { simulatedNodes: options.nodes ?? 1 } : {}),
      ...(content?.nodes === undefined ? {} : { restoredNodes: content.nodes }),
      ...(options.heartbeat === undefined ? {} : { heartbeat: heartbeatsEvery(millisecondsOf(options.heartbeat)) }),
    },
  });
  // Chance of its own: whatever goes wrong, the cluster's own goes its way.
  const plan =
    options.faults === undefined
      ? undefined
      : createFaultPlan({
          faults: options.faults,
          random: seededRandom(seed + 0xfa17),
          ...(onlyFaults === undefined ? {} : { only: onlyFaults }),
        });
  const operators = runOperators(options.operators ?? [], { ...surroundings, controlPlane, plan });
  return new RunningCluster({
    ...{ seed, tasks, systemClock, manual, controlPlane, operators, store, memory, random, clock: surroundings.clock },
    ownsStore: memory !== undefined,
    ...(plan === undefined ? {} : { plan }),
    beginFrom: (copied) => {
      const { startTime: _start, nodes: _nodes, seed: _seed, ...same } = options;
      return begin(same, copied);
    },
  });
}

function someSeed(): number {
  return Math.floor(Math.random() * 2 ** 32);
}

/** Reports of a status in which nothing has changed stay as much more seldom than renewals as they are with kubelets, but aren't made more frequent. */
function heartbeatsEvery(lease: number): { readonly lease: number; readonly status: number } {
  return { lease, status: Math.max(300_000, 30 * lease) };
}

function profilesOf({ profiles, plugins = [] }: ClusterOptions): SchedulerOptions["profiles"] {
  if (plugins.length === 0) return profiles;
  return (profiles ?? [defaultProfile]).map((profile) => ({ ...profile, plugins: [...profile.plugins, ...plugins] }));
}

let sharedKey: Promise<SigningKey> | undefined;

/** One key per process: nothing depends on which it is, and making one takes a millisecond. */
function signingKey(): Promise<SigningKey> {
  sharedKey ??= Promise.resolve(createSigningKey());
  return sharedKey;
}
