import { type Job, JobKind } from "@kubets/api";
import { type Controller, type Decision, deletion, nothing, objectKey, watchChanges } from "@kubets/client";
import { type Instant, parseTime } from "@kubets/machinery";
import { findCondition } from "../job/conditions.ts";
import { measureDeletions } from "./metrics.ts";

/** Deletes Jobs, with their Pods, some time after they have ended: `ttlSecondsAfterFinished`. */
export const ttlAfterFinishedController: Controller<Job> = {
  name: "ttl-after-finished",
  watches: [watchChanges(JobKind, ({ object }) => (object === undefined || isKept(object) ? [] : [objectKey(object)]))],
  observe: (key, caches) => caches.of(JobKind).get(key),
  reconcile,
  measure: measureDeletions,
};

export function reconcile(job: Job, now: Instant): Decision {
  const { ttlSecondsAfterFinished } = job.spec;
  if (ttlSecondsAfterFinished === undefined || job.metadata.deletionTimestamp !== undefined) return nothing;
  const ended = endOf(job);
  if (ended === undefined) return nothing;
  const left = ended + ttlSecondsAfterFinished * 1000 - now;
  if (left > 0) return { actions: [], requeueAfter: left };
  return { actions: [deletion(JobKind, job, { preconditions: { uid: job.metadata.uid }, propagationPolicy: "Foreground" })] };
}

/** Jobs that haven't ended, and those that nobody wants gone. */
function isKept(job: Job): boolean {
  return job.spec.ttlSecondsAfterFinished === undefined || endOf(job) === undefined;
}

function endOf(job: Job): Instant | undefined {
  const end = [findCondition(job, "Complete"), findCondition(job, "Failed")].find((condition) => condition?.status === "True");
  return end?.lastTransitionTime === undefined ? undefined : parseTime(end.lastTransitionTime);
}
