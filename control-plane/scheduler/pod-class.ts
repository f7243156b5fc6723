import { passes, type PreparedPod, type WeightedScorer } from "./cycle.ts";
import type { PluginFilter } from "./framework.ts";
import { NodeHeap } from "./node-heap.ts";
import { RankedScorer } from "./ranked-scorer.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * The nodes as one class of equal Pods ranks them, kept up to date by replaying the snapshot's journal: a node is asked again only when
 * it, or what is on it, has changed, and what depends on the Node object alone only when that has. So the best of all nodes costs as much
 * as changed since this class was last asked.
 */
export class PodClass {
  readonly prepared: PreparedPod;
  readonly #snapshot: Snapshot;
  readonly #nodeFilters: readonly PluginFilter[];
  readonly #usageFilters: readonly PluginFilter[];
  /** Their answers change with the Node only, or are measured by the greatest of all answers. */
  readonly #remembered: readonly RankedScorer[];
  /** Their answers count as they are. */
  readonly #plain: readonly WeightedScorer[];
  readonly #heap = new NodeHeap();
  #capacity = 0;
  /** By slot: the generation of the Node for which the columns below hold. */
  #generation = new Float64Array(0);
  /** By slot: whether the filters that look at the Node alone say yes. */
  #admitted = new Uint8Array(0);
  /** By slot: the sum of the remembered scores. */
  #base = new Float64Array(0);
  #position = -1;

  constructor(snapshot: Snapshot, prepared: PreparedPod) {
    this.#snapshot = snapshot;
    this.prepared = prepared;
    this.#nodeFilters = prepared.filters.filter(({ scope }) => scope === "node");
    this.#usageFilters = prepared.filters.filter(({ scope }) => scope === "usage");
    const isRemembered = ({ scope, normalize }: WeightedScorer): boolean => scope === "node" || normalize !== undefined;
    this.#remembered = prepared.scorers.filter(isRemembered).map((scorer) => new RankedScorer(scorer));
    this.#plain = prepared.scorers.filter((scorer) => !isRemembered(scorer));
  }

  /** The best slot, or -1 when no node fits. */
  best(): number {
    this.#catchUp();
    return this.#heap.top();
  }

  /** After {@link best}. */
  get feasibleNodes(): number {
    return this.#heap.size;
  }

  /** After {@link best}: the score of a slot that fits. */
  scoreOf(slot: number): number {
    return Math.floor(this.#heap.rankOf(slot));
  }

  #catchUp(): void {
    const { journal } = this.#snapshot;
    this.#reserve();
    const passed = this.#epochsPassed();
    if (passed || !journal.tells(this.#position)) {
      this.#rebuild();
    } else {
      for (let position = this.#position; position < journal.end; position++) this.#update(journal.at(position));
    }
    if (this.#highestChanged()) this.#rerank();
    this.#position = journal.end;
  }

  #rebuild(): void {
    this.#heap.clear();
    this.#generation.fill(0);
    for (const scorer of this.#remembered) scorer.forget();
    for (const slot of this.#snapshot.nodeSlots()) this.#update(slot);
  }

  #update(slot: number): void {
    const snapshot = this.#snapshot;
    if (snapshot.node(slot) === undefined) return this.#drop(slot);
    const generation = snapshot.generation.values[slot]!;
    if (this.#generation[slot] !== generation) {
      this.#drop(slot);
      this.#generation[slot] = generation;
      this.#admitted[slot] = passes(this.#nodeFilters, slot) ? 1 : 0;
    }
    if (this.#admitted[slot] === 0 || !passes(this.#usageFilters, slot)) return this.#drop(slot);
    if (!this.#heap.has(slot)) this.#take(slot);
    else this.#refresh(slot);
    this.#heap.put(slot, this.#rank(slot));
  }

  /** A node fits that didn't before: its answers count among those that the greatest is of. */
  #take(slot: number): void {
    for (const scorer of this.#remembered) scorer.take(slot);
    this.#base[slot] = this.#rememberedScore(slot);
  }

  #refresh(slot: number): void {
    let changed = false;
    for (const scorer of this.#remembered) if (scorer.refresh(slot)) changed = true;
    if (changed) this.#base[slot] = this.#rememberedScore(slot);
  }

  #drop(slot: number): void {
    if (!this.#heap.has(slot)) return;
    for (const scorer of this.#remembered) scorer.drop(slot);
    this.#heap.remove(slot);
  }

  /** Scores are whole numbers and the tie-break is below one, so their sum orders by both. */
  #rank(slot: number): number {
    let score = this.#base[slot]!;
    for (let index = 0; index < this.#plain.length; index++) {
      const { weight, score: scoreOf } = this.#plain[index]!;
      score += weight * scoreOf(slot);
    }
    return score + this.#snapshot.tieBreak.values[slot]!;
  }

  #rememberedScore(slot: number): number {
    let score = 0;
    for (const scorer of this.#remembered) score += scorer.weightedScore(slot);
    return score;
  }

  // The greatest score of all nodes that fit is the measure of every node: when it moves, all are ranked anew.
  #rerank(): void {
    this.#heap.rerank((slot) => {
      this.#base[slot] = this.#rememberedScore(slot);
      return this.#rank(slot);
    });
  }

  #highestChanged(): boolean {
    let changed = false;
    for (const scorer of this.#remembered) if (scorer.highestChanged()) changed = true;
    return changed;
  }

  #epochsPassed(): boolean {
    let passed = false;
    for (const scorer of this.#remembered) if (scorer.epochPassed()) passed = true;
    return passed;
  }

  #reserve(): void {
    const { slots } = this.#snapshot;
    if (slots <= this.#capacity) return;
    this.#capacity = Math.max(64, 2 ** Math.ceil(Math.log2(slots)));
    const [generation, admitted, base] = [
      new Float64Array(this.#capacity),
      new Uint8Array(this.#capacity),
      new Float64Array(this.#capacity),
    ];
    generation.set(this.#generation);
    admitted.set(this.#admitted);
    base.set(this.#base);
    this.#generation = generation;
    this.#admitted = admitted;
    this.#base = base;
    this.#heap.reserve(this.#capacity);
    for (const scorer of this.#remembered) scorer.reserve(this.#capacity);
  }
}
