import { EndpointSliceKind, type Node, NodeKind, type Pod, PodKind, type Service, ServiceKind } from "@kubets/api";
import { type Caches, type Controller, objectKey, type Watch, watch } from "@kubets/client";
import type { Kind } from "@kubets/machinery";
import { podsByNode } from "../ownership/node-index.ts";
import { podsByLabel, podsOf, servicesBySelector, servicesOf } from "../services/pods-of-service.ts";
import { measureSlices } from "./metrics.ts";
import { managedBy, managedByLabel, type Observed, reconcile, serviceNameLabel } from "./reconcile.ts";
import { topologyFactsOf, wantsTopologyHints, zoneSharesOf } from "./topology-hints.ts";

const zoneLabel = "topology.kubernetes.io/zone";

/** Heartbeats change nothing that slices say: only nodes that come, go, move to another zone or change in size touch Services. */
const nodes: Watch = {
  kind: NodeKind as unknown as Kind,
  indexes: {},
  *keys({ object, previous }, caches) {
    const [node, before] = [object as Node | undefined, previous as Node | undefined];
    const zoneOf = (each: Node | undefined): string | undefined =>
      each === undefined ? undefined : (each.metadata.labels?.[zoneLabel] ?? "");
    const factsOf = (each: Node | undefined): string | undefined => (each === undefined ? undefined : topologyFactsOf(each));
    if (zoneOf(node) !== zoneOf(before)) {
      const pods: readonly Pod[] = caches.of(PodKind).byIndex("node", (node ?? before)!.metadata.name);
      for (const pod of pods) yield* servicesOf(pod, caches);
    }
    if (factsOf(node) !== factsOf(before)) yield* caches.of(ServiceKind).byIndex("topology hints", "wanted").map(objectKey);
  },
};

/** Keeps the EndpointSlices of every Service that has a selector. */
export const endpointSliceController: Controller<Observed> = {
  name: "endpointslice",
  watches: [
    watch(ServiceKind, {
      indexes: { ...servicesBySelector, "topology hints": (service: Service) => (wantsTopologyHints(service) ? ["wanted"] : []) },
    }),
    watch(PodKind, { keys: servicesOf, indexes: { ...podsByLabel, ...podsByNode } }),
    watch(EndpointSliceKind, {
      keys: ({ metadata }) => {
        const service = metadata.labels?.[serviceNameLabel];
        return service !== undefined && metadata.labels?.[managedByLabel] === managedBy ? [`${metadata.namespace}/${service}`] : [];
      },
      indexes: { service: ({ metadata }) => [`${metadata.namespace}/${metadata.labels?.[serviceNameLabel] ?? ""}`] },
    }),
    nodes,
  ],
  observe,
  reconcile,
  measure: measureSlices,
};

function observe(key: string, caches: Caches): Observed | undefined {
  const service = caches.of(ServiceKind).get(key);
  if (service?.spec.selector === undefined || service.spec.type === "ExternalName") return undefined;
  const slices = caches.of(EndpointSliceKind).byIndex("service", key);
  return {
    service,
    pods: podsOf(service, caches),
    slices: slices.filter(({ metadata }) => metadata.labels?.[managedByLabel] === managedBy),
    nodeOf: ({ spec }) => (spec.nodeName === undefined ? undefined : caches.of(NodeKind).get(spec.nodeName)),
    zoneShares: () => zoneSharesOf(caches.of(NodeKind).list()),
  };
}
