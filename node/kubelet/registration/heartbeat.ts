import { type Lease, LeaseKind, type Node, NodeKind, type NodeStatus, type Taint } from "@kubets/api";
import type { Client, DraftObject, Informer } from "@kubets/client";
import {
  type Clock,
  formatMicroTime,
  type Instant,
  isStatus,
  type Logger,
  sameJson,
  sleep,
  type Task,
  type Tasks,
} from "@kubets/machinery";

export interface HeartbeatOptions {
  readonly client: Client;
  readonly node: Informer<Node>;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly clock: Clock;
  readonly tasks: Tasks;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly status: (before: Node | undefined) => Promise<NodeStatus>;
}

export interface Heartbeat {
  /** The Node stands in the API, with a first status. */
  readonly registered: Promise<void>;
}

const leaseNamespace = "kube-node-lease";
const leaseDurationSeconds = 40;
const interval = 10_000;
const statusInterval = 300_000;
const registrationRetry = 1000;

/** Registers the node, then says every ten seconds that it lives and, when that has changed or five minutes are over, how it does. */
export function startHeartbeat(options: HeartbeatOptions): Heartbeat {
  const { client, node, name, clock, tasks, logger, signal, status } = options;
  const acting = client.because({ actor: "kubelet", timer: "heartbeat", object: `nodes/${name}` });
  const nodes = acting.resource(NodeKind);
  const leases = acting.resource(LeaseKind).in(leaseNamespace);
  const registered = Promise.withResolvers<void>();
  registered.promise.catch(() => {});
  let lease: Lease | undefined;
  let reportedAt = 0;

  const register = async (): Promise<void> => {
    const draft: DraftObject<Node> = {
      metadata: { name, labels: options.labels, annotations: { "volumes.kubernetes.io/controller-managed-attach-detach": "true" } },
      ...(options.taints.length === 0 ? {} : { spec: { taints: options.taints } }),
      status: await status(undefined),
    };
    try {
      await nodes.create(draft, { signal });
    } catch (error) {
      if (!isStatus(error, "AlreadyExists")) throw error;
      const present = await nodes.get(name, { signal });
      const missing = Object.entries(options.labels).filter(([key, value]) => present.metadata.labels?.[key] !== value);
      if (missing.length > 0) await nodes.patch(name, { metadata: { labels: Object.fromEntries(missing) } }, { type: "merge", signal });
      await report(present);
    }
    reportedAt = clock.now();
  };
  const report = async (before: Node): Promise<void> => {
    const computed = await status(before);
    const due = clock.now() - reportedAt >= statusInterval;
    if (!due && sameJson(withoutTimes(computed), withoutTimes(before.status))) return;
    await nodes.patch(name, { status: computed }, { type: "strategic", subresource: "status", signal });
    reportedAt = clock.now();
  };
  const renew = async (): Promise<void> => {
    const uid = node.get(name)?.metadata.uid;
    const now = clock.now();
    try {
      lease =
        lease === undefined
          ? await leases.create(newLease(name, uid, now), { signal })
          : await leases.update(renewed(lease, now), { signal });
    } catch (error) {
      if (isStatus(error, "AlreadyExists", "Conflict"))
        lease = await leases.update(renewed(await leases.get(name, { signal }), now), { signal });
      else if (isStatus(error, "NotFound")) lease = undefined;
      else throw error;
    }
  };

  const run = async (task: Task): Promise<void> => {
    for (let isRegistered = false; !signal.aborted;) {
      try {
        if (!isRegistered) {
          await register();
          isRegistered = true;
          registered.resolve();
        }
        await renew();
        const known = node.get(name);
        // Someone may have deleted it: it is made anew.
        if (known === undefined && node.isSynced && clock.now() - reportedAt > interval) isRegistered = false;
        else if (known !== undefined) await report(known);
      } catch (error) {
        if (signal.aborted) return;
        logger.warn(isRegistered ? "Heartbeat not written" : "Node not registered", { node: name, error });
      }
      await task.idle(sleep(clock, isRegistered ? interval : registrationRetry, signal)).catch(() => {});
    }
  };
  tasks.start("kubelet heartbeat", run);
  signal.addEventListener("abort", () => registered.reject(signal.reason), { once: true });
  return { registered: registered.promise };
}

/** What counts as a change: not that time goes by, nor how full the disk is. */
function withoutTimes({ conditions = [], ...rest }: NodeStatus): unknown {
  const { volumesAttached: _, ...own } = rest;
  return { ...own, conditions: conditions.map(({ type, status, reason, message }) => ({ type, status, reason, message })) };
}

function newLease(name: string, uid: string | undefined, now: Instant): DraftObject<Lease> {
  return {
    metadata: {
      name,
      namespace: leaseNamespace,
      ...(uid === undefined ? {} : { ownerReferences: [{ apiVersion: "v1", kind: "Node", name, uid }] }),
    },
    spec: { holderIdentity: name, leaseDurationSeconds, renewTime: formatMicroTime(now) },
  };
}

function renewed(lease: Lease, now: Instant): Lease {
  return { ...lease, spec: { ...lease.spec, holderIdentity: lease.metadata.name, leaseDurationSeconds, renewTime: formatMicroTime(now) } };
}
