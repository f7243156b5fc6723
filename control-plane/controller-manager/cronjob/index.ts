import { CronJobKind, type Job, JobKind } from "@kubets/api";
import { type Caches, type Change, type Controller, ownerKey, watch, watchChanges } from "@kubets/client";
import { isFinished } from "../job/conditions.ts";
import { controllerOf } from "../ownership/claim.ts";
import { measureCronJobs } from "./metrics.ts";
import { type Observed, reconcile, refused } from "./reconcile.ts";

/** Makes Jobs at the times of a schedule. */
export const cronJobController: Controller<Observed> = {
  name: "cronjob",
  watches: [watch(CronJobKind), watchChanges(JobKind, cronJobsOf)],
  observe(key: string, caches: Caches): Observed | undefined {
    const cronJob = caches.of(CronJobKind).get(key);
    return cronJob === undefined ? undefined : { cronJob, jobs: caches.of(JobKind).byIndex("owner", cronJob.metadata.uid) };
  },
  reconcile,
  refused,
  measure: measureCronJobs,
};

const ownerOf = ownerKey(CronJobKind);

/** A Job concerns its CronJob when it comes, changes hands, ends, is deleted or goes; how it gets on meanwhile does not. */
export function cronJobsOf({ object, previous }: Change<Job>): readonly string[] {
  if (object === undefined || previous === undefined) return ownerOf((object ?? previous)!);
  if (controllerOf(object)?.uid !== controllerOf(previous)?.uid) return [...ownerOf(previous), ...ownerOf(object)];
  const isSame =
    isFinished(object) === isFinished(previous) &&
    object.status.completionTime === previous.status.completionTime &&
    object.metadata.deletionTimestamp === previous.metadata.deletionTimestamp;
  return isSame ? [] : ownerOf(object);
}
