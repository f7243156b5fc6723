import { EndpointSliceKind, type EndpointSlice, type Node, NodeKind, type Service, ServiceKind } from "@kubets/api";
import { type Informer, type Informers, type ObjectKey, untilAborted } from "@kubets/client";
import type { Clock, Handler, Instant, Logger, Metrics, Tasks, Timer } from "@kubets/machinery";
import type { ProxyBackend } from "./backend.ts";
import { healthHandler, isHealthy } from "./health.ts";
import { emptyRuleset, replan, type ServiceChange, serviceOf } from "./plan.ts";
import { createProxyMetrics, type ProxyMetrics } from "./proxy-metrics.ts";
import type { ProxyNode, Ruleset } from "./ruleset.ts";
import { staleConnections } from "./stale-connections.ts";

export interface KubeProxyOptions {
  /** Of a user with the role `system:node-proxier`. */
  readonly informers: Informers;
  readonly clock: Clock;
  readonly tasks: Tasks;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly backend: ProxyBackend;
  /** Its zone is read from the Node object. */
  readonly node: Omit<ProxyNode, "zone">;
  /** At least so many milliseconds lie between two updates; what changes meanwhile goes into one. 100 when absent. */
  readonly minimumSyncPeriod?: number;
  /** How often, in milliseconds, it looks whether its rules are still there. 30 s when absent. */
  readonly syncPeriod?: number;
  /** Told of rules that were applied: the health checks of load balancers follow them. */
  readonly onApplied?: (ruleset: Ruleset) => void;
}

export interface RunningKubeProxy extends AsyncDisposable {
  /** The rules for all that was there at the start are applied. Rejects when the proxy is stopped before. */
  synced(signal?: AbortSignal): Promise<void>;
  /** Answers `/healthz` and `/livez`, for port 10256. */
  readonly handle: Handler;
  /** Its rules are as they should be, or have not waited long to become so. */
  readonly isHealthy: boolean;
  /** What was applied last; without Services before that. */
  readonly ruleset: Ruleset;
  /** Ends the work and takes the rules away. With `keepRules` they stay, for a proxy that starts again soon and replaces them. */
  stop(options?: { readonly keepRules?: boolean }): Promise<void>;
}

const byService = "service";
const zoneLabel = "topology.kubernetes.io/zone";
/** Set by the cluster autoscaler on a node that it is about to take away. */
const toBeDeletedTaint = "ToBeDeletedByClusterAutoscaler";
const firstRetry = 1_000;
const longestRetry = 60_000;

/** Keeps the rules of a node as the cluster's Services want them. */
export function runKubeProxy(options: KubeProxyOptions): RunningKubeProxy {
  return new KubeProxy(options);
}

class KubeProxy implements RunningKubeProxy {
  readonly #options: KubeProxyOptions;
  readonly #services: Informer<Service>;
  readonly #slices: Informer<EndpointSlice>;
  readonly #metrics: ProxyMetrics;
  readonly #stopping = new AbortController();
  readonly #subscriptions = new DisposableStack();
  readonly #firstSync = Promise.withResolvers<void>();
  readonly handle: Handler;
  /** Services whose rules may have to change. */
  #changed = new Set<ObjectKey>();
  /** Since when something waits to be applied. */
  #waitingSince: Instant | undefined;
  #lastUpdated: Instant;
  #isNodeEligible = true;
  #planned: Ruleset;
  /** Absent when it isn't known what the kernel has: the next update writes everything. */
  #applied: Ruleset | undefined;
  #isLoaded = false;
  #lastSync = Number.NEGATIVE_INFINITY;
  #retryDelay = firstRetry;
  /** The next update, when one is due; never two, and none while one is under way. */
  #next: Timer | undefined;
  #nextCheck: Timer | undefined;
  #syncing: Promise<void> | undefined;

  constructor(options: KubeProxyOptions) {
    this.#options = options;
    const { informers, clock, tasks, node, metrics, backend } = options;
    this.#metrics = createProxyMetrics(metrics, backend.name);
    this.#planned = emptyRuleset(node);
    this.#lastUpdated = clock.now();
    this.handle = healthHandler(() => this.#health(), clock);
    this.#services = informers.of(ServiceKind);
    this.#slices = informers.of(EndpointSliceKind);
    this.#slices.addIndex(byService, (slice) => [serviceOf(slice)]);
    this.#firstSync.promise.catch(() => {});
    tasks.start("kube-proxy start", async (task) => {
      const nodes = informers.of(NodeKind, { fieldSelector: `metadata.name=${node.name}` });
      const loaded = [this.#services, this.#slices, nodes].map((informer) => informer.synced(this.#stopping.signal));
      try {
        await task.idle(Promise.all(loaded));
      } catch (error) {
        if (this.#stopping.signal.aborted) return;
        throw error;
      }
      this.#isLoaded = true;
      this.#subscriptions.use(nodes.onChange(({ object }) => this.#nodeChanged(object)));
      this.#subscriptions.use(this.#services.onChange(({ key }) => this.#serviceChanged(key)));
      this.#subscriptions.use(
        this.#slices.onChange(({ object, previous }) => {
          if (object !== undefined) this.#serviceChanged(serviceOf(object));
          if (previous !== undefined) this.#serviceChanged(serviceOf(previous));
        }),
      );
      this.#request();
      this.#checkLater();
    });
  }

  get isHealthy(): boolean {
    return isHealthy(this.#health(), this.#options.clock.now());
  }

  get ruleset(): Ruleset {
    return this.#applied ?? emptyRuleset(this.#planned.node);
  }

  synced(signal?: AbortSignal): Promise<void> {
    return untilAborted(this.#firstSync.promise, signal);
  }

  async stop({ keepRules = false }: { readonly keepRules?: boolean } = {}): Promise<void> {
    if (!this.#stopping.signal.aborted) {
      this.#stopping.abort(new Error("The proxy is stopped"));
      this.#subscriptions.dispose();
      this.#firstSync.reject(this.#stopping.signal.reason);
      this.#next?.[Symbol.dispose]();
      this.#nextCheck?.[Symbol.dispose]();
    }
    await this.#syncing;
    if (!keepRules) await this.#options.tasks.run("kube-proxy stop", () => this.#options.backend.remove());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #serviceChanged(key: ObjectKey): void {
    this.#changed.add(key);
    this.#request();
  }

  #nodeChanged(node: Node | undefined): void {
    const isLeaving =
      node?.metadata.deletionTimestamp !== undefined || node?.spec.taints?.some(({ key }) => key === toBeDeletedTaint) === true;
    this.#isNodeEligible = node === undefined || !isLeaving;
    const zone = node?.metadata.labels?.[zoneLabel];
    if (zone === this.#planned.node.zone) return;
    // Another zone means other hints: everything is planned anew.
    this.#planned = emptyRuleset({ ...this.#options.node, ...(zone === undefined ? {} : { zone }) });
    for (const service of this.#services.list()) this.#changed.add(`${service.metadata.namespace}/${service.metadata.name}`);
    this.#request();
  }

  /** Sees to it that an update comes, soon but not too soon after the last one. */
  #request(): void {
    this.#waitingSince ??= this.#options.clock.now();
    const { clock, minimumSyncPeriod = 100 } = this.#options;
    this.#schedule(this.#lastSync + minimumSyncPeriod - clock.monotonic());
  }

  #schedule(delay: number): void {
    if (!this.#isLoaded || this.#next !== undefined || this.#syncing !== undefined || this.#stopping.signal.aborted) return;
    const { clock, tasks } = this.#options;
    this.#next = clock.after(delay, () => {
      this.#next = undefined;
      this.#syncing = tasks.run("kube-proxy sync", () => this.#sync());
    });
  }

  async #sync(): Promise<void> {
    const { clock, backend, logger, onApplied } = this.#options;
    const began = clock.monotonic();
    const waitingSince = this.#waitingSince;
    const changes = [...this.#changed].map((key): ServiceChange => ({
      key,
      service: this.#services.get(key),
      slices: this.#slices.byIndex(byService, key),
    }));
    this.#changed = new Set();
    this.#waitingSince = undefined;
    this.#planned = replan(this.#planned, changes);
    const next = this.#planned;
    const previous = this.#applied;
    let delay: number | undefined;
    try {
      await backend.apply(next, previous);
      await backend.forget(staleConnections(next, previous));
      this.#applied = next;
      this.#lastUpdated = clock.now();
      this.#retryDelay = firstRetry;
      this.#firstSync.resolve();
      onApplied?.(next);
      this.#metrics.synced(clock.monotonic() - began, this.#lastUpdated);
    } catch (error) {
      this.#metrics.failed();
      logger.error("Rules of Services not applied; all of them are written anew", { backend: backend.name, error });
      this.#applied = undefined;
      this.#waitingSince ??= waitingSince ?? clock.now();
      delay = this.#retryDelay;
      this.#retryDelay = Math.min(this.#retryDelay * 2, longestRetry);
    }
    this.#lastSync = clock.monotonic();
    this.#syncing = undefined;
    if (delay !== undefined) this.#schedule(delay);
    else if (this.#waitingSince !== undefined) this.#request();
  }

  /** Whoever reloads a firewall may flush our rules with its own. */
  #checkLater(): void {
    const { clock, tasks, backend, logger, syncPeriod = 30_000 } = this.#options;
    if (this.#stopping.signal.aborted) return;
    this.#nextCheck = clock.after(syncPeriod, () =>
      tasks.start("kube-proxy check", async () => {
        const before = this.#applied;
        // A failure that is being retried needs no second look.
        if (before !== undefined && this.#syncing === undefined && !(await backend.isIntact()) && this.#applied === before) {
          logger.warn("Rules of Services were taken away by somebody else; all of them are written anew", { backend: backend.name });
          this.#applied = undefined;
          this.#request();
        }
        this.#checkLater();
      }),
    );
  }

  #health(): { readonly lastUpdated: Instant; readonly waitingSince?: Instant; readonly isNodeEligible: boolean } {
    return {
      lastUpdated: this.#lastUpdated,
      isNodeEligible: this.#isNodeEligible,
      ...(this.#waitingSince === undefined ? {} : { waitingSince: this.#waitingSince }),
    };
  }
}
