import { ResourceV1ResourceClaimKind } from "@kubets/api";
import type { Measure } from "@kubets/client";
import type { Metrics } from "@kubets/machinery";

/** How many claims are made for Pods. */
export function measureClaims(metrics: Metrics): Measure<unknown> {
  const created = metrics.counter(
    "resourceclaim_controller_creates_total",
    "Number of ResourceClaims creation requests, categorized by creation status and admin access",
  );
  return {
    passed({ decision: { actions }, error }) {
      for (const action of actions) {
        if (action.verb !== "create" || action.kind.kind !== ResourceV1ResourceClaimKind.kind) continue;
        created.add(1, {
          status: error === undefined ? "success" : "failure",
          admin_access: String(JSON.stringify(action.object).includes('"adminAccess":true')),
        });
      }
    },
  };
}
