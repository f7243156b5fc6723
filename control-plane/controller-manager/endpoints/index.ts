import { EndpointsKind, PodKind, ServiceKind } from "@kubets/api";
import { type Caches, type Controller, watch } from "@kubets/client";
import { podsByLabel, podsOf, servicesBySelector, servicesOf } from "../services/pods-of-service.ts";
import { type Observed, reconcile } from "./reconcile.ts";

/** Keeps the Endpoints of every Service that has a selector, for clients that know no EndpointSlices. */
export const endpointsController: Controller<Observed> = {
  name: "endpoints",
  watches: [
    watch(ServiceKind, { indexes: servicesBySelector }),
    watch(PodKind, { keys: servicesOf, indexes: podsByLabel }),
    watch(EndpointsKind),
  ],
  observe,
  reconcile,
};

function observe(key: string, caches: Caches): Observed | undefined {
  const service = caches.of(ServiceKind).get(key);
  const endpoints = caches.of(EndpointsKind).get(key);
  if (service === undefined) return endpoints === undefined ? undefined : { service, endpoints };
  if (service.spec.selector === undefined || service.spec.type === "ExternalName") return undefined;
  return { service, pods: podsOf(service, caches), endpoints };
}
