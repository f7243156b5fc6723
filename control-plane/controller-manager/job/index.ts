import { type Job, JobKind, type Pod, PodKind } from "@kubets/api";
import { type Caches, type Controller, objectKey, watch } from "@kubets/client";
import { selectorMatches } from "@kubets/machinery";
import { controllerOf, orphanIndex } from "../ownership/claim.ts";
import { measureJobs } from "./metrics.ts";
import { type Observed, reconcile, refused } from "./reconcile.ts";

/** Runs Pods until the work is done, or has failed for good. */
export const jobController: Controller<Observed> = {
  name: "job",
  watches: [watch(JobKind), watch(PodKind, { keys: jobsOf, indexes: { ...orphanIndex, job: jobOfPod } })],
  observe,
  reconcile,
  refused,
  measure: measureJobs,
};

function observe(key: string, caches: Caches): Observed | undefined {
  const job = caches.of(JobKind).get(key);
  const pods = caches.of(PodKind);
  const named = pods.byIndex("job", key);
  const isOf = (pod: Pod): boolean => controllerOf(pod)?.uid === job?.metadata.uid;
  const strays = named.filter((pod) => !isOf(pod));
  if (job === undefined) return strays.length === 0 ? undefined : { job, candidates: [], strays };
  return { job, candidates: [...named.filter(isOf), ...pods.byIndex("orphan", job.metadata.namespace ?? "")], strays };
}

/** The key of the Job that controls a Pod, whether it is still there or not. */
function jobOfPod(pod: Pod): readonly string[] {
  const owner = controllerOf(pod);
  return owner?.kind === "Job" ? [`${pod.metadata.namespace ?? ""}/${owner.name}`] : [];
}

/** A Pod touches its owner; an orphan touches every Job that could adopt it. */
function jobsOf(pod: Pod, caches: Caches): readonly string[] {
  if (controllerOf(pod) !== undefined) return jobOfPod(pod);
  const matches = ({ spec }: Job): boolean => spec.selector !== undefined && selectorMatches(spec.selector, pod.metadata.labels);
  return caches
    .of(JobKind)
    .list({ namespace: pod.metadata.namespace ?? "" })
    .filter(matches)
    .map(objectKey);
}
