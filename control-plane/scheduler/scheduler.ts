import {
  CSINodeKind,
  NamespaceKind,
  NodeKind,
  PersistentVolumeClaimKind,
  PersistentVolumeKind,
  PodDisruptionBudgetKind,
  type Pod,
  PodKind,
  ReplicaSetKind,
  ReplicationControllerKind,
  ServiceKind,
  StatefulSetKind,
  StorageClassKind,
} from "@kubets/api";
import { type Client, createEventRecorder, type Informers, untilAborted } from "@kubets/client";
import { type Clock, isStatus, type Logger, type Metrics, type Random, sleep, type Task, type Tasks } from "@kubets/machinery";
import { bindPod, reserve } from "./binding.ts";
import { type Decision, explain } from "./cycle.ts";
import { type Diagnosis, unschedulableMessage } from "./diagnosis.ts";
import { type Cycle, createCycle } from "./fast-cycle.ts";
import type { Plugin, Profile, Rejection } from "./framework.ts";
import { createSchedulerMetrics, type MeasureStep } from "./metrics.ts";
import { measuredPlugin } from "./plugin-metrics.ts";
import { createObserver, isAssigned } from "./observer.ts";
import { createPodConditionWriter, type SchedulingFailure } from "./pod-condition-writer.ts";
import { type PodInfo, podInfo } from "./pod-info.ts";
import { defaultProfile } from "./plugins.ts";
import { postFilter } from "./post-filter.ts";
import { evict } from "./preemption.ts";
import { type QueuedPod, SchedulingQueue } from "./queue.ts";
import { Snapshot } from "./snapshot.ts";

export interface SchedulerOptions {
  readonly client: Client;
  readonly informers: Informers;
  readonly clock: Clock;
  readonly random: Random;
  readonly tasks: Tasks;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Pods choose one by `spec.schedulerName`; those that choose none of them are left to other schedulers. */
  readonly profiles?: readonly Profile[];
  /** How many Pods may be on their way to their nodes at once. */
  readonly maximumBindings?: number;
  /** How long, in milliseconds, a Pod waits at least and at most before it is tried again; 1 s and 10 s when absent. */
  readonly backoff?: { readonly initial?: number; readonly maximum?: number };
}

export interface RunningScheduler extends AsyncDisposable {
  /** Every Pod and Node is known, and Pods are being scheduled. */
  synced(signal?: AbortSignal): Promise<void>;
  /** Why a Pod can't go to a node: every filter that says no, with its facts. Empty when it could, or when either isn't known. */
  explain(podKey: string, node: string): readonly Rejection[];
  /** Takes up no more Pods, aborts the bindings under way, and resolves when all has ended. */
  stop(): Promise<void>;
}

/** Gives Pods nodes: decides by one cycle after the other, assumes the outcome, and binds several at once. */
export function runScheduler(options: SchedulerOptions): RunningScheduler {
  const scheduler = new Scheduler(options);
  const stop = (): Promise<void> => scheduler.stop();
  return {
    synced: (signal) => scheduler.synced(signal),
    explain: (podKey, node) => scheduler.explain(podKey, node),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** A profile at work. */
interface Lane {
  readonly profile: Profile;
  readonly plugins: readonly Plugin[];
  /** The same, for Pods whose plugins are measured one by one. */
  readonly measured: readonly Plugin[];
  readonly cycle: Cycle;
  readonly measure: MeasureStep;
}

/** The plugins of every so manieth try are measured one by one: upstream takes a tenth of them, by chance. */
const measuredTries = 10;

/** How long (milliseconds) cycles may follow one another before others get their turn. */
const longestRun = 10;

class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #stopping = new AbortController();
  readonly #snapshot: Snapshot;
  readonly #queue: SchedulingQueue;
  readonly #lanes: ReadonlyMap<string, Lane>;
  readonly #recorder: ReturnType<typeof createEventRecorder>;
  readonly #conditions: ReturnType<typeof createPodConditionWriter>;
  readonly #metrics: ReturnType<typeof createSchedulerMetrics>;
  readonly #subscriptions = new DisposableStack();
  readonly #started = Promise.withResolvers<void>();
  readonly #maximumBindings: number;
  #isStarted = false;
  #isScheduling = false;
  #bindings = 0;
  #tries = 0;
  #bindingEnded = Promise.withResolvers<void>();

  constructor(options: SchedulerOptions) {
    const {
      client,
      clock,
      random,
      tasks,
      logger,
      metrics,
      informers,
      profiles = [defaultProfile],
      maximumBindings = 100,
      backoff = {},
    } = options;
    const { signal } = this.#stopping;
    this.#options = options;
    this.#maximumBindings = maximumBindings;
    this.#snapshot = new Snapshot(random);
    this.#metrics = createSchedulerMetrics(metrics, () => ({
      nodes: this.#snapshot.size,
      pods: this.#snapshot.pods,
      assumed: this.#bindings,
    }));
    this.#lanes = new Map(
      profiles.map((profile) => [
        profile.schedulerName,
        {
          profile,
          plugins: profile.plugins.map(({ plugin }) => plugin),
          measured: profile.plugins.map(({ plugin }) => measuredPlugin(plugin, clock, this.#metrics.plugin)),
          cycle: createCycle({ snapshot: this.#snapshot, profile }),
          measure: this.#metrics.stepsOf(profile.schedulerName),
        },
      ]),
    );
    this.#queue = new SchedulingQueue({
      clock,
      plugins: [...this.#lanes.values()].flatMap(({ plugins }) => plugins),
      onReady: () => this.#schedule(),
      onIncoming: this.#metrics.incoming,
      ...(backoff.initial === undefined ? {} : { initialBackoff: backoff.initial }),
      ...(backoff.maximum === undefined ? {} : { maximumBackoff: backoff.maximum }),
    });
    this.#recorder = createEventRecorder({ client, clock, random, tasks, logger, signal });
    const pods = informers.of(PodKind);
    this.#conditions = createPodConditionWriter({
      clientFor: (pod) => this.#clientFor(pod),
      current: (key) => pods.get(key),
      clock,
      tasks,
      logger,
      signal,
    });
    this.#started.promise.catch(() => {});
    tasks.start("scheduler start", (task) => this.#start(task));
  }

  synced(signal?: AbortSignal): Promise<void> {
    return untilAborted(this.#started.promise, signal);
  }

  explain(podKey: string, node: string): readonly Rejection[] {
    const pod = this.#options.informers.of(PodKind).get(podKey);
    const lane = pod === undefined ? undefined : this.#lanes.get(pod.spec.schedulerName);
    return pod === undefined || lane === undefined ? [] : explain(this.#snapshot, podInfo(pod), lane.profile, node);
  }

  async stop(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    const reason = new Error("The scheduler is stopped");
    this.#stopping.abort(reason);
    this.#started.reject(reason);
    this.#subscriptions.dispose();
    this.#queue.close();
    while (this.#bindings > 0) await this.#bindingEnded.promise;
  }

  async #start(task: Task): Promise<void> {
    const nodes = this.#options.informers.of(NodeKind);
    const pods = this.#options.informers.of(PodKind);
    const claims = this.#options.informers.of(PersistentVolumeClaimKind);
    const volumes = this.#options.informers.of(PersistentVolumeKind);
    const classes = this.#options.informers.of(StorageClassKind);
    const csiNodes = this.#options.informers.of(CSINodeKind);
    const budgets = this.#options.informers.of(PodDisruptionBudgetKind);
    const namespaces = this.#options.informers.of(NamespaceKind);
    const spreading = {
      services: this.#options.informers.of(ServiceKind),
      replicationControllers: this.#options.informers.of(ReplicationControllerKind),
      replicaSets: this.#options.informers.of(ReplicaSetKind),
      statefulSets: this.#options.informers.of(StatefulSetKind),
    };
    try {
      const { signal } = this.#stopping;
      await task.idle(
        Promise.all(
          [nodes, pods, claims, volumes, classes, csiNodes, budgets, namespaces, ...Object.values(spreading)].map((informer) =>
            informer.synced(signal),
          ),
        ),
      );
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#started.reject(error);
      return;
    }
    if (this.#stopping.signal.aborted) return;
    this.#snapshot.volumes.follow({ claims, volumes, classes, csiNodes });
    this.#snapshot.budgets.follow(budgets);
    this.#snapshot.followNamespaces(namespaces);
    this.#snapshot.spreading.follow(spreading);
    // Nodes come first, so that no Pod is tried before all of them, and all Pods on them, are in the snapshot.
    const observer = createObserver({
      snapshot: this.#snapshot,
      queue: this.#queue,
      isOurs: ({ spec }) => this.#lanes.has(spec.schedulerName),
    });
    this.#subscriptions.use(nodes.onChange(observer.nodeChanged));
    this.#subscriptions.use(pods.onChange(observer.podChanged));
    this.#subscriptions.use(claims.onChange(observer.claimChanged));
    this.#subscriptions.use(volumes.onChange(observer.volumeChanged));
    this.#subscriptions.use(classes.onChange(observer.storageClassChanged));
    this.#subscriptions.use(csiNodes.onChange(observer.csiNodeChanged));
    this.#isStarted = true;
    this.#started.resolve();
    this.#schedule();
  }

  #schedule(): void {
    if (!this.#isStarted || this.#isScheduling || this.#stopping.signal.aborted) return;
    this.#isScheduling = true;
    this.#options.tasks.start("scheduling", (task) => this.#run(task));
  }

  async #run(task: Task): Promise<void> {
    const { clock } = this.#options;
    // Whatever comes in the same batch of events is queued before the first cycle: the most important goes first.
    await Promise.resolve();
    let began = clock.monotonic();
    while (!this.#stopping.signal.aborted) {
      if (this.#bindings >= this.#maximumBindings) {
        await task.idle(this.#bindingEnded.promise);
        continue;
      }
      const queued = this.#queue.pop();
      if (queued === undefined) break;
      this.#scheduleOne(queued);
      if (clock.monotonic() - began >= longestRun) {
        await sleep(clock, 0);
        began = clock.monotonic();
      }
    }
    this.#isScheduling = false;
    this.#metrics.pending(this.#queue.counts);
  }

  #scheduleOne(queued: QueuedPod): void {
    const began = this.#options.clock.monotonic();
    const usual = this.#lanes.get(queued.pod.pod.spec.schedulerName)!;
    const lane = this.#tries++ % measuredTries === 0 ? { ...usual, plugins: usual.measured } : usual;
    try {
      const decision = lane.cycle.decide(queued.pod);
      this.#metrics.algorithm(this.#secondsSince(began));
      if (decision.kind === "place") this.#place(queued, lane, decision.node, began);
      else this.#reject(queued, lane, decision, began);
    } catch (error) {
      this.#fail(queued, lane, error, began);
    }
  }

  #place(queued: QueuedPod, lane: Lane, node: string, began: number): void {
    const { pod } = queued;
    this.#snapshot.setPod(pod, node);
    const reserving = this.#options.clock.monotonic();
    const reservation = reserve(lane.plugins, pod, node, this.#snapshot);
    const isRefused = "plugin" in reservation;
    lane.measure("Reserve", isRefused ? "Unschedulable" : "Success", this.#secondsSince(reserving));
    if (isRefused) return this.#turnAway(queued, lane, reservation, began);
    this.#bindings++;
    this.#options.tasks.start("binding", async (task) => {
      try {
        const { clock } = this.#options;
        const context = { client: this.#clientFor(pod.pod), clock, snapshot: this.#snapshot, signal: this.#stopping.signal, task };
        const outcome = await bindPod(lane.plugins, pod, node, { context, reservation, measure: lane.measure });
        if (outcome.kind === "bound") this.#bound(queued, lane, node, began);
        else if (outcome.kind === "rejected") this.#turnAway(queued, lane, outcome.rejection, began);
        else this.#fail(queued, lane, outcome.error, began);
      } finally {
        this.#bindings--;
        this.#bindingEnded.resolve();
        this.#bindingEnded = Promise.withResolvers();
      }
    });
  }

  #bound(queued: QueuedPod, lane: Lane, node: string, began: number): void {
    const { pod, attempts, arrivedAt } = queued;
    this.#queue.done(queued);
    this.#snapshot.nominations.withdraw(pod.key);
    this.#metrics.attempt(lane.profile.schedulerName, "scheduled", this.#secondsSince(began));
    this.#metrics.bound(attempts, (this.#options.clock.now() - arrivedAt) / 1000);
    this.#tell(pod.pod, lane, "Normal", "Scheduled", `Successfully assigned ${pod.key} to ${node}`);
  }

  #reject(queued: QueuedPod, lane: Lane, decision: Extract<Decision, { readonly kind: "unschedulable" }>, began: number): void {
    const { pod } = queued;
    const { diagnosis } = decision;
    const filtered = this.#options.clock.monotonic();
    const outcome = postFilter(lane.plugins, pod, this.#snapshot, decision);
    lane.measure("PostFilter", outcome.kind === "nominated" ? "Success" : "Unschedulable", this.#secondsSince(filtered));
    if (outcome.kind === "nominated") return this.#preempt(queued, lane, diagnosis, outcome, began);
    this.#queue.reject(queued, diagnosis.rejectedBy);
    const withdrawn = outcome.withdraws && this.#snapshot.nominations.nodeOf(pod.key) !== undefined;
    if (withdrawn) this.#snapshot.nominations.withdraw(pod.key);
    const message = unschedulableMessage(diagnosis, outcome.message);
    this.#refused(pod, lane, { reason: "Unschedulable", message, ...(withdrawn ? { nominatedNode: "" } : {}) }, began);
  }

  /** Keeps room for the Pod where others have to leave for it. It stays in flight until they have been told to. */
  #preempt(
    queued: QueuedPod,
    lane: Lane,
    diagnosis: Diagnosis,
    { node, victims }: { readonly node: string; readonly victims: readonly PodInfo[] },
    began: number,
  ): void {
    const { pod } = queued;
    const { tasks, clock } = this.#options;
    this.#metrics.preempted(victims.length);
    this.#snapshot.nominations.put(pod, node);
    for (const other of this.#snapshot.nominations.behind(pod)) this.#snapshot.nominations.withdraw(other.key);
    tasks.start("preemption", async () => {
      try {
        const options = { client: this.#clientFor(pod.pod), clock, signal: this.#stopping.signal };
        await Promise.all(victims.map((victim) => evict(victim, pod.pod, options)));
        for (const victim of victims) {
          this.#tell(victim.pod, lane, "Normal", "Preempted", `Preempted by pod ${pod.pod.metadata.uid} on node ${node}`);
        }
        this.#queue.reject(queued, diagnosis.rejectedBy);
        this.#refused(pod, lane, { reason: "Unschedulable", message: unschedulableMessage(diagnosis), nominatedNode: node }, began);
      } catch (error) {
        this.#snapshot.nominations.withdraw(pod.key);
        this.#fail(queued, lane, error, began);
      }
    });
  }

  /** A plugin of the binding cycle said no. */
  #turnAway(queued: QueuedPod, lane: Lane, { plugin, reasons }: Rejection, began: number): void {
    this.#queue.reject(queued, new Set([plugin]));
    this.#forget(queued.pod);
    this.#refused(queued.pod, lane, { reason: "Unschedulable", message: reasons.map(({ text }) => text).join(", ") }, began);
  }

  #fail(queued: QueuedPod, lane: Lane, error: unknown, began: number): void {
    this.#queue.fail(queued);
    this.#forget(queued.pod);
    if (this.#stopping.signal.aborted || isStatus(error, "NotFound")) return;
    this.#options.logger.warn("Pod not scheduled", { pod: queued.pod.key, error });
    this.#refused(queued.pod, lane, { reason: "SchedulerError", message: error instanceof Error ? error.message : String(error) }, began);
  }

  /** Takes an assumed Pod off its node, unless its object says meanwhile that it is there. */
  #forget({ key, pod }: PodInfo): void {
    const known = this.#options.informers.of(PodKind).get(key);
    const assumed = this.#snapshot.pod(key);
    if (assumed?.pod.metadata.uid !== pod.metadata.uid || (known !== undefined && isAssigned(known))) return;
    this.#snapshot.removePod(key);
    this.#queue.happened({ kind: "AssignedPodDeleted", pod }, key);
  }

  #refused(pod: PodInfo, lane: Lane, failure: SchedulingFailure, began: number): void {
    const result = failure.reason === "Unschedulable" ? "unschedulable" : "error";
    this.#metrics.attempt(lane.profile.schedulerName, result, this.#secondsSince(began));
    this.#tell(pod.pod, lane, "Warning", "FailedScheduling", failure.message);
    this.#conditions.write(pod.pod, failure);
  }

  #tell(about: Pod, { profile }: Lane, type: "Normal" | "Warning", reason: string, message: string): void {
    this.#recorder.record({ about, type, reason, message, component: profile.schedulerName });
  }

  #secondsSince(began: number): number {
    return (this.#options.clock.monotonic() - began) / 1000;
  }

  #clientFor({ metadata: { namespace, name, resourceVersion }, spec }: Pod): Client {
    const cause = { actor: spec.schedulerName, object: `pods/${namespace}/${name}`, revision: Number(resourceVersion) };
    return this.#options.client.because(cause);
  }
}
