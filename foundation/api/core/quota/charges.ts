/** What one object costs a ResourceQuota: the same for the controller that counts and for the admission that reserves. */
import { groupResourceOf, type Kind, type KubernetesObject, multiplyQuantity, parseQuantity, roundUpQuantity } from "@kubets/machinery";
import { type PersistentVolumeClaim, storageClassOfClaim } from "../persistent-volume-claim.ts";
import type { Pod } from "../pod/pod.ts";
import { podLimits, podRequests } from "../pod/requests.ts";
import { amountsOf, largestAmounts, type ResourceAmounts } from "../pod/resource-amounts.ts";
import { usesNodePorts } from "../service-strategy.ts";
import type { Service } from "../service.ts";

const one = parseQuantity("1");

// The resources whose number can be limited without `count/`, from before that was there.
const countedByName: ReadonlySet<string> = new Set(["configmaps", "replicationcontrollers", "resourcequotas", "secrets"]);

/** Kinds that no quota counts: they come by themselves, and refusing them would hide why. */
const uncounted: ReadonlySet<string> = new Set(["events", "events.events.k8s.io"]);

/** Whether objects of a kind can be counted at all. */
export function isCountedByQuotas(kind: Kind): boolean {
  return (
    kind.scope === "Namespaced" && kind.verbs.includes("create") && kind.verbs.includes("list") && !uncounted.has(groupResourceOf(kind))
  );
}

/** How much of each limited resource an object takes. */
export function quotaCharge(kind: Pick<Kind, "group" | "resource">, object: KubernetesObject): ResourceAmounts {
  const name = groupResourceOf(kind);
  const count: ResourceAmounts = new Map([[`count/${name}`, one]]);
  switch (name) {
    case "pods":
      return new Map([...count, ...podCharge(object as Pod)]);
    case "services":
      return new Map([...count, ...serviceCharge(object as Service)]);
    case "persistentvolumeclaims":
      return new Map([...count, ...claimCharge(object as PersistentVolumeClaim)]);
    default:
      return countedByName.has(name) ? new Map([...count, [name, one]]) : count;
  }
}

/** Whether a Pod still may use what it asked for. A terminated one only counts as an object. */
export function usesResources({ status }: Pod): boolean {
  return status.phase !== "Succeeded" && status.phase !== "Failed";
}

function podCharge(pod: Pod): ResourceAmounts {
  if (!usesResources(pod)) return new Map();
  return new Map([["pods", one], ...computeCharge(podRequests(pod), podLimits(pod))]);
}

/** What requests and limits are called in a quota: extended resources only as `requests.NAME`, since they can't be overcommitted. */
export function computeCharge(requests: ResourceAmounts, limits: ResourceAmounts): ResourceAmounts {
  const charge = new Map<string, ReturnType<typeof parseQuantity>>();
  for (const [name, amount] of requests) {
    if (isNative(name)) charge.set(name, amount);
    charge.set(`requests.${name}`, amount);
  }
  for (const [name, amount] of limits) if (overcommittable.has(name)) charge.set(`limits.${name}`, amount);
  return charge;
}

const overcommittable: ReadonlySet<string> = new Set(["cpu", "memory", "ephemeral-storage"]);

function isNative(name: string): boolean {
  return overcommittable.has(name) || name.startsWith("hugepages-");
}

function serviceCharge({ spec }: Service): ResourceAmounts {
  const ports = spec.ports ?? [];
  // A load balancer without ports on the nodes may still be given some by hand.
  const chosen = spec.type === "LoadBalancer" ? ports.filter(({ nodePort = 0 }) => nodePort !== 0).length : 0;
  const withNodePort = usesNodePorts(spec) ? ports.length : chosen;
  return new Map([
    ["services", one],
    ["services.nodeports", multiplyQuantity(one, withNodePort)],
    ["services.loadbalancers", multiplyQuantity(one, spec.type === "LoadBalancer" ? 1 : 0)],
  ]);
}

const ofClass = ".storageclass.storage.k8s.io/";

function claimCharge(claim: PersistentVolumeClaim): ResourceAmounts {
  const name = storageClassOfClaim(claim);
  const classPrefix = name === "" ? [] : [`${name}${ofClass}`];
  // While a claim grows, the larger of what is asked and what is on its way counts.
  const asked = largestAmounts(amountsOf(claim.spec.resources.requests), amountsOf(claim.status.allocatedResources)).get("storage");
  const storage = asked === undefined ? undefined : roundUpQuantity(asked, 0);
  return new Map(
    ["", ...classPrefix].flatMap((prefix) => [
      [`${prefix}persistentvolumeclaims`, one] as const,
      ...(storage === undefined ? [] : [[`${prefix}requests.storage`, storage] as const]),
    ]),
  );
}

/** Whether a resource that a quota limits is one that objects of the kind can take. */
export function isChargedTo(resource: string, kind: Pick<Kind, "group" | "resource">): boolean {
  const name = groupResourceOf(kind);
  if (resource === `count/${name}`) return true;
  switch (name) {
    case "pods":
      return resource === "pods" || isOfPods(resource);
    case "services":
      return resource === "services" || resource === "services.nodeports" || resource === "services.loadbalancers";
    case "persistentvolumeclaims":
      return resource === name || resource === "requests.storage" || resource.includes(ofClass);
    default:
      return countedByName.has(name) && resource === name;
  }
}

function isOfPods(resource: string): boolean {
  const bare = resource.replace(/^(requests|limits)\./, "");
  if (bare === resource || resource.startsWith("limits.")) return isNative(bare);
  return isNative(bare) || (bare.includes("/") && !resource.includes(ofClass));
}
