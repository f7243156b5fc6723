import { type Lease, LeaseKind, type Node, NodeKind } from "@kubets/api";
import type { Client, DraftObject } from "@kubets/client";
import { type Clock, formatMicroTime, type Instant, isStatus, type Logger, sleep, type Task, type Tasks } from "@kubets/machinery";
import { eachAtOnce } from "./each-at-once.ts";
import { nodeConditions } from "./node-object.ts";
import type { PressureType } from "./node-pressure.ts";

/** Milliseconds. */
export interface HeartbeatIntervals {
  /** Between two renewals of a node's Lease; 10 s when absent, as kubelets do. */
  readonly lease?: number;
  /** Between two reports of a Node's status in which nothing has changed; 5 min when absent. */
  readonly status?: number;
}

export interface HeartbeatsOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly tasks: Tasks;
  readonly logger: Logger;
  readonly intervals: HeartbeatIntervals;
  /** Names of the nodes that can reach the API server now. */
  readonly alive: () => readonly string[];
  /** The Node as last known; `undefined` when it has been deleted. */
  readonly node: (name: string) => Node | undefined;
  /** What a node is short of. */
  readonly pressuresOn: (name: string) => ReadonlySet<PressureType>;
  readonly signal: AbortSignal;
  /** What another simulation of the same nodes had written. */
  readonly restored?: HeartbeatsState;
}

/** Who has written what, and when: plain data. */
export interface HeartbeatsState {
  readonly leases: Readonly<Record<string, Lease>>;
  /** When the status was last reported. */
  readonly reported: Readonly<Record<string, Instant>>;
}

export interface Heartbeats {
  /** Renews the Leases of some nodes, and reports their status, out of turn. */
  beat(names: readonly string[], options?: { readonly status?: boolean }): Promise<void>;
  state(): HeartbeatsState;
}

const namespace = "kube-node-lease";
const mostAtOnce = 32;
const leaseDurationSeconds = 40;

/** So many nodes have their turn in one moment: their writes go through the server side by side, which costs a fraction of one by one. */
const fewestInTurn = 100;
const mostTurns = 10;

/**
 * Keeps the Leases of all nodes fresh. One timer serves thousands of nodes: in each tenth of the interval a tenth of them has its turn, so
 * the writes of many come evenly, and those of few together.
 */
export function startHeartbeats(options: HeartbeatsOptions): Heartbeats {
  const { client, clock, tasks, logger, intervals, alive, node, pressuresOn, signal, restored } = options;
  const { lease: leaseInterval = 10_000, status: statusInterval = 300_000 } = intervals;
  const leases = new Map<string, Lease>(Object.entries(restored?.leases ?? {}));
  const reported = new Map<string, Instant>(Object.entries(restored?.reported ?? {}));
  // Nodes are registered with their status.
  const began = clock.now();

  const renew = async (name: string): Promise<void> => {
    const resource = client
      .because({ actor: "kubelet", timer: "heartbeat", object: `nodes/${name}` })
      .resource(LeaseKind)
      .in(namespace);
    const known = leases.get(name);
    const now = clock.now();
    try {
      const lease =
        known === undefined
          ? await resource.create(newLease(name, node(name), now), { signal })
          : await resource.update(renewed(known, now), { signal });
      leases.set(name, lease);
    } catch (error) {
      if (isStatus(error, "AlreadyExists", "Conflict"))
        leases.set(name, await resource.update(renewed(await resource.get(name, { signal }), now), { signal }));
      else if (isStatus(error, "NotFound")) leases.delete(name);
      else throw error;
    }
  };
  const report = async (name: string): Promise<void> => {
    const known = node(name);
    if (known === undefined) return;
    const nodes = client.because({ actor: "kubelet", timer: "heartbeat", object: `nodes/${name}` }).resource(NodeKind);
    const patch = { status: { conditions: nodeConditions(known, clock.now(), pressuresOn(name)) } };
    await nodes.patch(name, patch, { type: "strategic", subresource: "status", signal });
    reported.set(name, clock.now());
  };
  const beat: Heartbeats["beat"] = (names, { status = false } = {}) =>
    eachAtOnce(names, mostAtOnce, async (name) => {
      try {
        await renew(name);
        if (status || clock.now() - (reported.get(name) ?? began) >= statusInterval) await report(name);
      } catch (error) {
        if (!signal.aborted) logger.warn("Heartbeat not written", { node: name, error });
      }
    });

  const run = async (task: Task): Promise<void> => {
    for (let turn = 0; !signal.aborted; turn++) {
      const turns = Math.max(1, Math.min(mostTurns, Math.ceil(alive().length / fewestInTurn)));
      try {
        await task.idle(sleep(clock, leaseInterval / turns, signal));
      } catch {
        return;
      }
      await beat(alive().filter((name, index) => index % turns === turn % turns && node(name) !== undefined));
    }
  };
  tasks.start("heartbeats", run);
  return { beat, state: () => ({ leases: Object.fromEntries(leases), reported: Object.fromEntries(reported) }) };
}

function newLease(name: string, node: Node | undefined, now: Instant): DraftObject<Lease> {
  return {
    metadata: {
      name,
      namespace,
      ...(node === undefined ? {} : { ownerReferences: [{ apiVersion: "v1", kind: "Node", name, uid: node.metadata.uid }] }),
    },
    spec: { holderIdentity: name, leaseDurationSeconds, renewTime: formatMicroTime(now) },
  };
}

function renewed(lease: Lease, now: Instant): Lease {
  return { ...lease, spec: { ...lease.spec, holderIdentity: lease.metadata.name, leaseDurationSeconds, renewTime: formatMicroTime(now) } };
}
