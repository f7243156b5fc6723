import { EndpointSliceKind, NodeKind, PodKind, ServiceKind } from "@kubets/api";
import { type Caches, type Controller, watch } from "@kubets/client";
import { podsOf, servicesOf } from "../services/pods-of-service.ts";
import { managedBy, managedByLabel, type Observed, reconcile, serviceNameLabel } from "./reconcile.ts";

/** Keeps the EndpointSlices of every Service that has a selector. */
export const endpointSliceController: Controller<Observed> = {
  name: "endpointslice",
  watches: [
    watch(ServiceKind),
    watch(PodKind, { keys: servicesOf }),
    watch(EndpointSliceKind, {
      keys: ({ metadata }) => {
        const service = metadata.labels?.[serviceNameLabel];
        return service !== undefined && metadata.labels?.[managedByLabel] === managedBy ? [`${metadata.namespace}/${service}`] : [];
      },
      indexes: { service: ({ metadata }) => [`${metadata.namespace}/${metadata.labels?.[serviceNameLabel] ?? ""}`] },
    }),
    // A node's zone is read when a Pod's endpoint is written; it does not change while Pods run.
    watch(NodeKind, { keys: () => [] }),
  ],
  observe,
  reconcile,
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
  };
}
