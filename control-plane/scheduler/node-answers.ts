import type { PreparedPod, WeightedScorer } from "./cycle.ts";
import type { PluginFilter } from "./framework.ts";
import type { Snapshot } from "./snapshot.ts";

/**
 * What some plugins answer of Node objects alone to all Pods of which these plugins read the same: a Node is asked again only when it has
 * changed. Thousands of Pods that differ in what they ask for, but not in where they may go, share it.
 */
export class NodeAnswers {
  /** Grows when answers changed of Nodes that didn't. */
  epoch = 0;
  readonly #snapshot: Snapshot;
  readonly #plugins: ReadonlySet<string>;
  readonly #filters: readonly PluginFilter[];
  readonly #scorers: readonly WeightedScorer[];
  #generations = -1;
  /** By slot: the generation of the Node for which the answers hold. */
  #generation = new Float64Array(0);
  #passes = new Uint8Array(0);
  /** For each scorer, by slot. */
  readonly #scores: { values: Float64Array }[];
  #epochs: readonly (number | undefined)[];

  /** `plugins` names those whose answers are kept; `prepared` is the first of the Pods. */
  constructor(snapshot: Snapshot, prepared: PreparedPod, plugins: ReadonlySet<string>) {
    this.#snapshot = snapshot;
    this.#plugins = plugins;
    this.#filters = prepared.filters.filter((each) => this.#answers(each));
    this.#scorers = prepared.scorers.filter((each) => this.#answers(each));
    this.#scores = this.#scorers.map(() => ({ values: new Float64Array(0) }));
    this.#epochs = this.#currentEpochs();
  }

  /** Asks the Nodes that have changed. Whoever uses the answers does it first. */
  follow(): void {
    const { generations, generation, slots } = this.#snapshot;
    const epochs = this.#currentEpochs();
    const passed = epochs.some((epoch, index) => epoch !== this.#epochs[index]);
    if (!passed && this.#generations === generations) return;
    this.#generations = generations;
    this.#reserve();
    if (passed) {
      this.#epochs = epochs;
      this.epoch++;
      this.#generation.fill(-1);
    }
    for (let slot = 0; slot < slots; slot++) {
      if (this.#generation[slot] === generation.values[slot]) continue;
      this.#generation[slot] = generation.values[slot]!;
      this.#ask(slot);
    }
  }

  /** The same Pod, but with what is known here instead of questions to Nodes. */
  recall(prepared: PreparedPod): PreparedPod {
    const passes = (slot: number): boolean => this.#passes[slot] === 1;
    const keep = (slots: Int32Array, count: number): number => {
      const answers = this.#passes;
      let kept = 0;
      for (let index = 0; index < count; index++) if (answers[slots[index]!] === 1) slots[kept++] = slots[index]!;
      return kept;
    };
    const rejection: PluginFilter["rejection"] = (slot) => this.#filters.find((filter) => !filter.passes(slot))!.rejection(slot);
    let index = 0;
    const recalled = (scorer: WeightedScorer): WeightedScorer => {
      if (!this.#answers(scorer)) return scorer;
      const { plugin, scope, weight, normalize } = scorer;
      const scores = this.#scores[index++]!;
      const scoreAll = (slots: Int32Array, into: Float64Array): void => {
        const { values } = scores;
        for (let index = 0; index < slots.length; index++) into[index] = values[slots[index]!]!;
      };
      return { plugin, scope, weight, ...(normalize && { normalize }), score: (slot) => scores.values[slot]!, scoreAll };
    };
    return {
      ...prepared,
      filters: [{ plugin: "", scope: "node", passes, keep, rejection }, ...prepared.filters.filter((each) => !this.#answers(each))],
      scorers: prepared.scorers.map(recalled),
    };
  }

  #answers({ plugin, scope }: Pick<PluginFilter, "plugin" | "scope">): boolean {
    return scope === "node" && this.#plugins.has(plugin);
  }

  #ask(slot: number): void {
    const admits = this.#snapshot.node(slot) !== undefined && this.#filters.every(({ passes }) => passes(slot));
    this.#passes[slot] = admits ? 1 : 0;
    if (admits) for (const [index, { score }] of this.#scorers.entries()) this.#scores[index]!.values[slot] = score(slot);
  }

  #currentEpochs(): readonly (number | undefined)[] {
    return this.#scorers.map(({ epoch }) => epoch?.());
  }

  #reserve(): void {
    const capacity = this.#snapshot.generation.values.length;
    if (capacity <= this.#passes.length) return;
    const [generation, passes] = [new Float64Array(capacity).fill(-1), new Uint8Array(capacity)];
    generation.set(this.#generation);
    passes.set(this.#passes);
    this.#generation = generation;
    this.#passes = passes;
    for (const scores of this.#scores) {
      const larger = new Float64Array(capacity);
      larger.set(scores.values);
      scores.values = larger;
    }
  }
}
