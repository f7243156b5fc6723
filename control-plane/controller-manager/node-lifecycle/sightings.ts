import type { Lease, Node, NodeCondition } from "@kubets/api";
import { type Instant, parseTime, sameJson } from "@kubets/machinery";

/**
 * When a node was last heard, by our own clock. A sign of life is that the node has written something new; which time it has
 * written proves nothing, since the clocks of machines differ.
 */
export interface Sighting {
  /** A node made anew under its name is another one. */
  readonly uid: string;
  readonly heardAt: Instant;
  /** `lastHeartbeatTime` of the condition Ready. */
  readonly heartbeat: string | undefined;
  /** `renewTime` of its Lease. */
  readonly renewed: string | undefined;
}

/** What is known of a node after a look at it. */
export function sighted(before: Sighting | undefined, node: Node, lease: Lease | undefined, now: Instant): Sighting {
  const { uid, creationTimestamp } = node.metadata;
  const known = before?.uid === uid ? before : undefined;
  const heartbeat = reportedReady(node)?.lastHeartbeatTime;
  const renewed = isLater(lease?.spec?.renewTime, known?.renewed) ? lease?.spec?.renewTime : known?.renewed;
  if (known === undefined) {
    const isHeard = heartbeat !== undefined || renewed !== undefined;
    return { uid, heardAt: isHeard ? now : (parseTime(creationTimestamp) ?? now), heartbeat, renewed };
  }
  if (heartbeat === known.heartbeat && renewed === known.renewed) return known;
  return { uid, heardAt: now, heartbeat, renewed };
}

/** Whether a change of a Node says nothing but that it lives: most do. */
export function isSignOfLife(before: Node, after: Node): boolean {
  const { conditions: was = [] } = before.status;
  const { conditions: is = [] } = after.status;
  return (
    before.metadata.deletionTimestamp === after.metadata.deletionTimestamp &&
    was.length === is.length &&
    is.every((condition, index) => condition.type === was[index]?.type && condition.status === was[index].status) &&
    sameJson(before.metadata.labels, after.metadata.labels) &&
    sameJson(before.spec, after.spec)
  );
}

/** The condition Ready, if the node's kubelet has ever reported one. */
export function reportedReady({ status }: Node): NodeCondition | undefined {
  const ready = status.conditions?.find(({ type }) => type === "Ready");
  return ready?.reason === "NodeStatusNeverUpdated" ? undefined : ready;
}

function isLater(time: string | undefined, before: string | undefined): boolean {
  if (time === before) return false;
  const instant = time === undefined ? undefined : parseTime(time);
  if (instant === undefined) return false;
  return before === undefined || instant > (parseTime(before) ?? 0);
}
