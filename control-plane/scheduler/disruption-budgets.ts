import type { Pod, PodDisruptionBudget } from "@kubets/api";
import type { Lister } from "@kubets/client";
import { selectorMatches } from "@kubets/machinery";

/** How many Pods may go at the same time, as their budgets say. */
export class DisruptionBudgets {
  #budgets: Pick<Lister<PodDisruptionBudget>, "list"> | undefined;

  /** Until then there are none. */
  follow(budgets: Pick<Lister<PodDisruptionBudget>, "list">): void {
    this.#budgets = budgets;
  }

  /** Those of some Pods, in the order in which they would go, that would break a budget. */
  brokenBy(pods: readonly Pod[]): ReadonlySet<Pod> {
    const broken = new Set<Pod>();
    const left = new Map<PodDisruptionBudget, number>();
    for (const pod of pods) {
      const { namespace = "", name, labels = {} } = pod.metadata;
      if (Object.keys(labels).length === 0) continue;
      for (const budget of this.#budgets?.list({ namespace }) ?? []) {
        const { selector } = budget.spec;
        // One that selects everything by an empty selector counts for evictions, but not here, as upstream.
        if (selector === undefined || isEmpty(selector) || !selectorMatches(selector, labels)) continue;
        // It is on its way out already, and has been counted.
        if (budget.status.disruptedPods?.[name] !== undefined) continue;
        const allowed = (left.get(budget) ?? budget.status.disruptionsAllowed) - 1;
        left.set(budget, allowed);
        if (allowed < 0) broken.add(pod);
      }
    }
    return broken;
  }
}

function isEmpty({ matchLabels = {}, matchExpressions = [] }: NonNullable<PodDisruptionBudget["spec"]["selector"]>): boolean {
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
}
