import { type Diagnosis, DiagnosisBuilder } from "./diagnosis.ts";
import { type NodeScorer, type PluginFilter, type Profile, type Rejection, rejection, type Verdict } from "./framework.ts";
import { type Normalization, ScoreRange } from "./normalization.ts";
import type { PodInfo } from "./pod-info.ts";
import type { Snapshot } from "./snapshot.ts";

/** What follows from a snapshot, a Pod and a profile. */
export type Decision =
  | { readonly kind: "place"; readonly node: string; readonly score: number; readonly feasibleNodes: number }
  | { readonly kind: "unschedulable"; readonly diagnosis: Diagnosis; readonly prepared: PreparedPod };

/** What the plugins want to ask of every node for a Pod: the outcome of PreFilter and PreScore. */
export interface PreparedPod {
  /** A plugin said no already. */
  readonly rejection?: Rejection;
  readonly filters: readonly PluginFilter[];
  readonly scorers: readonly WeightedScorer[];
  /** The only nodes that come into question. */
  readonly only?: ReadonlySet<string>;
  /** What the other nodes answer then. */
  readonly elsewhere?: Rejection;
}

export interface WeightedScorer extends NodeScorer {
  readonly plugin: string;
  readonly weight: number;
}

/**
 * One scheduling cycle, plainly: every node is asked, every node that fits is scored, the best is taken, the tie-break of the snapshot
 * among equals. {@link createCycle} comes to the same decisions faster for Pods that are alike.
 */
export function decide(snapshot: Snapshot, pod: PodInfo, profile: Profile): Decision {
  return decidePrepared(snapshot, pod, profile, prepare(snapshot, pod, profile));
}

/** `known` asks the same as `bare`, perhaps in another order, and has some of the answers already. */
export function decidePrepared(snapshot: Snapshot, pod: PodInfo, profile: Profile, bare: PreparedPod, known: PreparedPod = bare): Decision {
  bringUpToDate(known);
  const prepared = withNominated(snapshot, pod, known);
  const nominated = snapshot.slotOf(snapshot.nominations.nodeOf(pod.key) ?? "");
  if (nominated !== undefined && admits(snapshot, prepared, nominated)) {
    const score = totalScores(prepared.scorers, Int32Array.of(nominated))[0]!;
    return { kind: "place", node: snapshot.nameOf(nominated), score, feasibleNodes: 1 };
  }
  const feasible = prepared.rejection === undefined ? feasibleSlots(prepared.filters, candidates(snapshot, prepared.only)) : noSlots;
  if (feasible.length === 0) {
    const asking = withNominated(snapshot, pod, bare);
    return { kind: "unschedulable", diagnosis: diagnose(snapshot, profile, asking), prepared: asking };
  }
  const totals = totalScores(prepared.scorers, feasible);
  const tieBreak = snapshot.tieBreak.values;
  let best = 0;
  for (let index = 1; index < feasible.length; index++) {
    const ahead = totals[index]! - totals[best]!;
    if (ahead > 0 || (ahead === 0 && tieBreak[feasible[index]!]! > tieBreak[feasible[best]!]!)) best = index;
  }
  return { kind: "place", node: snapshot.nameOf(feasible[best]!), score: totals[best]!, feasibleNodes: feasible.length };
}

/** Runs PreFilter and PreScore. */
export function prepare(snapshot: Snapshot, pod: PodInfo, profile: Profile): PreparedPod {
  const filters: PluginFilter[] = [];
  const scorers: WeightedScorer[] = [];
  const restrictedBy: string[] = [];
  let only: ReadonlySet<string> | undefined;
  for (const { plugin, weight = 1 } of profile.plugins) {
    const verdict = plugin.preFilter?.(pod, snapshot);
    if (verdict?.kind === "reject") return { rejection: verdict.rejection, filters, scorers };
    if (verdict?.kind === "filter") {
      if (verdict.filter !== undefined) filters.push({ plugin: plugin.name, ...verdict.filter });
      if (verdict.only !== undefined) {
        restrictedBy.push(plugin.name);
        only = only === undefined ? verdict.only : only.intersection(verdict.only);
      }
    }
    const scorer = plugin.preScore?.(pod, snapshot);
    if (scorer !== undefined && weight !== 0) scorers.push({ plugin: plugin.name, ...scorer, weight });
  }
  if (only === undefined) return { filters, scorers };
  const text = `node(s) didn't satisfy plugin(s) [${restrictedBy.toSorted().join(" ")}]`;
  return { filters, scorers, only, elsewhere: rejection(restrictedBy[0]!, false, text) };
}

/** What the first filter that says no to a node says. */
export function verdictOf(filters: readonly PluginFilter[], slot: number): Verdict {
  for (const filter of filters) if (!filter.passes(slot)) return filter.rejection(slot);
  return undefined;
}

export function passes(filters: readonly PluginFilter[], slot: number): boolean {
  for (let index = 0; index < filters.length; index++) if (!filters[index]!.passes(slot)) return false;
  return true;
}

/** What every filter that says no to a node says: what would have to change for the Pod to fit there. */
export function explain(snapshot: Snapshot, pod: PodInfo, profile: Profile, node: string): readonly Rejection[] {
  const prepared = prepare(snapshot, pod, profile);
  if (prepared.rejection !== undefined) return [prepared.rejection];
  const slot = snapshot.slotOf(node);
  if (slot === undefined) return [];
  const elsewhere = prepared.only !== undefined && !prepared.only.has(node) ? [prepared.elsewhere!] : [];
  return [...elsewhere, ...prepared.filters.filter(({ passes }) => !passes(slot)).map(({ rejection }) => rejection(slot))];
}

/** Why no node fits: asks every node again, this time for its reasons. */
export function diagnose(snapshot: Snapshot, profile: Profile, prepared: PreparedPod): Diagnosis {
  const { rejection, filters, only, elsewhere } = prepared;
  if (snapshot.size === 0) {
    const rejectedBy = new Set(profile.plugins.flatMap(({ plugin }) => (plugin.preFilter === undefined ? [] : [plugin.name])));
    return { nodes: 0, reasons: [], rejectedBy };
  }
  if (rejection !== undefined) {
    return { nodes: snapshot.size, preFilter: rejection, reasons: [], rejectedBy: new Set([rejection.plugin]) };
  }
  const builder = new DiagnosisBuilder(snapshot.size);
  let asked = 0;
  for (const slot of candidates(snapshot, only)) {
    asked++;
    const verdict = verdictOf(filters, slot);
    if (verdict !== undefined) builder.add(verdict);
  }
  if (elsewhere !== undefined && asked < snapshot.size) builder.add(elsewhere, snapshot.size - asked);
  return builder.build();
}

/** Those of `asked` to which every filter says yes. */
export function feasibleSlots(filters: readonly PluginFilter[], asked: Int32Array): Int32Array {
  const slots = asked.slice();
  let count = slots.length;
  for (const { passes, keep } of filters) {
    if (keep !== undefined) {
      count = keep(slots, count);
      continue;
    }
    let kept = 0;
    for (let index = 0; index < count; index++) if (passes(slots[index]!)) slots[kept++] = slots[index]!;
    count = kept;
  }
  return slots.subarray(0, count);
}

/** The sum of all scores for each of `slots`, normalized over exactly these. */
export function totalScores(scorers: readonly WeightedScorer[], slots: Int32Array): Float64Array {
  const totals = new Float64Array(slots.length);
  const raw = new Float64Array(slots.length);
  for (const { weight, normalize, score, scoreAll } of scorers) {
    if (scoreAll !== undefined) scoreAll(slots, raw);
    else for (let index = 0; index < slots.length; index++) raw[index] = score(slots[index]!);
    if (normalize !== undefined) normalizeAll(raw, normalize);
    for (let index = 0; index < slots.length; index++) totals[index]! += weight * raw[index]!;
  }
  return totals;
}

function normalizeAll(scores: Float64Array, mode: Normalization): void {
  const range = new ScoreRange(mode);
  for (let index = 0; index < scores.length; index++) range.add(scores[index]!);
  for (let index = 0; index < scores.length; index++) scores[index] = range.normalized(scores[index]!);
}

const noSlots = new Int32Array(0);

function admits(snapshot: Snapshot, { rejection, filters, only }: PreparedPod, slot: number): boolean {
  return rejection === undefined && (only === undefined || only.has(snapshot.nameOf(slot))) && passes(filters, slot);
}

function bringUpToDate({ filters, scorers }: PreparedPod): void {
  for (const { epoch } of filters) epoch?.();
  for (const { epoch } of scorers) epoch?.();
}

function withNominated(snapshot: Snapshot, pod: PodInfo, prepared: PreparedPod): PreparedPod {
  if (!snapshot.nominations.concern(pod)) return prepared;
  return { ...prepared, filters: prepared.filters.map((filter) => besideNominated(snapshot, pod, filter)) };
}

/** The filter as if the Pods for which room is kept were there already. It has to say yes without them as well: they may never come. */
function besideNominated(snapshot: Snapshot, pod: PodInfo, filter: PluginFilter): PluginFilter {
  if (filter.scope === "node") return filter;
  const beside = <Answer>(slot: number, ask: () => Answer): Answer => {
    const also = snapshot.nominations.on(snapshot.nameOf(slot), pod);
    return also.length === 0 ? ask() : snapshot.supposing(slot, { without: [], also }, ask);
  };
  return {
    plugin: filter.plugin,
    scope: filter.scope,
    passes: (slot) => filter.passes(slot) && beside(slot, () => filter.passes(slot)),
    rejection: (slot) => (filter.passes(slot) ? beside(slot, () => filter.rejection(slot)) : filter.rejection(slot)),
  };
}

function candidates(snapshot: Snapshot, only: ReadonlySet<string> | undefined): Int32Array {
  if (only === undefined) return snapshot.nodeSlots();
  return Int32Array.from([...only].map((name) => snapshot.slotOf(name)).filter((slot) => slot !== undefined));
}
