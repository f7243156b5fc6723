import { maximumScore } from "./framework.ts";

/**
 * How scores of a plugin become 0 to 100, measured by those of all nodes that fit:
 *
 * - `highest`: in proportion, the greatest becomes 100
 * - `lowest`: the other way round, the greatest becomes 0
 * - `between`: the least becomes 0, the greatest 100; all 0 when they are equal
 * - `fewest`: the least becomes 100, and the fewer they are all, the less it matters; a negative score is no answer and becomes 0
 */
export type Normalization = "highest" | "lowest" | "between" | "fewest";

/** The least and the greatest score of all nodes that fit. */
export class ScoreRange {
  readonly #mode: Normalization;
  #least = Infinity;
  #greatest = -Infinity;

  constructor(mode: Normalization) {
    this.#mode = mode;
  }

  add(score: number): void {
    if (score < 0 && this.#mode === "fewest") return;
    if (score < this.#least) this.#least = score;
    if (score > this.#greatest) this.#greatest = score;
  }

  /** A score that was added, between 0 and 100. */
  normalized(score: number): number {
    const [least, greatest] = [this.#least, this.#greatest];
    switch (this.#mode) {
      case "highest":
        return greatest <= 0 ? 0 : Math.floor((maximumScore * score) / greatest);
      case "lowest":
        return greatest <= 0 ? maximumScore : maximumScore - Math.floor((maximumScore * score) / greatest);
      case "between":
        return greatest === least ? 0 : Math.trunc((maximumScore * (score - least)) / (greatest - least));
      case "fewest":
        if (score < 0) return 0;
        return greatest === 0 ? maximumScore : Math.trunc((maximumScore * (greatest + least - score)) / greatest);
    }
  }
}
