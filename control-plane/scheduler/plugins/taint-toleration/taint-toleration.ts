import { type Node, type Taint, type Toleration, toleratesTaint } from "@kubets/api";
import { traits } from "../../columns.ts";
import { type Plugin, type Rejection } from "../../framework.ts";
import type { PodInfo } from "../../pod-info.ts";

const name = "TaintToleration";

/** Keeps a Pod off nodes with taints that it doesn't tolerate, and prefers nodes with few taints of the softer sort. */
export const taintToleration: Plugin = {
  name,
  sign: ({ pod }) => (pod.spec.tolerations === undefined ? "" : JSON.stringify(pod.spec.tolerations)),
  preFilter({ pod }, snapshot) {
    const tolerations = pod.spec.tolerations ?? [];
    const untolerated = (slot: number): Taint | undefined => firstUntolerated(snapshot.node(slot)!, tolerations);
    const passes = (slot: number): boolean => !snapshot.traits.has(slot, traits.repels) || untolerated(slot) === undefined;
    return { kind: "filter", filter: { scope: "node", passes, rejection: (slot) => rejectionOf(untolerated(slot)!) } };
  },
  preScore({ pod }, snapshot) {
    const tolerations = (pod.spec.tolerations ?? []).filter(({ effect }) => effect === undefined || effect === "PreferNoSchedule");
    const score = (slot: number): number => {
      if (!snapshot.traits.has(slot, traits.discourages)) return 0;
      let count = 0;
      for (const taint of snapshot.node(slot)!.spec.taints ?? noTaints) {
        if (taint.effect === "PreferNoSchedule" && !tolerates(tolerations, taint)) count++;
      }
      return count;
    };
    return { scope: "node", score, normalize: "lowest" };
  },
  hints: {
    PodUpdated: (_pod, { changed }) => changed.has("tolerations"),
    NodeAdded: (pod, { node }) => isTolerated(node, pod),
    NodeUpdated: (pod, { node, previous, changed }) => changed.has("taints") && !isTolerated(previous, pod) && isTolerated(node, pod),
  },
};

const noTaints: readonly Taint[] = [];

function firstUntolerated({ spec }: Node, tolerations: readonly Toleration[]): Taint | undefined {
  for (const taint of spec.taints ?? noTaints) {
    if (taint.effect !== "PreferNoSchedule" && !tolerates(tolerations, taint)) return taint;
  }
  return undefined;
}

function isTolerated(node: Node, { pod }: PodInfo): boolean {
  return firstUntolerated(node, pod.spec.tolerations ?? []) === undefined;
}

// Upstream stopped naming the taint in the text, since a Pod's status is read by people who may not read Nodes.
const text = "node(s) had untolerated taint(s)";

function rejectionOf({ key, value, effect }: Taint): Rejection {
  const facts = { key, effect, ...(value === undefined ? {} : { value }) };
  return { plugin: name, resolvable: false, reasons: [{ text, facts }] };
}

function tolerates(tolerations: readonly Toleration[], taint: Taint): boolean {
  return tolerations.some((toleration) => toleratesTaint(toleration, taint));
}
