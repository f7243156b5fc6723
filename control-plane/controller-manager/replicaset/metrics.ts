import { isPodReady, PodKind } from "@kubets/api";
import type { Measure } from "@kubets/client";
import { exponentialBuckets, type Metrics, parseTime } from "@kubets/machinery";
import type { Observed } from "./reconcile.ts";

/** Of what age the Pods are that go when there are too many. */
export function measureDeletions(metrics: Metrics): Measure<Observed> {
  const ratio = metrics.histogram(
    "replicaset_controller_sorting_deletion_age_ratio",
    "The ratio of chosen deleted pod's ages to the current youngest pod's age (at the time). Should be <2.",
    exponentialBuckets(0.25, 2, 6),
  );
  return {
    passed({ observed: { candidates }, decision: { actions }, now, error }) {
      const names = new Set(
        actions.flatMap((action) => (action.verb === "delete" && action.kind.kind === PodKind.kind ? [action.name] : [])),
      );
      if (names.size === 0 || error !== undefined) return;
      const ready = candidates.filter(isPodReady).map(({ metadata }) => ({
        name: metadata.name,
        age: now - (parseTime(metadata.creationTimestamp) ?? now),
      }));
      const youngest = Math.min(...ready.map(({ age }) => age));
      for (const { name, age } of ready) if (names.has(name) && youngest > 0) ratio.observe(age / youngest);
    },
  };
}
