import { kinds } from "@kubets/api";
import type { Client } from "@kubets/client";
import { type ControlPlane, startControlPlane, type Surroundings } from "@kubets/distribution/control-plane";
import {
  createManualClock,
  apiVersionOf,
  createTasks,
  type Clock,
  type Instant,
  type KubernetesObject,
  type ManualClock,
  parseDuration,
  parseYamlDocuments,
  seededRandom,
  type SigningKey,
  silent,
  type TaskFailure,
  type Tasks,
  unmeasured,
  type UserInfo,
} from "@kubets/machinery";
import { createSystemClock, createSigningKey, turn } from "@kubets/machinery/node";
import { createMemoryStore } from "@kubets/store/memory";
import type { ProgramRule } from "@kubets/simulated";
import type { Store } from "@kubets/store";
import { type HttpsEndpoint, openEndpoint } from "./https-endpoint.ts";
import { NotSettledError } from "./not-settled.ts";

export interface ClusterOptions {
  /** How many simulated nodes; 1 when absent. */
  readonly nodes?: number;
  /** What containers on them do, by image or by any other rule. Without one, they run until they are stopped. */
  readonly programs?: readonly ProgramRule[];
  /** `test`: the clock stands still until the test moves it. `system`: it runs. */
  readonly clock?: "test" | "system";
  /** When a test clock begins; the machine's time when absent. */
  readonly startTime?: Instant;
  /** The same seed gives the same cluster. A random one when absent; it is `cluster.seed`. */
  readonly seed?: number;
  /** An empty memory store when absent. It is not closed with the cluster. */
  readonly store?: (surroundings: Surroundings) => Promise<Store>;
  readonly controllers?: boolean;
  readonly scheduler?: boolean;
}

export interface ClusterClock extends Clock {
  /** Moves a test clock, as `"30d"`, `"1h30m"` or milliseconds; everything that is due on the way happens. */
  advance(duration: string | number): Promise<void>;
}

/** A whole Kubernetes cluster in this process. */
export interface Cluster extends AsyncDisposable {
  /** As the cluster's administrator. */
  readonly client: Client;
  readonly clock: ClusterClock;
  readonly seed: number;
  readonly tasks: Tasks;
  readonly controlPlane: ControlPlane;
  /** `https://127.0.0.1:PORT`, for clients in any language. The listener and its certificates are made at the first use. */
  readonly url: Promise<string>;
  /** The text of a kubeconfig for {@link url}, as the administrator. */
  readonly kubeconfig: Promise<string>;
  /** A client as anybody else. */
  as(user: UserInfo): Client;
  /** Creates every object of the manifest, one after the other. */
  apply(manifest: string): Promise<readonly KubernetesObject[]>;
  /** Resolves when nothing moves any more and no timer is due. Rejects with a {@link NotSettledError} after `seconds` (10 when absent). */
  settle(options?: { readonly seconds?: number }): Promise<void>;
  /** What failed in the background since the start. Empty in a healthy cluster. */
  readonly failures: readonly TaskFailure[];
}

const administrator: UserInfo = { name: "kubernetes-admin", groups: ["system:masters"] };

/**
 * Starts a cluster: API server, every controller, the scheduler, simulated nodes, over a store in memory.
 *
 * @example
 * await using cluster = await startCluster({ nodes: 3 });
 * await cluster.apply(deployment);
 * await cluster.settle();
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const { nodes = 1, clock: clockKind = "test", seed = Math.floor(Math.random() * 2 ** 32) } = options;
  const tasks = createTasks({ turn });
  const systemClock = createSystemClock();
  const manual = clockKind === "test" ? createManualClock({ start: options.startTime ?? systemClock.now(), tasks, turn }) : undefined;
  const surroundings: Surroundings = {
    clock: manual ?? systemClock,
    random: seededRandom(seed),
    tasks,
    logger: silent,
    metrics: unmeasured,
  };
  const store = options.store === undefined ? createMemoryStore(surroundings) : await options.store(surroundings);
  const controlPlane = await startControlPlane({
    ...surroundings,
    store,
    signingKeys: [await signingKey()],
    issuer: "https://kubernetes.default.svc.cluster.local",
    components: {
      controllers: options.controllers ?? true,
      scheduler: options.scheduler ?? true,
      simulatedNodes: nodes,
      programs: options.programs ?? [],
    },
  });
  const settle = async ({ seconds = 10 }: { readonly seconds?: number } = {}): Promise<void> => {
    const late = new AbortController();
    using _timer = systemClock.after(seconds * 1000, () => late.abort(new Error("late")));
    try {
      await tasks.settle({ signal: late.signal });
    } catch (error) {
      if (late.signal.aborted) throw new NotSettledError(seconds, tasks.pending(), tasks.failures);
      throw error;
    }
  };
  if (manual !== undefined) await settle();
  else await controlPlane.synced();
  const client = controlPlane.clientFor(administrator, "testkit");
  let endpoint: Promise<HttpsEndpoint> | undefined;
  const listen = (): Promise<HttpsEndpoint> => (endpoint ??= openEndpoint(controlPlane, tasks));
  return {
    client,
    clock: { ...surroundings.clock, advance: (duration) => advance(manual, duration) },
    seed,
    tasks,
    controlPlane,
    get url() {
      return listen().then(({ url }) => url);
    },
    get kubeconfig() {
      return listen().then(({ kubeconfig }) => kubeconfig);
    },
    as: (user) => controlPlane.clientFor(user),
    apply: (manifest) => createAll(client, manifest),
    settle,
    failures: tasks.failures,
    async [Symbol.asyncDispose]() {
      await (await endpoint)?.close();
      await controlPlane.stop();
      if (options.store === undefined) await store.close();
    },
  };
}

async function advance(manual: ManualClock | undefined, duration: string | number): Promise<void> {
  if (manual === undefined)
    throw new Error('Cannot advance the clock: this cluster runs on the machine\'s time; start it with clock: "test"');
  await manual.advance(typeof duration === "number" ? duration : millisecondsOf(duration));
}

/** Go's durations, and days, which a test likes to skip: `30d`, `1h30m`. */
function millisecondsOf(text: string): number {
  const days = /^(\d+)d(.*)$/.exec(text);
  const rest = days === null ? text : days[2]!;
  const parsed = rest === "" ? 0n : parseDuration(rest);
  if (parsed === undefined || text === "")
    throw new RangeError(`Cannot advance the clock by "${text}": expected a duration such as 30d, 1h30m or 500ms`);
  return Number(days?.[1] ?? 0) * 86_400_000 + Number(parsed) / 1e6;
}

async function createAll(client: Client, manifest: string): Promise<readonly KubernetesObject[]> {
  const created: KubernetesObject[] = [];
  for (const { value } of parseYamlDocuments(manifest)) {
    const object = value as KubernetesObject;
    const kind = kinds.find((each) => each.kind === object.kind && apiVersionOf(each) === object.apiVersion);
    if (kind === undefined) throw new Error(`Cannot apply ${object.apiVersion} ${object.kind}: this cluster serves no such kind`);
    const resource = client.resource(kind);
    const namespace = object.metadata.namespace ?? "default";
    created.push(await (kind.scope === "Cluster" ? resource : resource.in(namespace)).create(object));
  }
  return created;
}

let sharedKey: Promise<SigningKey> | undefined;

/** One key per process: nothing depends on which it is, and making one takes a millisecond. */
function signingKey(): Promise<SigningKey> {
  sharedKey ??= Promise.resolve(createSigningKey());
  return sharedKey;
}
