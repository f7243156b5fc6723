import { type Client, createClient, type Transport } from "@kubets/client";
import { applyManifest } from "@kubets/distribution/apply-manifest";
import type { ControlPlane } from "@kubets/distribution/control-plane";
import {
  type Clock,
  type KubernetesObject,
  type ManualClock,
  type SeededRandom,
  sleep,
  type TaskFailure,
  type Tasks,
  type UserInfo,
} from "@kubets/machinery";
import { turn } from "@kubets/machinery/node";
import type { Revision, Store } from "@kubets/store";
import type { MemoryStore } from "@kubets/store/memory";
import { clientAt, type ReadClient } from "./at-revision.ts";
import type { Cluster, ClusterClock, SettleOptions } from "./cluster.ts";
import { type ClusterSnapshot, clusterSnapshot, type SnapshotContent } from "./cluster-snapshot.ts";
import { millisecondsOf } from "./duration-text.ts";
import { explain } from "./explain.ts";
import type { FaultPlan } from "./faults.ts";
import { type HttpsEndpoint, openEndpoint } from "./https-endpoint.ts";
import { NotSettledError } from "./not-settled.ts";
import { administrator } from "./operators.ts";
import { busiestObjects, lastEvents } from "./recent-writes.ts";

export interface RunningClusterParts {
  readonly seed: number;
  readonly tasks: Tasks;
  readonly clock: Clock;
  readonly systemClock: Clock;
  /** Absent when the cluster runs on the machine's time. */
  readonly manual: ManualClock | undefined;
  readonly random: SeededRandom;
  readonly controlPlane: ControlPlane;
  readonly operators: { stop(): Promise<void> };
  readonly store: Store;
  readonly memory: MemoryStore | undefined;
  readonly ownsStore: boolean;
  readonly plan?: FaultPlan;
  /** Another cluster with the same options. */
  readonly beginFrom: (content: SnapshotContent) => Promise<Cluster>;
}

/** What waits for the world outside, not for the cluster. */
const defaultQuiet = 100;

export class RunningCluster implements Cluster {
  readonly seed: number;
  readonly tasks: Tasks;
  readonly controlPlane: ControlPlane;
  readonly clock: ClusterClock;
  readonly client: Client;
  readonly failures: readonly TaskFailure[];
  readonly faults?: FaultPlan;
  readonly #parts: RunningClusterParts;
  #endpoint: Promise<HttpsEndpoint> | undefined;
  #advancing = false;
  #disposal: Promise<void> | undefined;

  constructor(parts: RunningClusterParts) {
    this.#parts = parts;
    this.seed = parts.seed;
    this.tasks = parts.tasks;
    this.failures = parts.tasks.failures;
    if (parts.plan !== undefined) this.faults = parts.plan;
    this.controlPlane = parts.controlPlane;
    this.clock = { ...parts.clock, advance: (duration) => this.#advance(duration) };
    this.client = this.#clientOf(administrator, "testkit");
  }

  get url(): Promise<string> {
    return this.#listen().then(({ url }) => url);
  }

  get kubeconfig(): Promise<string> {
    return this.#listen().then(({ kubeconfig }) => kubeconfig);
  }

  as(user: UserInfo): Client {
    this.#assertAlive("act as another user");
    return this.#clientOf(user);
  }

  async apply(manifest: string): Promise<readonly KubernetesObject[]> {
    this.#assertAlive("apply a manifest");
    const applied: KubernetesObject[] = [];
    for await (const { object } of applyManifest(this.client, manifest)) applied.push(object);
    return applied;
  }

  async settle({ seconds = 10, quiet = defaultQuiet }: SettleOptions = {}): Promise<void> {
    this.#assertAlive("settle");
    const { tasks, systemClock, store } = this.#parts;
    const began = await store.currentRevision();
    const late = new AbortController();
    using _timer = systemClock.after(seconds * 1000, () => late.abort(new Error("late")));
    try {
      for (;;) {
        await tasks.settle({ signal: late.signal });
        const wait = (await this.#endpoint)?.quietIn(quiet) ?? 0;
        if (wait <= 0) return;
        await sleep(systemClock, wait, late.signal);
      }
    } catch (error) {
      if (late.signal.aborted) throw await this.#notSettled(`The cluster did not settle within ${seconds} s`, began);
      throw error;
    }
  }

  async snapshot(): Promise<ClusterSnapshot> {
    return clusterSnapshot(await this.#content("take a snapshot"));
  }

  async fork(): Promise<Cluster> {
    return this.#parts.beginFrom(await this.#content("fork the cluster"));
  }

  at(revision: number | string): ReadClient {
    this.#assertAlive("read at a revision");
    return clientAt(this.client, revision);
  }

  async explain(object: string, { namespace = "default" }: { readonly namespace?: string } = {}): Promise<string> {
    this.#assertAlive("explain an object");
    const { store, clock } = this.#parts;
    return explain(object, { namespace, store, client: this.client, now: clock.now() });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#dispose();
    return this.#disposal;
  }

  async #dispose(): Promise<void> {
    const { operators, controlPlane, store, ownsStore } = this.#parts;
    await (await this.#endpoint)?.close();
    await operators.stop();
    await controlPlane.stop();
    if (ownsStore) await store.close();
  }

  /** Everything as it is now, when nothing moves. */
  async #content(attempt: string): Promise<SnapshotContent> {
    this.#assertAlive(attempt);
    const { memory, random, seed, clock, tasks, controlPlane } = this.#parts;
    if (memory === undefined) throw new Error(`Cannot ${attempt}: this cluster's store is its own; only one in memory can be copied`);
    if (this.#advancing) throw await this.#notSettled(`Cannot ${attempt}: its clock is being advanced`);
    if (tasks.pending().length === 0) await turn();
    if (tasks.pending().length > 0) throw await this.#notSettled(`Cannot ${attempt}: it is not settled`);
    return {
      store: memory.image(),
      random: random.state(),
      seed,
      now: clock.now(),
      nodes: controlPlane.simulatedNodes?.state(),
      shared: controlPlane.apiServer.objects(),
    };
  }

  async #advance(duration: string | number): Promise<void> {
    this.#assertAlive("advance the clock");
    const { manual } = this.#parts;
    if (manual === undefined)
      throw new Error('Cannot advance the clock: this cluster runs on the machine\'s time; start it with clock: "test"');
    const milliseconds = millisecondsOf(duration);
    if (milliseconds < 0) throw new RangeError(`Cannot advance the clock by ${duration}: time only goes forward`);
    if (this.#advancing) throw new RangeError(`Cannot advance the clock by ${duration}: it is being advanced already`);
    this.#advancing = true;
    try {
      await manual.advance(milliseconds);
    } finally {
      this.#advancing = false;
    }
  }

  async #notSettled(problem: string, since?: Revision): Promise<NotSettledError> {
    const { tasks, store } = this.#parts;
    return new NotSettledError(problem, {
      pending: tasks.pending(),
      failures: tasks.failures,
      busiest: since === undefined ? [] : await busiestObjects(store, since),
      events: await lastEvents(store),
    });
  }

  #clientOf(user: UserInfo, fieldManager?: string): Client {
    const { transport } = this.#parts.controlPlane.clientFor(user, fieldManager);
    // Each request is looked at: kinds can't be followed without one.
    const { follow: _, ...looked } = transport;
    const guarded: Transport = {
      ...looked,
      send: async (request, signal) => {
        this.#assertAlive(`${request.method} ${request.target}`);
        return transport.send(request, signal);
      },
    };
    return createClient(guarded, { ...(fieldManager === undefined ? {} : { fieldManager }), userAgent: fieldManager ?? "kubets" });
  }

  #listen(): Promise<HttpsEndpoint> {
    this.#assertAlive("serve HTTPS");
    this.#endpoint ??= openEndpoint(this.#parts);
    return this.#endpoint;
  }

  #assertAlive(attempt: string): void {
    if (this.#disposal !== undefined) throw new Error(`Cannot ${attempt}: the cluster has been disposed of`);
  }
}
