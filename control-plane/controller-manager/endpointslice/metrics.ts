import { type EndpointSlice, EndpointSliceKind } from "@kubets/api";
import { type Measure, objectKey } from "@kubets/client";
import { isStatus, type Metrics, exponentialBuckets } from "@kubets/machinery";
import { sliceCapacity } from "./pack.ts";
import type { Observed } from "./reconcile.ts";

interface Totals {
  readonly slices: number;
  readonly endpoints: number;
  readonly desired: number;
}

/** How many endpoints there are, in how many slices, and what it takes to keep them. */
export function measureSlices(metrics: Metrics): Measure<Observed> {
  const help = (what: string): string => `Number of ${what}`;
  const name = (what: string): string => `endpoint_slice_controller_${what}`;
  const syncs = metrics.counter(name("syncs"), help("EndpointSlice syncs"));
  const changes = metrics.counter(name("changes"), help("EndpointSlice changes"));
  const perSync = metrics.histogram(
    name("endpointslices_changed_per_sync"),
    help("EndpointSlices changed on each Service sync"),
    [0, 1, 2, 5, 10],
  );
  const buckets = exponentialBuckets(2, 2, 15);
  const added = metrics.histogram(name("endpoints_added_per_sync"), help("endpoints added on each Service sync"), buckets);
  const removed = metrics.histogram(name("endpoints_removed_per_sync"), help("endpoints removed on each Service sync"), buckets);
  const gauges = {
    slices: metrics.gauge(name("num_endpoint_slices"), help("EndpointSlices")),
    endpoints: metrics.gauge(name("endpoints_desired"), help("endpoints desired")),
    desired: metrics.gauge(name("desired_endpoint_slices"), help("EndpointSlices that would exist with perfect endpoint allocation")),
  };
  const totals = new Map<string, Totals>();
  const sums = { slices: 0, endpoints: 0, desired: 0 };
  const count = (key: string, next: Totals | undefined): void => {
    const before = totals.get(key);
    for (const field of ["slices", "endpoints", "desired"] as const) {
      sums[field] += (next?.[field] ?? 0) - (before?.[field] ?? 0);
      gauges[field].set(sums[field]);
    }
    if (next === undefined) totals.delete(key);
    else totals.set(key, next);
  };
  return {
    passed({ observed: { service, slices }, decision: { actions }, error }) {
      syncs.add(1, { result: error === undefined ? "success" : isStatus(error, "Conflict") ? "stale" : "error" });
      if (error !== undefined) return;
      const after = new Map(slices.map((slice) => [slice.metadata.name, slice.endpoints.length]));
      let changed = 0;
      for (const action of actions) {
        if (action.verb === "event" || !("kind" in action) || action.kind.kind !== EndpointSliceKind.kind) continue;
        changed++;
        changes.add(1, { operation: action.verb });
        if (action.verb === "delete") after.delete(action.name);
        if (action.verb === "update") after.set(action.object.metadata.name, (action.object as EndpointSlice).endpoints.length);
        if (action.verb === "create")
          after.set(
            action.object.metadata.name ?? "",
            (action.object as { readonly endpoints?: readonly unknown[] }).endpoints?.length ?? 0,
          );
      }
      const topology =
        service.metadata.annotations?.["service.kubernetes.io/topology-mode"]?.toLowerCase() === "auto" ? "Auto" : "Disabled";
      perSync.observe(changed, { topology, traffic_distribution: service.spec.trafficDistribution ?? "" });
      const sum = (counts: Iterable<number>): number => [...counts].reduce((total, each) => total + each, 0);
      const [before, endpoints] = [sum(slices.map((slice) => slice.endpoints.length)), sum(after.values())];
      added.observe(Math.max(0, endpoints - before));
      removed.observe(Math.max(0, before - endpoints));
      count(objectKey(service), { slices: after.size, endpoints, desired: Math.max(1, Math.ceil(endpoints / sliceCapacity)) });
    },
    gone: (key) => count(key, undefined),
  };
}
