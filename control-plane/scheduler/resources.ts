import { type Container, type Pod, podRequests, type ResourceAmounts, type ResourceList } from "@kubets/api";
import { milliValue, type Quantity, wholeValue } from "@kubets/machinery";

/** Amounts as plain numbers: processors in thousandths, the rest in whole units (bytes, devices), each rounded up. */
export interface Resources {
  readonly cpu: number;
  readonly memory: number;
  readonly ephemeralStorage: number;
  /** Extended resources, huge pages and attachable volumes, by name. */
  readonly scalars: ReadonlyMap<string, number>;
}

export interface RequestedResources {
  readonly requests: Resources;
  /** With something assumed for containers that ask for no processors or memory. Nodes are compared by it. */
  readonly assumedRequests: { readonly cpu: number; readonly memory: number };
}

/** What a container that asks for nothing counts for when nodes are compared, so that many such Pods don't pile up on one node. */
const assumedRequest: { readonly cpu: Quantity; readonly memory: Quantity } = { cpu: "100m", memory: "200Mi" };

/** What a Pod takes of its node. Pods of one template ask for the same, so the answer is kept. */
export function requestedResources(pod: Pod): RequestedResources {
  const asked = JSON.stringify(whatCounts(pod));
  let answer = known.get(asked);
  if (answer === undefined) {
    const requests = resourcesOf(podRequests(pod));
    const assumed = resourcesOf(podRequests(withAssumedRequests(pod)));
    answer = { requests, assumedRequests: { cpu: assumed.cpu, memory: assumed.memory } };
    if (known.size >= mostKnown) known.clear();
    known.set(asked, answer);
  }
  return answer;
}

const known = new Map<string, RequestedResources>();
const mostKnown = 10_000;

// Everything that `podRequests` reads.
function whatCounts({ spec, status }: Pod): unknown {
  return [
    spec.containers.map(({ name, resources }) => [name, resources.requests]),
    spec.initContainers?.map(({ name, resources, restartPolicy }) => [name, resources.requests, restartPolicy]),
    spec.resources?.requests,
    spec.overhead,
    [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])].map(({ name, resources, allocatedResources }) =>
      resources === undefined ? undefined : [name, resources.requests, allocatedResources],
    ),
    status.conditions?.find(({ type }) => type === "PodResizePending")?.reason,
  ];
}

function withAssumedRequests(pod: Pod): Pod {
  const whole = pod.spec.resources?.requests ?? {};
  const assumed = Object.entries(assumedRequest).filter(([name]) => !(name in whole));
  const fill = (container: Container): Container => {
    const { resources } = container;
    const missing = assumed.filter(([name]) => !(name in (resources.requests ?? {})));
    if (missing.length === 0) return container;
    return { ...container, resources: { ...resources, requests: { ...resources.requests, ...Object.fromEntries(missing) } } };
  };
  const { containers, initContainers } = pod.spec;
  return {
    ...pod,
    spec: {
      ...pod.spec,
      containers: containers.map(fill),
      ...(initContainers === undefined ? {} : { initContainers: initContainers.map(fill) }),
    },
  };
}

function resourcesOf(amounts: ResourceAmounts): Resources {
  const scalars = new Map<string, number>();
  for (const [name, amount] of amounts) if (isScalar(name)) scalars.set(name, wholeValue(amount));
  const whole = (name: string): number => (amounts.has(name) ? wholeValue(amounts.get(name)!) : 0);
  return {
    cpu: amounts.has("cpu") ? milliValue(amounts.get("cpu")!) : 0,
    memory: whole("memory"),
    ephemeralStorage: whole("ephemeral-storage"),
    scalars,
  };
}

/** What a node has to give. */
export interface Capacity extends Resources {
  readonly pods: number;
}

/** Reads `status.allocatable` of a Node. */
export function capacityOf(list: ResourceList | undefined = {}): Capacity {
  const scalars = new Map<string, number>();
  for (const name in list) if (isScalar(name)) scalars.set(name, wholeValue(list[name]!));
  const whole = (name: string): number => (name in list ? wholeValue(list[name]!) : 0);
  return {
    cpu: "cpu" in list ? milliValue(list["cpu"]!) : 0,
    memory: whole("memory"),
    ephemeralStorage: whole("ephemeral-storage"),
    pods: whole("pods"),
    scalars,
  };
}

/** Huge pages, volumes that can be attached, and every resource that somebody other than Kubernetes defined. */
export function isScalar(name: string): boolean {
  return name.includes("/") || name.startsWith("hugepages-") || name.startsWith("attachable-volumes-");
}

/** Resources that somebody other than Kubernetes defined, such as `example.com/gpu`. */
export function isExtended(name: string): boolean {
  return name.includes("/") && !name.includes("kubernetes.io/") && !name.startsWith("requests.");
}
