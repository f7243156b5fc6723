import { type Node, type NodeCondition, NodeKind } from "@kubets/api";
import { type Action, type Decision, event, patch } from "@kubets/client";
import { formatTime, type Instant } from "@kubets/machinery";
import type { Route } from "../provider.ts";

/** What must be made and unmade so that each node's Pods are reached. */
export interface RoutePlan {
  readonly missing: readonly Route[];
  readonly surplus: readonly Route[];
}

export function planRoutes(nodes: readonly Node[], routes: readonly Route[]): RoutePlan {
  const wanted = nodes.flatMap(({ metadata, spec }) =>
    (spec.podCIDRs ?? []).map((destination): Route => ({ node: metadata.name, destination })),
  );
  const has = (all: readonly Route[], { node, destination }: Route): boolean =>
    all.some((each) => each.node === node && each.destination === destination);
  return { missing: wanted.filter((route) => !has(routes, route)), surplus: routes.filter((route) => !has(wanted, route)) };
}

export interface ObservedRoutes {
  readonly nodes: readonly Node[];
  /** Routes that couldn't be made, and why. */
  readonly failed: ReadonlyMap<Route, string>;
}

/** Milliseconds between two looks at the cloud's routes (`--route-reconciliation-period`). */
const period = 10_000;

/** Says of each node whether its Pods are reached. */
export function reconcile({ nodes, failed }: ObservedRoutes, now: Instant): Decision {
  const actions = nodes.flatMap((node): readonly Action[] => {
    if ((node.spec.podCIDRs ?? []).length === 0) return [];
    const problems = [...failed].filter(([route]) => route.node === node.metadata.name);
    const told = problems.map(([{ destination }, problem]) =>
      event(node, "Warning", "FailedToCreateRoute", `Could not create route ${destination} for node ${node.metadata.name}: ${problem}`),
    );
    return [...told, ...conditionActions(node, problems.length === 0, now)];
  });
  return { actions, requeueAfter: period };
}

function conditionActions(node: Node, isReached: boolean, now: Instant): readonly Action[] {
  const before = node.status.conditions?.find(({ type }) => type === "NetworkUnavailable");
  const wanted = isReached ? "False" : "True";
  if (before?.status === wanted) return [];
  const condition: NodeCondition = {
    type: "NetworkUnavailable",
    status: wanted,
    lastHeartbeatTime: formatTime(now),
    lastTransitionTime: formatTime(now),
    reason: isReached ? "RouteCreated" : "NoRouteCreated",
    message: isReached ? "RouteController created a route" : "RouteController failed to create a route",
  };
  return [patch(NodeKind, node, { status: { conditions: [condition] } }, { type: "strategic", subresource: "status" })];
}
