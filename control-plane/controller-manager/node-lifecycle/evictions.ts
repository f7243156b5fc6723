import type { Node } from "@kubets/api";
import type { Action, Decision } from "@kubets/client";
import { type Instant, parseTime } from "@kubets/machinery";
import { evictionTaint, hasEvictionTaint, readyStatusOf, taintPatch, taintsOfEvicted, taintsOfSpared } from "./taints.ts";
import { evictionRate, type EvictionRates, type Zone, type ZoneState, zonesOf } from "./zones.ts";

/** What a zone may spend: one node at a time, at a rate. */
export interface ZoneBudget {
  readonly state: ZoneState;
  /** Nodes per second. */
  readonly rate: number;
  /** From when on the next node may be given up, unless the rate is 0. */
  readonly nextAt: number;
}

export type Budgets = ReadonlyMap<string, ZoneBudget>;

export interface ObservedZones {
  readonly nodes: readonly Node[];
  /** As left by the decision before. */
  readonly budgets: Budgets;
  readonly rates: EvictionRates;
}

export interface EvictionDecision extends Decision {
  readonly budgets: Budgets;
  /** Nodes were out of reach all together, and some are heard again: for how long each was silent says nothing. */
  readonly startsAnew: boolean;
}

/**
 * Which nodes get the taint that drives their Pods away. When no node of the cluster is ready, it is our own network that is broken:
 * none is given up, and those that were are spared.
 */
export function decideEvictions({ nodes, budgets, rates }: ObservedZones, now: Instant): EvictionDecision {
  const zones = zonesOf(nodes, rates);
  const isAll = [...zones.values()].every(({ state }) => state === "fully disrupted");
  const wasAll = zones.size > 0 && [...zones.keys()].every((name) => isAllowedNothing(budgets.get(name)));
  if (isAll) {
    const halted = new Map([...zones].map(([name, { state }]) => [name, { state, rate: 0, nextAt: Infinity }]));
    const spared = nodes.filter(hasEvictionTaint).map((node) => taintPatch(node, taintsOfSpared(node)));
    return { actions: spared, budgets: halted, startsAnew: false };
  }
  const actions: Action[] = [];
  const left = new Map<string, ZoneBudget>();
  let next = Infinity;
  for (const [name, zone] of zones) {
    const budget = budgetOf(budgets.get(name), zone, evictionRate(zone, rates), now);
    const [first, ...others] = zone.nodes.filter(isToBeGivenUp).toSorted(byTimeThenName);
    const mayGive = budget.rate > 0 && budget.nextAt <= now;
    const after = first !== undefined && mayGive ? { ...budget, nextAt: now + interval(budget.rate) } : budget;
    left.set(name, after);
    if (first !== undefined && mayGive) actions.push(taintPatch(first, taintsOfEvicted(first, now)));
    const isWaiting = first !== undefined && (others.length > 0 || !mayGive);
    if (isWaiting && after.rate > 0) next = Math.min(next, after.nextAt - now);
  }
  return { actions, budgets: left, startsAnew: wasAll, ...(next === Infinity ? {} : { requeueAfter: next }) };
}

function isAllowedNothing(budget: ZoneBudget | undefined): boolean {
  return budget?.state === "fully disrupted" && budget.rate === 0;
}

function budgetOf(before: ZoneBudget | undefined, { state }: Zone, rate: number, now: Instant): ZoneBudget {
  if (before === undefined) return { state, rate, nextAt: rate > 0 ? now : Infinity };
  if (before.rate === rate) return { ...before, state };
  // What would have come soon at one rate comes as late as the other says.
  return { state, rate, nextAt: before.nextAt <= now ? now : now + interval(rate) };
}

/** Milliseconds from one node to the next. */
function interval(rate: number): number {
  return rate > 0 ? Math.ceil(1000 / rate) : Infinity;
}

function isToBeGivenUp(node: Node): boolean {
  return evictionTaint(readyStatusOf(node)) !== undefined && !hasEvictionTaint(node);
}

function byTimeThenName(a: Node, b: Node): number {
  return unreadySince(a) - unreadySince(b) || (a.metadata.name < b.metadata.name ? -1 : 1);
}

function unreadySince({ status }: Node): number {
  return parseTime(status.conditions?.find(({ type }) => type === "Ready")?.lastTransitionTime ?? "") ?? 0;
}
