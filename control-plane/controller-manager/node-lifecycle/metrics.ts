import type { Node } from "@kubets/api";
import type { Action } from "@kubets/client";
import type { Metrics } from "@kubets/machinery";
import { hasEvictionTaint, readyStatusOf } from "./taints.ts";
import { zoneOf } from "./zones.ts";

/** How zones are, whenever somebody asks; answers what counts the nodes that are given up. `nodes`: all that are known. */
export function measureZones(metrics: Metrics, nodes: () => Iterable<Node>): (actions: readonly Action[]) => void {
  const evictions = metrics.counter(
    "node_collector_evictions_total",
    "Number of Node evictions that happened since current instance of NodeController started.",
  );
  const each = (name: string, help: string, value: (members: readonly Node[]) => number): void => {
    metrics.gauge(`node_collector_${name}`, help, (gauge) => {
      for (const [zone, members] of Map.groupBy(nodes(), zoneOf)) gauge.set(value(members), { zone });
    });
  };
  const unhealthy = (members: readonly Node[]): number => members.filter((node) => readyStatusOf(node) !== "True").length;
  each("zone_size", "Gauge measuring number of registered Nodes per zones.", (members) => members.length);
  each("unhealthy_nodes_in_zone", "Gauge measuring number of not Ready Nodes per zones.", unhealthy);
  each(
    "zone_health",
    "Gauge measuring percentage of healthy nodes per zone.",
    (members) => (100 * (members.length - unhealthy(members))) / members.length,
  );
  return (actions) => {
    const given = new Set(actions.flatMap((action) => (action.verb === "patch" && givesUp(action.patch) ? [action.name] : [])));
    if (given.size === 0) return;
    for (const node of nodes()) if (given.has(node.metadata.name)) evictions.add(1, { zone: zoneOf(node) });
  };
}

function givesUp(change: unknown): boolean {
  return hasEvictionTaint(change as Node);
}
