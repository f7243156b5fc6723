import { type EndpointSlice, EndpointSliceKind, EndpointsKind, ServiceKind } from "@kubets/api";
import { type Caches, type Controller, watch } from "@kubets/client";
import { managedBy, managedByLabel, type Observed, reconcile, serviceNameLabel } from "./reconcile.ts";

/** Mirrors Endpoints that people write by hand into slices, which is all that proxies read. */
export const endpointSliceMirroringController: Controller<Observed> = {
  name: "endpointslice-mirroring",
  watches: [
    watch(EndpointsKind),
    watch(ServiceKind),
    watch(EndpointSliceKind, {
      keys: (slice) => (isMirror(slice) ? [ownerOf(slice)] : []),
      indexes: { mirrors: (slice) => (isMirror(slice) ? [ownerOf(slice)] : []) },
    }),
  ],
  observe,
  reconcile,
};

function observe(key: string, caches: Caches): Observed | undefined {
  const endpoints = caches.of(EndpointsKind).get(key);
  const slices = caches.of(EndpointSliceKind).byIndex("mirrors", key);
  return endpoints === undefined && slices.length === 0 ? undefined : { endpoints, service: caches.of(ServiceKind).get(key), slices };
}

function isMirror({ metadata: { labels = {} } }: EndpointSlice): boolean {
  return labels[managedByLabel] === managedBy && labels[serviceNameLabel] !== undefined;
}

function ownerOf({ metadata: { namespace, labels = {} } }: EndpointSlice): string {
  return `${namespace}/${labels[serviceNameLabel]}`;
}
