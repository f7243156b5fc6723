import { type Lease, LeaseKind, type Node, NodeKind, type Pod, PodKind } from "@kubets/api";
import { type Caches, type Change, type Controller, type Decision, watch, watchChanges } from "@kubets/client";
import type { Instant } from "@kubets/machinery";
import { nodeOfPod, podsByNode } from "../ownership/node-index.ts";
import { measureZones } from "./metrics.ts";
import { type Budgets, decideEvictions } from "./evictions.ts";
import { defaultGracePeriods, type GracePeriods, reconcile, removed } from "./reconcile.ts";
import { isSignOfLife, type Sighting, sighted } from "./sightings.ts";
import { hasEvictionTaint, readyStatusOf } from "./taints.ts";
import { defaultEvictionRates, type EvictionRates } from "./zones.ts";

export type { GracePeriods } from "./reconcile.ts";
export type { EvictionRates } from "./zones.ts";

export interface NodeLifecycleOptions {
  /** 50 s, and 60 s for the first sign of life, when absent. */
  readonly gracePeriods?: Partial<GracePeriods>;
  /** Upstream's when absent. */
  readonly evictionRates?: Partial<EvictionRates>;
}

type Observed =
  | { readonly what: "node"; readonly node: Node; readonly pods: readonly Pod[]; readonly see: (now: Instant) => SeenNode }
  | { readonly what: "gone"; readonly node: Node }
  | { readonly what: "zones"; readonly nodes: readonly Node[] };

interface SeenNode {
  readonly heardAt: Instant;
  readonly isNew: boolean;
}

const leaseNamespace = "kube-node-lease";
/** Not the name of any node: all of them, by zone. */
const allZones = "/zones";

/**
 * Notices nodes that have fallen silent, marks nodes with taints by their conditions, and drives Pods away from those that aren't ready,
 * the more slowly the more of a zone is lost.
 */
export function nodeLifecycleController({ gracePeriods = {}, evictionRates = {} }: NodeLifecycleOptions = {}): Controller<Observed> {
  const periods: GracePeriods = { ...defaultGracePeriods, ...gracePeriods };
  const rates: EvictionRates = { ...defaultEvictionRates, ...evictionRates };
  // What only this process knows, and begins anew with the next: when it heard of whom, and what zones may still spend.
  const sightings = new Map<string, Sighting>();
  const known = new Map<string, Node>();
  let budgets: Budgets = new Map();
  // Nodes that were there when it began have been told of before.
  const there = new Set<string>();
  let hasBegun = false;

  const evict = (nodes: readonly Node[], now: Instant): Decision => {
    const { budgets: left, startsAnew, ...decision } = decideEvictions({ nodes, budgets, rates }, now);
    budgets = left;
    if (startsAnew) for (const [name, sighting] of sightings) sightings.set(name, { ...sighting, heardAt: now });
    return decision;
  };
  const leaseOf = (name: string, caches: Caches): Lease | undefined => caches.of(LeaseKind).get(`${leaseNamespace}/${name}`);
  const hear = (node: Node, caches: Caches, now: Instant): Sighting => {
    const { name } = node.metadata;
    const sighting = sighted(sightings.get(name), node, leaseOf(name, caches), now);
    sightings.set(name, sighting);
    return sighting;
  };
  const isKnownAsWell = (node: Node): boolean => known.get(node.metadata.name)?.metadata.uid === node.metadata.uid && isWell(node);

  const keysOfNode = ({ object, previous }: Change<Node>, caches: Caches, now: Instant): readonly string[] => {
    const node = (object ?? previous)!;
    const { name, uid } = node.metadata;
    if (!hasBegun) there.add(uid);
    if (object !== undefined && previous !== undefined && isKnownAsWell(object) && isSignOfLife(previous, object)) {
      hear(object, caches, now);
      return [];
    }
    // As long as all are well, nobody needs to look at all of them.
    return [object, previous].every((each) => each === undefined || isWell(each)) ? [name] : [name, allZones];
  };
  // Who is well is only heard: the timer that would have found it silent finds when that was.
  const keysOfLease = ({ object, previous }: Change<Lease>, caches: Caches, now: Instant): readonly string[] => {
    const { namespace, name } = (object ?? previous)!.metadata;
    if (namespace !== leaseNamespace) return [];
    const node: Node | undefined = caches.of(NodeKind).get(name);
    if (node === undefined || !isKnownAsWell(node)) return [name];
    hear(node, caches, now);
    return [];
  };
  // Only the Pods of nodes that aren't well are looked at.
  const keysOfPod = (pod: Pod, caches: Caches): readonly string[] =>
    nodeOfPod(pod).filter((name) => {
      const node: Node | undefined = caches.of(NodeKind).get(name);
      return node !== undefined && !isKnownAsWell(node);
    });
  const observe = (key: string, caches: Caches): Observed | undefined => {
    hasBegun = true;
    if (key === allZones) return { what: "zones", nodes: caches.of(NodeKind).list() };
    const node: Node | undefined = caches.of(NodeKind).get(key);
    if (node === undefined) {
      const before = known.get(key);
      known.delete(key);
      sightings.delete(key);
      return before === undefined ? undefined : { what: "gone", node: before };
    }
    return {
      what: "node",
      node,
      pods: caches.of(PodKind).byIndex("node", key),
      see(now) {
        const { heardAt } = hear(node, caches, now);
        const { uid } = node.metadata;
        const isNew = known.get(key)?.metadata.uid !== uid && !there.has(uid);
        known.set(key, node);
        return { heardAt, isNew };
      },
    };
  };
  return {
    name: "node-lifecycle",
    watches: [
      watchChanges(NodeKind, keysOfNode),
      watchChanges(LeaseKind, keysOfLease),
      watch(PodKind, { keys: keysOfPod, indexes: podsByNode }),
    ],
    observe,
    measure(metrics) {
      const evicted = measureZones(metrics, () => known.values());
      return { passed: ({ observed, decision }) => (observed.what === "zones" ? evicted(decision.actions) : undefined) };
    },
    reconcile(observed, now) {
      switch (observed.what) {
        case "node":
          return reconcile({ ...observed, ...observed.see(now), gracePeriods: periods }, now);
        case "gone":
          return removed(observed.node);
        case "zones":
          return evict(observed.nodes, now);
      }
    },
  };
}

function isWell(node: Node): boolean {
  return readyStatusOf(node) === "True" && !hasEvictionTaint(node);
}
