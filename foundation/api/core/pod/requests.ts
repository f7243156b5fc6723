import type { Container } from "./container.ts";
import type { ContainerStatus } from "./container-status.ts";
import { findPodCondition } from "./conditions.ts";
import type { Pod } from "./pod.ts";
import { amountsOf, largestAmounts, noResources, type ResourceAmounts, sumOfAmounts } from "./resource-amounts.ts";
import { isSidecar } from "./sidecars.ts";

/**
 * What the Pod reserves on its node: the sum over its containers and sidecars, or the most that its start needs at any
 * moment if that is more; resources of the whole Pod where they are given; and its overhead.
 *
 * While a resize is under way, the larger of what is asked and what is in force counts.
 */
export function podRequests(pod: Pod): ResourceAmounts {
  const infeasible = isResizeInfeasible(pod);
  const statuses = statusesByName(pod);
  const ofContainers = aggregate(pod, (container) => requestsInForce(container, statuses.get(container.name), infeasible));
  const ofPod = podLevelAmounts(pod.spec.resources?.requests);
  return sumOfAmounts(override(ofContainers, ofPod), amountsOf(pod.spec.overhead));
}

/** The most that the Pod may use, by the same rules; overhead is added to what is limited at all. */
export function podLimits(pod: Pod): ResourceAmounts {
  const limits = override(containerLimits(pod), podLevelAmounts(pod.spec.resources?.limits));
  const overhead = [...amountsOf(pod.spec.overhead)].filter(([name]) => (limits.get(name)?.nanos ?? 0n) !== 0n);
  return sumOfAmounts(limits, new Map(overhead));
}

/** What the containers ask for together, without resources of the whole Pod and without overhead. */
export function containerRequests(pod: Pick<Pod, "spec">): ResourceAmounts {
  return aggregate(pod, ({ resources }) => amountsOf(resources.requests));
}

/** What the containers may use together, without resources of the whole Pod and without overhead. */
export function containerLimits(pod: Pick<Pod, "spec">): ResourceAmounts {
  return aggregate(pod, ({ resources }) => amountsOf(resources.limits));
}

/** Resources that can be given to a whole Pod: cpu, memory and huge pages. */
export function isPodLevelResource(name: string): boolean {
  return name === "cpu" || name === "memory" || name.startsWith("hugepages-");
}

function aggregate({ spec }: Pick<Pod, "spec">, amounts: (container: Container) => ResourceAmounts): ResourceAmounts {
  let running = (spec.containers ?? []).map(amounts).reduce(sumOfAmounts, noResources);
  let sidecars = noResources;
  let starting = noResources;
  for (const container of spec.initContainers ?? []) {
    const own = amounts(container);
    if (isSidecar(container)) {
      running = sumOfAmounts(running, own);
      sidecars = sumOfAmounts(sidecars, own);
      starting = largestAmounts(starting, sidecars);
    } else {
      starting = largestAmounts(starting, sumOfAmounts(sidecars, own));
    }
  }
  return largestAmounts(running, starting);
}

function requestsInForce(container: Container, status: ContainerStatus | undefined, infeasible: boolean): ResourceAmounts {
  const asked = amountsOf(container.resources.requests);
  if (status?.resources === undefined) return asked;
  const inForce = largestAmounts(amountsOf(status.resources.requests), amountsOf(status.allocatedResources));
  return infeasible ? inForce : largestAmounts(asked, inForce);
}

function isResizeInfeasible(pod: Pod): boolean {
  return findPodCondition(pod, "PodResizePending")?.reason === "Infeasible";
}

function statusesByName({ status }: Pod): ReadonlyMap<string, ContainerStatus> {
  return new Map([...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])].map((each) => [each.name, each]));
}

function podLevelAmounts(list: Parameters<typeof amountsOf>[0]): ResourceAmounts {
  return new Map([...amountsOf(list)].filter(([name]) => isPodLevelResource(name)));
}

function override(amounts: ResourceAmounts, by: ResourceAmounts): ResourceAmounts {
  return by.size === 0 ? amounts : new Map([...amounts, ...by]);
}
