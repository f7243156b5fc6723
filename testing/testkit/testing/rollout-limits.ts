import { isPodReady, isPodTerminal, PodKind, ReplicaSetKind } from "@kubets/api";
import type { RevisionView } from "../revision-view.ts";

/** What the scenario declares. */
export const declared = { replicas: 4, minAvailable: 3, maxSurge: 1, maxUnavailable: 1, parallelism: 2, completions: 5 } as const;

/** What is wrong right after a write. Revisions are to be shown in their order; one that goes back begins another history. */
export function createRolloutLimits(): (view: RevisionView) => readonly string[] {
  let [last, guaranteed] = [0, 0];
  const created = new Set<string>();
  return (view) => {
    if (view.revision <= last) {
      guaranteed = 0;
      created.clear();
    }
    last = view.revision;
    const problems = [...limitsOfPods(view)];
    if (view.previous === undefined && view.object !== undefined && view.key.startsWith("pods/")) {
      if (created.has(view.key)) problems.push(`${view.key} was created twice`);
      created.add(view.key);
    }
    // What the ReplicaSets together promise to keep of what is available. Nodes may take from it, the Deployment only down to its limit.
    const before = guaranteed;
    guaranteed = view
      .objects(ReplicaSetKind)
      .reduce((sum, { spec, status }) => sum + Math.min(spec.replicas, status.availableReplicas ?? 0), 0);
    const least = declared.replicas - declared.maxUnavailable;
    if (view.by === "deployment" && guaranteed < Math.min(before, least))
      problems.push(`the Deployment keeps ${guaranteed} of ${before} available Pods, at least ${least} must be`);
    return problems;
  };
}

function limitsOfPods({ key, by, object, objects }: RevisionView): readonly string[] {
  if (!key.startsWith("pods/")) return [];
  const { replicas, maxSurge, minAvailable, parallelism, completions } = declared;
  const problems: string[] = [];
  const alive = objects(PodKind).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const serving = alive.filter(({ metadata }) => metadata.labels?.["app"] === "web");
  if (serving.length > replicas + maxSurge) problems.push(`${serving.length} Pods, at most ${replicas + maxSurge} may be`);
  // An eviction is a deletion by the administrator: what it leaves must be enough for the budget.
  const isEviction = by === "kubernetes-admin" && object?.metadata.deletionTimestamp !== undefined;
  const ready = serving.filter(isPodReady).length;
  if (isEviction && ready < minAvailable) problems.push(`an eviction left ${ready} ready Pods, the budget wants ${minAvailable}`);
  const working = objects(PodKind).filter(({ metadata }) => metadata.labels?.["batch.kubernetes.io/job-name"] === "work");
  const active = working.filter((pod) => !isPodTerminal(pod) && pod.metadata.deletionTimestamp === undefined).length;
  if (active > parallelism) problems.push(`${active} Pods work for the Job, at most ${parallelism} may`);
  const succeeded = working.filter(({ status }) => status.phase === "Succeeded").length;
  if (succeeded > completions) problems.push(`${succeeded} Pods have done the Job's work, ${completions} were asked for`);
  return problems;
}
