import { feasibleSlots, passes, type PreparedPod, totalScores, type WeightedScorer } from "./cycle.ts";
import type { Grouping, PluginFilter } from "./framework.ts";
import type { NodeAnswers } from "./node-answers.ts";
import { NodeHeap, SlotPlaces } from "./node-heap.ts";
import { ScoreRange } from "./normalization.ts";
import type { Snapshot } from "./snapshot.ts";

/** The best of all nodes for a class of Pods. */
export interface BestNode {
  readonly slot: number;
  readonly score: number;
  readonly feasibleNodes: number;
}

/**
 * The nodes as one class of equal Pods ranks them, kept up to date by replaying the snapshot's journal: a node is asked again only when it,
 * or what is on it, has changed. So the best of all nodes costs as much as changed since this class was last asked.
 *
 * Not everything can be part of a rank that is kept: one node could change the ranks of all where a score is measured by those of all, or
 * where answers depend on Pods elsewhere. So nodes that are answered alike in this are ranked among themselves, and only the best of each
 * group are compared.
 */
export class PodClass {
  readonly prepared: PreparedPod;
  readonly #snapshot: Snapshot;
  readonly #answers: NodeAnswers;
  readonly #filters: readonly PluginFilter[];
  /** They say yes or no to whole groups. */
  readonly #groupFilters: readonly PluginFilter[];
  /** Their answers count as they are. */
  readonly #plain: readonly WeightedScorer[];
  /** Their answers are for whole groups. */
  readonly #groupScorers: readonly WeightedScorer[];
  readonly #groupings: readonly Grouping[];
  readonly #places = new SlotPlaces();
  readonly #groups = new Map<string, Group>();
  /** By slot; nodes that don't fit are in none. */
  readonly #groupOf: (Group | undefined)[] = [];
  readonly #asked: readonly { readonly epoch?: () => number }[];
  readonly #epochs: (number | undefined)[];
  #answersEpoch = -1;
  #position = -1;

  /** `answers` are for Pods of this class, perhaps also for others. */
  constructor(snapshot: Snapshot, prepared: PreparedPod, answers: NodeAnswers) {
    const { filters, scorers } = answers.recall(prepared);
    this.#snapshot = snapshot;
    this.prepared = prepared;
    this.#answers = answers;
    const isForGroups = ({ scope, normalize }: WeightedScorer): boolean => scope === "domain" || normalize !== undefined;
    this.#filters = filters.filter(({ scope }) => scope !== "domain");
    this.#groupFilters = filters.filter(({ scope }) => scope === "domain");
    this.#plain = scorers.filter((scorer) => !isForGroups(scorer));
    this.#groupScorers = scorers.filter(isForGroups);
    this.#groupings = [
      ...this.#groupFilters.flatMap(({ groupings = [] }) => groupings),
      ...this.#groupScorers.flatMap(({ scope, score, groupings = [] }) => (scope === "domain" ? groupings : [score])),
    ];
    this.#asked = [...filters, ...scorers];
    this.#epochs = this.#asked.map(() => undefined);
  }

  /** `undefined` when no node fits. */
  best(): BestNode | undefined {
    this.#catchUp();
    const ranges = this.#groupScorers.map(({ normalize }) => normalize && new ScoreRange(normalize));
    const open: { readonly heap: NodeHeap; readonly scores: readonly number[] }[] = [];
    let feasibleNodes = 0;
    for (const { heap } of this.#groups.values()) {
      if (!passes(this.#groupFilters, heap.top())) continue;
      feasibleNodes += heap.size;
      const scores = this.#groupScorers.map(({ score }) => score(heap.top()));
      for (let index = 0; index < scores.length; index++) ranges[index]?.add(scores[index]!);
      open.push({ heap, scores });
    }
    let best = -1;
    let bestRank = -1;
    for (const { heap, scores } of open) {
      let rank = heap.topRank();
      for (let index = 0; index < scores.length; index++) {
        const score = ranges[index]?.normalized(scores[index]!) ?? scores[index]!;
        rank += this.#groupScorers[index]!.weight * score;
      }
      if (best < 0 || rank > bestRank) [best, bestRank] = [heap.top(), rank];
    }
    return best < 0 ? undefined : { slot: best, score: Math.floor(bestRank), feasibleNodes };
  }

  #catchUp(): void {
    const { journal } = this.#snapshot;
    this.#answers.follow();
    this.#reserve();
    if (this.#epochsPassed() || !journal.tells(this.#position)) {
      this.#rebuild();
    } else {
      for (let position = this.#position; position < journal.end; position++) this.#update(journal.at(position));
    }
    this.#position = journal.end;
  }

  #rebuild(): void {
    const tieBreak = this.#snapshot.tieBreak.values;
    this.#groups.clear();
    this.#groupOf.fill(undefined);
    this.#places.values.fill(0);
    const slots = feasibleSlots(this.#filters, this.#snapshot.nodeSlots());
    const scores = totalScores(this.#plain, slots);
    let group: Group | undefined;
    for (let index = 0; index < slots.length; index++) {
      const slot = slots[index]!;
      group = this.#groupFor(slot, group);
      group.heap.append(slot, scores[index]! + tieBreak[slot]!);
      this.#groupOf[slot] = group;
    }
    for (const { heap } of this.#groups.values()) heap.order();
  }

  #update(slot: number): void {
    const before = this.#groupOf[slot];
    if (!passes(this.#filters, slot)) return this.#leave(slot, before);
    const group = this.#groupFor(slot, before);
    if (group !== before) {
      this.#leave(slot, before);
      this.#groupOf[slot] = group;
    }
    group.heap.put(slot, this.#rank(slot));
  }

  #leave(slot: number, group: Group | undefined): void {
    if (group === undefined) return;
    this.#groupOf[slot] = undefined;
    group.heap.remove(slot);
    if (group.heap.size === 0) this.#groups.delete(group.key);
  }

  /** The group to which a node belongs now: most often `likely`. */
  #groupFor(slot: number, likely: Group | undefined): Group {
    if (likely !== undefined && this.#belongs(slot, likely)) return likely;
    const together = this.#groupings.map((grouping) => grouping(slot));
    const key = together.join();
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { key, together, heap: new NodeHeap(this.#places) };
      this.#groups.set(key, group);
    }
    return group;
  }

  #belongs(slot: number, { together }: Group): boolean {
    for (let index = 0; index < together.length; index++) if (this.#groupings[index]!(slot) !== together[index]) return false;
    return true;
  }

  /** Scores are whole numbers and the tie-break is below one, so their sum orders by both. */
  #rank(slot: number): number {
    let rank = this.#snapshot.tieBreak.values[slot]!;
    for (let index = 0; index < this.#plain.length; index++) {
      const { weight, score } = this.#plain[index]!;
      rank += weight * score(slot);
    }
    return rank;
  }

  #epochsPassed(): boolean {
    let passed = this.#answersEpoch !== this.#answers.epoch;
    this.#answersEpoch = this.#answers.epoch;
    for (const [index, { epoch }] of this.#asked.entries()) {
      const current = epoch?.();
      if (current !== this.#epochs[index]) passed = true;
      this.#epochs[index] = current;
    }
    return passed;
  }

  #reserve(): void {
    const capacity = this.#snapshot.generation.values.length;
    if (capacity <= this.#places.values.length) return;
    this.#places.reserve(capacity);
    while (this.#groupOf.length < capacity) this.#groupOf.push(undefined);
  }
}

/** Nodes that are together by every grouping. */
interface Group {
  readonly key: string;
  /** The answers of the groupings. */
  readonly together: readonly number[];
  readonly heap: NodeHeap;
}
