import type { Node } from "@kubets/api";
import type { NodeFilter, Plugin, Reason, Rejection } from "../../framework.ts";
import type { PodInfo } from "../../pod-info.ts";
import { capacityOf, isExtended, requestedResources, type Resources } from "../../resources.ts";
import type { Snapshot } from "../../snapshot.ts";
import { defaultResources, measured, requestOf, type WeightedResource } from "./measured.ts";
import { leastAllocated, mostAllocated, requestedToCapacityRatio, type ShapePoint } from "./strategies.ts";

const name = "NodeResourcesFit";

export interface NodeResourcesFitArguments {
  readonly ignoredResources?: readonly string[];
  /** Groups such as `example.com`. */
  readonly ignoredResourceGroups?: readonly string[];
  readonly scoringStrategy?: ScoringStrategy;
}

export type ScoringStrategy =
  | { readonly type: "LeastAllocated" | "MostAllocated"; readonly resources?: readonly WeightedResource[] }
  | { readonly type: "RequestedToCapacityRatio"; readonly resources?: readonly WeightedResource[]; readonly shape: readonly ShapePoint[] };

/** Sends a Pod only where what it asks for is left, and prefers nodes by how much of them is taken. */
export function nodeResourcesFit({
  ignoredResources = [],
  ignoredResourceGroups = [],
  scoringStrategy = { type: "LeastAllocated" },
}: NodeResourcesFitArguments = {}): Plugin {
  const isIgnored = (resource: string): boolean =>
    isExtended(resource) && (ignoredResources.includes(resource) || ignoredResourceGroups.includes(resource.split("/")[0]!));

  return {
    name,
    sign({ requests: { cpu, memory, ephemeralStorage, scalars }, assumedRequests: assumed }) {
      const signature = `${cpu} ${memory} ${ephemeralStorage} ${assumed.cpu} ${assumed.memory}`;
      return scalars.size === 0 ? signature : `${signature} ${[...scalars].sort(([a], [b]) => (a < b ? -1 : 1)).join(" ")}`;
    },
    preFilter(pod, snapshot) {
      const scalars = [...pod.requests.scalars].filter(([resource, amount]) => amount > 0 && !isIgnored(resource));
      const { passes, keep } = roomFor(snapshot, pod.requests, scalars);
      return {
        kind: "filter",
        filter: { scope: "usage", passes, keep, rejection: (slot) => rejectionOf(snapshot, pod.requests, scalars, slot) },
      };
    },
    preScore(pod, snapshot) {
      const resources = measured(scoringStrategy.resources ?? defaultResources, pod, snapshot, "assumed");
      const score = strategyOf(scoringStrategy)(resources);
      const scoreAll = (slots: Int32Array, into: Float64Array): void => {
        for (let index = 0; index < slots.length; index++) into[index] = score(slots[index]!);
      };
      return { scope: "usage", score, scoreAll };
    },
    hints: {
      NodeAdded: (pod, { node }) => fitsEmpty(pod, node),
      NodeUpdated: (pod, { node, previous, changed }) =>
        changed.has("allocatable") && fitsEmpty(pod, node) && givesMore(pod, node, previous),
      AssignedPodDeleted: () => true,
      AssignedPodUpdated: ({ requests }, { pod, previous, changed }) =>
        changed.has("requests") && someGreater(requests, requestedResources(previous).requests, requestedResources(pod).requests),
      PodUpdated: (_pod, { changed }) => changed.has("requests"),
    },
  };
}

function strategyOf(strategy: ScoringStrategy): typeof leastAllocated {
  switch (strategy.type) {
    case "LeastAllocated":
      return leastAllocated;
    case "MostAllocated":
      return mostAllocated;
    case "RequestedToCapacityRatio":
      return requestedToCapacityRatio(strategy.shape);
  }
}

type Scalars = readonly (readonly [resource: string, amount: number])[];

/** Whether a slot has room for the requests: what isn't asked for isn't looked at. */
function roomFor(snapshot: Snapshot, requests: Resources, scalars: Scalars): Required<Pick<NodeFilter, "passes" | "keep">> {
  const asked = [...builtIn, ...scalars.map(([resource]) => resource)]
    .map((resource) => ({
      amount: requestOf(requests, resource),
      allocatable: snapshot.allocatable.of(resource),
      requested: snapshot.requested.of(resource),
    }))
    .filter(({ amount }) => amount > 0);
  return {
    passes(slot) {
      for (let index = 0; index < asked.length; index++) {
        const { amount, allocatable, requested } = asked[index]!;
        if (amount > allocatable.values[slot]! - requested.values[slot]!) return false;
      }
      return true;
    },
    keep(slots, count) {
      let left = count;
      for (const {
        amount,
        allocatable: { values: capacities },
        requested: { values: taken },
      } of asked) {
        let kept = 0;
        for (let index = 0; index < left; index++) {
          const slot = slots[index]!;
          if (amount <= capacities[slot]! - taken[slot]!) slots[kept++] = slot;
        }
        left = kept;
      }
      return left;
    },
  };
}

function rejectionOf(snapshot: Snapshot, requests: Resources, scalars: Scalars, slot: number): Rejection {
  const reasons: Reason[] = [];
  let resolvable = true;
  for (const resource of [...builtIn, ...scalars.map(([name]) => name)]) {
    const asked = requestOf(requests, resource);
    const used = snapshot.requested.of(resource).values[slot]!;
    const allocatable = snapshot.allocatable.of(resource).values[slot]!;
    if (asked === 0 || asked <= allocatable - used) continue;
    // An empty node would have too little as well. Upstream leaves the number of Pods out of this.
    if (asked > allocatable && resource !== "pods") resolvable = false;
    const text = resource === "pods" ? "Too many pods" : `Insufficient ${resource}`;
    reasons.push({ text, facts: { resource, requested: asked, used, allocatable } });
  }
  return { plugin: name, resolvable, reasons };
}

const builtIn: readonly string[] = ["pods", "cpu", "memory", "ephemeral-storage"];

function fitsEmpty({ requests }: PodInfo, { status }: Node): boolean {
  const capacity = capacityOf(status.allocatable);
  return capacity.pods >= 1 && !someGreater(requests, requests, capacity);
}

function givesMore({ requests }: PodInfo, node: Node, previous: Node): boolean {
  const now = capacityOf(node.status.allocatable);
  const before = capacityOf(previous.status.allocatable);
  return now.pods > before.pods || someGreater(requests, now, before);
}

/** Whether `a` exceeds `b` in something that is asked for. */
function someGreater(requests: Resources, a: Resources, b: Resources): boolean {
  return (
    (requests.cpu > 0 && a.cpu > b.cpu) ||
    (requests.memory > 0 && a.memory > b.memory) ||
    (requests.ephemeralStorage > 0 && a.ephemeralStorage > b.ephemeralStorage) ||
    [...requests.scalars].some(([resource, amount]) => amount > 0 && (a.scalars.get(resource) ?? 0) > (b.scalars.get(resource) ?? 0))
  );
}
