import { DomainCounts } from "../../domain-counts.ts";
import type { NodeScorer } from "../../framework.ts";
import type { PodInfo } from "../../pod-info.ts";
import type { Snapshot } from "../../snapshot.ts";
import { countOfPods } from "./domains.ts";

const zoneLabel = "topology.kubernetes.io/zone";
const hostLabel = "kubernetes.io/hostname";
/** Upstream's constraints of Pods that have none. They are soft: their skews only shift all scores alike. */
const maxSkews = { host: 3, zone: 5 };

/**
 * Prefers nodes and zones with fewer of the Pods that belong together with a Pod: what a Pod without constraints of its own is scored by
 * (upstream's system defaults). Where all nodes are in one zone, what is said of it would be said of all of them.
 */
export function defaultSpreadScorer({ pod }: PodInfo, snapshot: Snapshot): NodeScorer | undefined {
  const selector = snapshot.spreading.of(pod);
  if (selector === undefined) return undefined;
  const counter = countOfPods(snapshot, pod.metadata.namespace, selector.requirements);
  const zones = new DomainCounts(snapshot, zoneLabel, counter);
  const hosts = snapshot.topology(hostLabel);
  hosts.follow();
  const skews = maxSkews.host - 1 + maxSkews.zone - 1;
  return {
    scope: "domain",
    normalize: "lowest",
    groupings: [zones.groupOf, (slot) => (hosts.domainOf[slot]! < 0 ? -1 : counter.values[slot]!)],
    epoch: () => {
      hosts.follow();
      return zones.follow();
    },
    score(slot) {
      const onHost = hosts.domainOf[slot]! < 0 ? 0 : counter.values[slot]! * Math.log(snapshot.size + 2);
      const inZone = zones.domains < 2 ? 0 : zones.around(slot) * Math.log(zones.domains + 2);
      return Math.round(onHost + inZone + skews);
    },
  };
}
