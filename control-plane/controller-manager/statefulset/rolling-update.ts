import type { Pod, StatefulSet } from "@kubets/api";
import { type Instant, resolvePercent } from "@kubets/machinery";
import type { Revision } from "../history/controller-revisions.ts";
import { isHealthy, isTerminating, type Replica, revisionOf } from "./replicas.ts";

/**
 * The Pods of old revisions that go now, from the highest number down to the partition, so that no more than `maxUnavailable` (one
 * where nothing is said) are missing. A Pod that is not available anyway costs nothing, but counts.
 */
export function podsToReplace(set: StatefulSet, wanted: readonly Replica[], updated: Revision, now: Instant): readonly Pod[] {
  const { updateStrategy, replicas } = set.spec;
  if (updateStrategy.type !== "RollingUpdate") return [];
  const { partition = 0, maxUnavailable = 1 } = updateStrategy.rollingUpdate ?? {};
  const most = Math.max(1, resolvePercent(maxUnavailable, replicas, "up") ?? 1);
  let missing = wanted.filter(({ pod }) => !isHealthy(set, pod, now)).length;
  let passed = 0;
  const going: Pod[] = [];
  for (const { pod } of wanted.slice(partition).toReversed()) {
    if (passed >= most) break;
    const healthy = isHealthy(set, pod, now);
    const isOld = pod !== undefined && !isTerminating(pod) && revisionOf(pod) !== updated.name;
    if (isOld && healthy && missing >= most) continue;
    if (isOld) {
      going.push(pod);
      if (healthy) missing++;
    }
    if (isOld || !healthy) passed++;
  }
  return going;
}
