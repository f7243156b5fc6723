import { type DaemonSet, type Node, type Pod, podSelectsNode, type PodSpec, type Toleration, toleratesTaint } from "@kubets/api";

/** Whether a node should have a Pod of a DaemonSet, and whether one that is there may stay. */
export interface Placement {
  readonly shouldRun: boolean;
  readonly mayStay: boolean;
}

/**
 * A node is asked for a Pod of a {@link daemonPodSpec} what the scheduler would ask of it, except for room: a Pod that finds none waits for it. A taint with `NoSchedule`
 * that came later drives no Pod away.
 */
export function placementOn(spec: PodSpec, node: Node): Placement {
  const isNamed = spec.nodeName === undefined || spec.nodeName === "" || spec.nodeName === node.metadata.name;
  if (!isNamed || !podSelectsNode({ spec }, node)) return { shouldRun: false, mayStay: false };
  const untolerated = (node.spec.taints ?? []).filter(
    (taint) => taint.effect !== "PreferNoSchedule" && !spec.tolerations?.some((toleration) => toleratesTaint(toleration, taint)),
  );
  return { shouldRun: untolerated.length === 0, mayStay: untolerated.every(({ effect }) => effect !== "NoExecute") };
}

/** The template's spec with what every Pod of a DaemonSet tolerates: nodes in trouble keep theirs. */
export function daemonPodSpec({ spec: { template } }: DaemonSet): PodSpec {
  const { spec } = template;
  const own = spec.tolerations ?? [];
  const added = [...alwaysTolerated, ...(spec.hostNetwork === true ? [noNetwork] : [])].filter(
    (toleration) => !own.some(isSame(toleration)),
  );
  return { ...spec, tolerations: [...own, ...added] };
}

const tolerates = (condition: string, effect: "NoExecute" | "NoSchedule"): Toleration => ({
  key: `node.kubernetes.io/${condition}`,
  operator: "Exists",
  effect,
});
const alwaysTolerated: readonly Toleration[] = [
  tolerates("not-ready", "NoExecute"),
  tolerates("unreachable", "NoExecute"),
  tolerates("disk-pressure", "NoSchedule"),
  tolerates("memory-pressure", "NoSchedule"),
  tolerates("pid-pressure", "NoSchedule"),
  tolerates("unschedulable", "NoSchedule"),
];
const noNetwork = tolerates("network-unavailable", "NoSchedule");

function isSame({ key, effect }: Toleration): (other: Toleration) => boolean {
  return (other) => other.key === key && other.effect === effect && other.operator === "Exists";
}

/** Sends a Pod to one node through the scheduler, which knows when there is room. It takes the place of the template's own affinity. */
export function pinnedTo(node: string, spec: PodSpec): PodSpec {
  const term = { matchFields: [{ key: "metadata.name", operator: "In" as const, values: [node] }] };
  const nodeAffinity = {
    ...spec.affinity?.nodeAffinity,
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] },
  };
  return { ...spec, affinity: { ...spec.affinity, nodeAffinity } };
}

/** The node of a Pod: the one that it is bound to, or that it is pinned to; `undefined` for a Pod that nobody pinned. */
export function nodeOfDaemonPod({ spec }: Pod): string | undefined {
  if (spec.nodeName !== undefined && spec.nodeName !== "") return spec.nodeName;
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  for (const { matchFields = [] } of terms)
    for (const { key, operator, values = [] } of matchFields)
      if (key === "metadata.name" && operator === "In" && values.length === 1) return values[0];
  return undefined;
}
