import {
  DeploymentKind,
  type Pod,
  type PodDisruptionBudget,
  PodDisruptionBudgetKind,
  PodKind,
  ReplicaSetKind,
  ReplicationControllerKind,
  StatefulSetKind,
} from "@kubets/api";
import { type Caches, type Controller, objectKey, watch } from "@kubets/client";
import { type KubernetesObject, selectorMatches } from "@kubets/machinery";
import { controllerOf } from "../ownership/claim.ts";
import { type Observed, reconcile } from "./reconcile.ts";

/** Says of each PodDisruptionBudget how many of its Pods may go now. */
export const disruptionController: Controller<Observed> = {
  name: "disruption",
  watches: [
    watch(PodDisruptionBudgetKind),
    watch(PodKind, { keys: budgetsOf }),
    // Their sizes are what percentages are taken of.
    ...[DeploymentKind, ReplicaSetKind, ReplicationControllerKind, StatefulSetKind].map((kind) =>
      watch(kind as unknown as typeof DeploymentKind, { keys: budgetsBeside }),
    ),
  ],
  observe,
  reconcile,
};

function observe(key: string, caches: Caches): Observed | undefined {
  const budget = caches.of(PodDisruptionBudgetKind).get(key);
  if (budget === undefined) return undefined;
  const { selector } = budget.spec;
  const namespace = budget.metadata.namespace ?? "";
  const pods = selector === undefined ? [] : caches.of(PodKind).list({ namespace, selector });
  const scales = new Map<string, number>();
  const unmanaged: Pod[] = [];
  for (const pod of pods) {
    const scale = scaleOf(pod, caches);
    if (scale === undefined) unmanaged.push(pod);
    else scales.set(scale.uid, scale.replicas);
  }
  return { budget, pods, scales, unmanaged };
}

/** The size that the topmost controller of a Pod declares: a Deployment's, not that of its ReplicaSets. */
function scaleOf(pod: Pod, caches: Caches): { readonly uid: string; readonly replicas: number } | undefined {
  const owner = controllerOf(pod);
  if (owner === undefined) return undefined;
  const key = `${pod.metadata.namespace ?? ""}/${owner.name}`;
  const scale = (object: (KubernetesObject & { readonly spec: { readonly replicas: number } }) | undefined) =>
    object === undefined ? undefined : { uid: object.metadata.uid, replicas: object.spec.replicas };
  switch (owner.kind) {
    case "ReplicaSet": {
      const replicaSet = caches.of(ReplicaSetKind).get(key);
      const above = replicaSet === undefined ? undefined : controllerOf(replicaSet);
      return above?.kind === "Deployment"
        ? scale(caches.of(DeploymentKind).get(`${pod.metadata.namespace ?? ""}/${above.name}`))
        : scale(replicaSet);
    }
    case "ReplicationController":
      return scale(caches.of(ReplicationControllerKind).get(key));
    case "StatefulSet":
      return scale(caches.of(StatefulSetKind).get(key));
    default:
      return undefined;
  }
}

function budgetsOf(pod: Pod, caches: Caches): readonly string[] {
  const selects = ({ spec }: PodDisruptionBudget): boolean =>
    spec.selector !== undefined && selectorMatches(spec.selector, pod.metadata.labels);
  return budgetsIn(pod, caches).filter(selects).map(objectKey);
}

function budgetsBeside(object: KubernetesObject, caches: Caches): readonly string[] {
  return budgetsIn(object, caches).map(objectKey);
}

function budgetsIn({ metadata }: KubernetesObject, caches: Caches): readonly PodDisruptionBudget[] {
  return caches.of(PodDisruptionBudgetKind).list({ namespace: metadata.namespace ?? "" });
}
