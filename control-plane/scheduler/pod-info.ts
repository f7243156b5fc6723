import { type HostPort, type Pod, podHostPorts } from "@kubets/api";
import { type ObjectKey, objectKey } from "@kubets/client";
import { type RequestedResources, requestedResources } from "./resources.ts";

/** What the scheduler works out of a Pod once. */
export interface PodInfo extends RequestedResources {
  readonly key: ObjectKey;
  readonly pod: Pod;
  readonly priority: number;
  readonly hostPorts: readonly HostPort[];
}

export function podInfo(pod: Pod): PodInfo {
  return { key: objectKey(pod), pod, priority: pod.spec.priority ?? 0, ...requestedResources(pod), hostPorts: podHostPorts(pod) };
}

/** Whether two Pods take the same from a node. */
export function sameUsage(a: PodInfo, b: PodInfo): boolean {
  return (
    a.requests.cpu === b.requests.cpu &&
    a.requests.memory === b.requests.memory &&
    a.requests.ephemeralStorage === b.requests.ephemeralStorage &&
    a.assumedRequests.cpu === b.assumedRequests.cpu &&
    a.assumedRequests.memory === b.assumedRequests.memory &&
    a.requests.scalars.size === b.requests.scalars.size &&
    [...a.requests.scalars].every(([name, amount]) => b.requests.scalars.get(name) === amount) &&
    a.hostPorts.length === b.hostPorts.length &&
    a.hostPorts.every((port, index) => samePort(port, b.hostPorts[index]!))
  );
}

function samePort(a: HostPort, b: HostPort): boolean {
  return a.hostIP === b.hostIP && a.protocol === b.protocol && a.port === b.port;
}
