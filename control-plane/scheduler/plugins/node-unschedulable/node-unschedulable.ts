import { type Node, type Taint, toleratesTaint } from "@kubets/api";
import { traits } from "../../columns.ts";
import { type Plugin, rejection, skip } from "../../framework.ts";
import type { PodInfo } from "../../pod-info.ts";

const name = "NodeUnschedulable";
const unschedulable = rejection(name, false, "node(s) were unschedulable");

/** Keeps Pods off cordoned nodes, unless they tolerate the taint that a cordon stands for (as the Pods of a DaemonSet do). */
export const nodeUnschedulable: Plugin = {
  name,
  sign: (pod) => (toleratesCordon(pod) ? "tolerates" : ""),
  preFilter(pod, snapshot) {
    if (toleratesCordon(pod)) return skip;
    const passes = (slot: number): boolean => !snapshot.traits.has(slot, traits.cordoned);
    return { kind: "filter", filter: { scope: "node", passes, rejection: () => unschedulable } };
  },
  hints: {
    PodUpdated: (pod, { changed }) => changed.has("tolerations") && toleratesCordon(pod),
    NodeAdded: (_pod, { node }) => !isCordoned(node),
    NodeUpdated: (_pod, { node, previous }) => isCordoned(previous) && !isCordoned(node),
  },
};

function toleratesCordon({ pod }: PodInfo): boolean {
  return pod.spec.tolerations?.some((toleration) => toleratesTaint(toleration, cordon)) === true;
}

const cordon: Taint = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" };
const isCordoned = ({ spec }: Node): boolean => spec.unschedulable === true;
