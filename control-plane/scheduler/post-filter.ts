import { type Decision, verdictOf } from "./cycle.ts";
import type { Plugin } from "./framework.ts";
import type { PodInfo } from "./pod-info.ts";
import type { Snapshot } from "./snapshot.ts";

/** What can be done for a Pod that fits nowhere. */
export type PostFilterOutcome =
  | { readonly kind: "nominated"; readonly node: string; readonly victims: readonly PodInfo[] }
  /** What the plugins say to it, for the end of the Pod's message, and whether room that was kept for it is given up. */
  | { readonly kind: "nothing"; readonly message: string; readonly withdraws: boolean };

/** Runs PostFilter: the first plugin that makes room decides. */
export function postFilter(
  plugins: readonly Plugin[],
  pod: PodInfo,
  snapshot: Snapshot,
  { diagnosis, prepared }: Extract<Decision, { readonly kind: "unschedulable" }>,
): PostFilterOutcome {
  if (diagnosis.nodes === 0) return { kind: "nothing", message: "", withdraws: false };
  const failure = {
    diagnosis,
    filters: prepared.filters.filter(({ scope }) => scope === "usage"),
    verdictOf: (slot: number) => {
      if (prepared.rejection !== undefined) return prepared.rejection;
      if (prepared.only !== undefined && !prepared.only.has(snapshot.nameOf(slot))) return prepared.elsewhere;
      return verdictOf(prepared.filters, slot);
    },
  };
  const messages: string[] = [];
  let withdraws = false;
  for (const plugin of plugins) {
    const verdict = plugin.postFilter?.(pod, snapshot, failure);
    if (verdict?.kind === "nominate") return { kind: "nominated", node: verdict.node, victims: verdict.victims };
    if (verdict?.kind !== "reject") continue;
    messages.push(verdict.message);
    if (verdict.nomination === "withdraw") withdraws = true;
  }
  return { kind: "nothing", message: messages.join(", "), withdraws };
}
