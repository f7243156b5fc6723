import { type Lease, LeaseKind } from "@kubets/api";
import {
  type Clock,
  formatMicroTime,
  isStatus,
  type Logger,
  type Metrics,
  type Random,
  sleep,
  type Task,
  type Tasks,
  unmeasured,
} from "@kubets/machinery";
import { untilAborted } from "./abort-scope.ts";
import type { Client } from "./client.ts";

export interface LeaderElectionOptions {
  readonly client: Client;
  /** The Lease that the contenders share. */
  readonly lease: { readonly namespace: string; readonly name: string };
  /** Who this contender is; no other may have the same. */
  readonly identity: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly tasks: Tasks;
  readonly logger: Logger;
  /** Nothing is measured when absent. */
  readonly metrics?: Metrics;
  /** What only the leader does. `signal` is aborted when the lease is lost, and when the election is stopped. */
  readonly onStartedLeading: (signal: AbortSignal) => Promise<void>;
  /** Somebody leads, this contender or another, who didn't before. */
  readonly onNewLeader?: (identity: string) => void;
  /** Stops the election. The lease is given up, so that another need not wait until it runs out. */
  readonly signal: AbortSignal;
  /** How long the others wait after the last renewal they saw; 15 s when absent. Milliseconds, as the next two. */
  readonly leaseDuration?: number;
  /** How long the leader tries to renew before it stops to lead; 10 s when absent. */
  readonly renewDeadline?: number;
  /** How long between two tries; 2 s when absent. */
  readonly retryPeriod?: number;
}

/**
 * Contends for a lease and leads while it is held. Resolves when the lease was `lost`, when the election was `stopped`, or when
 * what the leader does came to its end (`done`), and never before that has ended; rejects with its error.
 *
 * Whether a lease has run out is measured from when its last renewal was seen here: clocks of contenders need not agree, only
 * run about equally fast.
 */
export function electLeader(options: LeaderElectionOptions): Promise<"lost" | "stopped" | "done"> {
  return options.tasks.run("leader election", (task) => contend(options, task));
}

async function contend(options: LeaderElectionOptions, task: Task): Promise<"lost" | "stopped" | "done"> {
  const { clock, random, logger, identity, lease, signal, onStartedLeading, retryPeriod = 2_000, renewDeadline = 10_000 } = options;
  const claim = createClaim(options);
  const labels = { name: lease.name };
  const leads = (options.metrics ?? unmeasured).gauge(
    "leader_election_master_status",
    "Gauge of if the reporting system is master of the relevant lease, 0 indicates backup, 1 indicates master. 'name' is the string used to identify the lease. Please make sure to group by name.",
  );
  leads.set(0, labels);
  const log = logger.with({ lease: `${lease.namespace}/${lease.name}`, identity });
  const pause = async (): Promise<void> => {
    // Jittered as upstream does: contenders that started together don't ask together for ever.
    await task.idle(sleep(clock, retryPeriod * (1 + 1.2 * random.fraction()), signal)).catch(() => {});
  };
  /** One try; a failure is no more than a failed try. */
  const attempt = async (until: AbortSignal): Promise<boolean> => {
    try {
      return await task.idle(untilAborted(claim.acquireOrRenew(until), until));
    } catch (error) {
      if (!until.aborted) log.warn("Lease not acquired or renewed", { error });
      return false;
    }
  };

  while (!signal.aborted && !(await attempt(signal))) await pause();
  if (signal.aborted) {
    await task.idle(claim.release());
    return "stopped";
  }

  log.info("Started leading");
  leads.set(1, labels);
  const leading = new AbortController();
  const ended = Promise.withResolvers<void>();
  const work = onStartedLeading(leading.signal).finally(ended.resolve);
  // Its error is thrown in the end, when the lease is given up.
  work.catch(() => {});
  const workEnded = new AbortController();
  void ended.promise.then(() => workEnded.abort());

  const outcome = await holdLease({ ...options, task, attempt, retryPeriod, renewDeadline, workEnded: workEnded.signal });
  leading.abort(new Error(outcome === "lost" ? "The lease was lost" : "The election was stopped"));
  log.info("Stopped leading", { because: outcome });
  leads.set(0, labels);
  await task.idle(ended.promise);
  if (outcome !== "lost") await task.idle(claim.release());
  if (outcome === "done") await work;
  return outcome;
}

interface Holding {
  readonly clock: Clock;
  readonly task: Task;
  readonly signal: AbortSignal;
  readonly workEnded: AbortSignal;
  readonly retryPeriod: number;
  readonly renewDeadline: number;
  readonly attempt: (until: AbortSignal) => Promise<boolean>;
}

/** Renews until there is no need to, or it has failed for as long as `renewDeadline`. */
async function holdLease({
  clock,
  task,
  signal,
  workEnded,
  retryPeriod,
  renewDeadline,
  attempt,
}: Holding): Promise<"lost" | "stopped" | "done"> {
  const ending = new AbortController();
  const end = (): void => ending.abort();
  using _ended = listen(workEnded, end);
  using _stopped = listen(signal, end);
  for (;;) {
    const deadline = new AbortController();
    using _deadline = clock.after(renewDeadline, () => deadline.abort());
    using _ending = listen(ending.signal, () => deadline.abort());
    let renewed = false;
    while (!renewed && !deadline.signal.aborted) {
      await task.idle(sleep(clock, retryPeriod, deadline.signal)).catch(() => {});
      if (!deadline.signal.aborted) renewed = await attempt(deadline.signal);
    }
    if (signal.aborted) return "stopped";
    if (workEnded.aborted) return "done";
    if (!renewed) return "lost";
  }
}

function listen(signal: AbortSignal, then: () => void): Disposable {
  if (signal.aborted) then();
  else signal.addEventListener("abort", then, { once: true });
  return { [Symbol.dispose]: () => signal.removeEventListener("abort", then) };
}

interface Claim {
  /** `true` when the lease is held by this contender now. */
  acquireOrRenew(signal: AbortSignal): Promise<boolean>;
  /** Gives the lease up, if it is held. Never fails: if it can't, the lease runs out. */
  release(): Promise<void>;
}

function createClaim(options: LeaderElectionOptions): Claim {
  const { client, lease, identity, clock, onNewLeader, logger, metrics = unmeasured, leaseDuration = 15_000 } = options;
  const slowPath = metrics.counter(
    "leader_election_slowpath_total",
    "Total number of slow path exercised in renewing leader leases. 'name' is the string used to identify the lease. Please make sure to group by name.",
  );
  const leases = client.resource(LeaseKind).in(lease.namespace);
  // The lease as last seen, and when it was first seen to be so.
  let observed: { readonly lease: Lease; readonly at: number } | undefined;
  let leader: string | undefined;

  const observe = (seen: Lease): void => {
    if (observed?.lease.metadata.resourceVersion !== seen.metadata.resourceVersion) observed = { lease: seen, at: clock.monotonic() };
    const holder = seen.spec.holderIdentity ?? "";
    if (holder !== "" && holder !== leader) onNewLeader?.(holder);
    leader = holder;
  };
  const isHeldByAnother = (): boolean => {
    const { holderIdentity = "", leaseDurationSeconds = 0 } = observed?.lease.spec ?? {};
    return holderIdentity !== "" && holderIdentity !== identity && observed!.at + leaseDurationSeconds * 1000 > clock.monotonic();
  };
  const claimed = (): Lease["spec"] => {
    const { holderIdentity, acquireTime, leaseTransitions = 0 } = observed?.lease.spec ?? {};
    const now = formatMicroTime(clock.now());
    const isRenewal = holderIdentity === identity;
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(leaseDuration / 1000),
      acquireTime: isRenewal && acquireTime !== undefined ? acquireTime : now,
      renewTime: now,
      leaseTransitions: observed === undefined || isRenewal ? leaseTransitions : leaseTransitions + 1,
    };
  };
  const update = async (spec: Lease["spec"], signal?: AbortSignal): Promise<void> => {
    const changed = { ...observed!.lease, spec: { ...observed!.lease.spec, ...spec } };
    observe(await leases.update(changed, signal === undefined ? {} : { signal }));
  };
  /** `false` when somebody else was faster. */
  const unlessConflict = async (write: () => Promise<void>): Promise<boolean> => {
    try {
      await write();
      return true;
    } catch (error) {
      if (isStatus(error, "Conflict", "AlreadyExists", "NotFound")) return false;
      throw error;
    }
  };

  return {
    async acquireOrRenew(signal) {
      // A leader knows the lease: nobody else may have written it.
      if (observed?.lease.spec.holderIdentity === identity && (await unlessConflict(() => update(claimed(), signal)))) return true;
      if (observed?.lease.spec.holderIdentity === identity) slowPath.add(1, { name: lease.name });
      const present = await leases.get(lease.name, { signal }).catch((error: unknown) => {
        if (isStatus(error, "NotFound")) return undefined;
        throw error;
      });
      if (present === undefined) {
        observed = undefined;
        const metadata = { name: lease.name, namespace: lease.namespace };
        return unlessConflict(async () => observe(await leases.create({ metadata, spec: claimed() }, { signal })));
      }
      observe(present);
      if (isHeldByAnother()) return false;
      return unlessConflict(() => update(claimed(), signal));
    },
    async release() {
      if (observed?.lease.spec.holderIdentity !== identity) return;
      const now = formatMicroTime(clock.now());
      try {
        await update({ holderIdentity: "", leaseDurationSeconds: 1, acquireTime: now, renewTime: now });
      } catch (error) {
        logger.warn("Lease not released: it runs out by itself", { lease: `${lease.namespace}/${lease.name}`, error });
      }
    },
  };
}
