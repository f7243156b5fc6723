import { feasibleSlots, normalized, passes, type PreparedPod, totalScores, type WeightedScorer } from "./cycle.ts";
import type { PluginFilter } from "./framework.ts";
import type { NodeAnswers } from "./node-answers.ts";
import { NodeHeap, SlotPlaces } from "./node-heap.ts";
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
 * A score that is measured by the greatest of all nodes can't be part of a rank that is kept: one node could change the ranks of all. So
 * nodes that such scorers answer alike are ranked among themselves, and only the best of each group are compared.
 */
export class PodClass {
  readonly prepared: PreparedPod;
  readonly #snapshot: Snapshot;
  readonly #answers: NodeAnswers;
  readonly #filters: readonly PluginFilter[];
  /** Their answers count as they are. */
  readonly #plain: readonly WeightedScorer[];
  /** Their answers are measured by the greatest. */
  readonly #measured: readonly WeightedScorer[];
  readonly #places = new SlotPlaces();
  /** By measured scorer: the greatest answer. */
  readonly #highest: Float64Array;
  readonly #groups = new Map<string, Group>();
  /** By slot; nodes that don't fit are in none. */
  readonly #groupOf: (Group | undefined)[] = [];
  readonly #scorers: readonly WeightedScorer[];
  readonly #epochs: (number | undefined)[];
  #answersEpoch = -1;
  #position = -1;

  /** `answers` are for Pods of this class, perhaps also for others. */
  constructor(snapshot: Snapshot, prepared: PreparedPod, answers: NodeAnswers) {
    const { filters, scorers } = answers.recall(prepared);
    this.#snapshot = snapshot;
    this.prepared = prepared;
    this.#answers = answers;
    this.#filters = filters;
    this.#plain = scorers.filter(({ normalize }) => normalize === undefined);
    this.#measured = scorers.filter(({ normalize }) => normalize !== undefined);
    this.#highest = new Float64Array(this.#measured.length);
    this.#scorers = scorers;
    this.#epochs = scorers.map(() => undefined);
  }

  /** `undefined` when no node fits. */
  best(): BestNode | undefined {
    this.#catchUp();
    let feasibleNodes = 0;
    const highest = this.#highest.fill(0);
    for (const { heap, measures } of this.#groups.values()) {
      feasibleNodes += heap.size;
      for (let index = 0; index < measures.length; index++) if (measures[index]! > highest[index]!) highest[index] = measures[index]!;
    }
    let best = -1;
    let bestRank = -1;
    for (const { heap, measures } of this.#groups.values()) {
      const slot = heap.top();
      let rank = heap.topRank();
      for (let index = 0; index < measures.length; index++) {
        const { weight, normalize } = this.#measured[index]!;
        rank += weight * normalized(measures[index]!, highest[index]!, normalize!);
      }
      if (best < 0 || rank > bestRank) [best, bestRank] = [slot, rank];
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
    const measures = this.#measured.map(({ score }) => score(slot));
    const key = measures.join();
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { key, measures, heap: new NodeHeap(this.#places) };
      this.#groups.set(key, group);
    }
    return group;
  }

  #belongs(slot: number, { measures }: Group): boolean {
    for (let index = 0; index < measures.length; index++) if (this.#measured[index]!.score(slot) !== measures[index]) return false;
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
    for (const [index, { epoch }] of this.#scorers.entries()) {
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

/** Nodes that every scorer whose answers are measured by the greatest answers alike. */
interface Group {
  readonly key: string;
  /** Their answers. */
  readonly measures: readonly number[];
  readonly heap: NodeHeap;
}
