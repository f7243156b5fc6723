import { CronJobKind, JobKind } from "@kubets/api";
import { type Caches, type Controller, ownerKey, watch } from "@kubets/client";
import { measureCronJobs } from "./metrics.ts";
import { type Observed, reconcile, refused } from "./reconcile.ts";

/** Makes Jobs at the times of a schedule. */
export const cronJobController: Controller<Observed> = {
  name: "cronjob",
  watches: [watch(CronJobKind), watch(JobKind, { keys: ownerKey(CronJobKind) })],
  observe(key: string, caches: Caches): Observed | undefined {
    const cronJob = caches.of(CronJobKind).get(key);
    return cronJob === undefined ? undefined : { cronJob, jobs: caches.of(JobKind).byIndex("owner", cronJob.metadata.uid) };
  },
  reconcile,
  refused,
  measure: measureCronJobs,
};
