import type { Column } from "../../columns.ts";
import type { PodInfo } from "../../pod-info.ts";
import { isScalar, type Resources } from "../../resources.ts";
import type { Snapshot } from "../../snapshot.ts";

export interface WeightedResource {
  readonly name: string;
  /** 1 to 100. */
  readonly weight: number;
}

export const defaultResources: readonly WeightedResource[] = [
  { name: "cpu", weight: 1 },
  { name: "memory", weight: 1 },
];

/** One resource as a scoring plugin measures it on every node, for one Pod. */
export interface MeasuredResource {
  readonly weight: number;
  readonly request: number;
  readonly allocatable: Column;
  /** By the Pods that are there; what the Pod itself asks for comes on top. */
  readonly used: Column;
}

/**
 * The resources that count for a Pod: scalar ones that it doesn't ask for say nothing about it. `assumed` counts something for containers
 * that ask for no processors or memory, `requested` only what is asked for.
 */
export function measured(
  resources: readonly WeightedResource[],
  pod: PodInfo,
  snapshot: Snapshot,
  by: "assumed" | "requested",
): readonly MeasuredResource[] {
  return resources.flatMap(({ name, weight }) => {
    const allocatable = snapshot.allocatable.of(name);
    if (by === "assumed" && (name === "cpu" || name === "memory")) {
      return [{ weight, request: pod.assumedRequests[name], allocatable, used: snapshot.assumedRequested[name] }];
    }
    const request = requestOf(pod.requests, name);
    return request === 0 && isScalar(name) ? [] : [{ weight, request, allocatable, used: snapshot.requested.of(name) }];
  });
}

/** What is asked for of a resource by its name; a Pod is one Pod. */
export function requestOf(requests: Resources, resource: string): number {
  switch (resource) {
    case "pods":
      return 1;
    case "cpu":
      return requests.cpu;
    case "memory":
      return requests.memory;
    case "ephemeral-storage":
      return requests.ephemeralStorage;
    default:
      return requests.scalars.get(resource) ?? 0;
  }
}
