import { PersistentVolumeClaimKind } from "@kubets/api";
import type { Measure } from "@kubets/client";
import type { Metrics } from "@kubets/machinery";

/** How many claims are made for Pods, and how often that fails. */
export function measureClaims(metrics: Metrics): Measure<unknown> {
  const created = metrics.counter("ephemeral_volume_controller_create_total", "Number of PersistenVolumeClaims creation requests");
  const failed = metrics.counter(
    "ephemeral_volume_controller_create_failures_total",
    "Number of PersistenVolumeClaims creation requests failed",
  );
  return {
    passed({ decision: { actions }, error }) {
      const count = actions.filter(
        ({ verb, ...action }) => verb === "create" && "kind" in action && action.kind.kind === PersistentVolumeClaimKind.kind,
      );
      if (count.length === 0) return;
      created.add(count.length);
      if (error !== undefined) failed.add(1);
    },
  };
}
