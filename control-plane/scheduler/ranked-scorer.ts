import { normalized, type WeightedScorer } from "./cycle.ts";

/** A scorer with what it answered for each node that fits, and how often, so that the greatest answer is known without asking again. */
export class RankedScorer {
  readonly #scorer: WeightedScorer;
  /** By slot. */
  #answers = new Float64Array(0);
  readonly #counts = new Map<number, number>();
  #highest = 0;
  /** What the answers are measured by. */
  #measure = 0;
  #epoch: number | undefined;

  constructor(scorer: WeightedScorer) {
    this.#scorer = scorer;
    this.#epoch = scorer.epoch?.();
  }

  reserve(capacity: number): void {
    const answers = new Float64Array(capacity);
    answers.set(this.#answers);
    this.#answers = answers;
  }

  weightedScore(slot: number): number {
    const { weight, normalize } = this.#scorer;
    return weight * normalized(this.#answers[slot]!, this.#measure, normalize);
  }

  take(slot: number): void {
    const answer = this.#scorer.score(slot);
    this.#answers[slot] = answer;
    if (this.#scorer.normalize === undefined) return;
    this.#counts.set(answer, (this.#counts.get(answer) ?? 0) + 1);
    if (answer > this.#highest) this.#highest = answer;
  }

  drop(slot: number): void {
    if (this.#scorer.normalize === undefined) return;
    const answer = this.#answers[slot]!;
    const left = this.#counts.get(answer)! - 1;
    if (left > 0) return void this.#counts.set(answer, left);
    this.#counts.delete(answer);
    if (answer !== this.#highest) return;
    this.#highest = 0;
    for (const other of this.#counts.keys()) if (other > this.#highest) this.#highest = other;
  }

  /** What is on a node that fits has changed; the Node hasn't. Answers whether the answer has. */
  refresh(slot: number): boolean {
    if (this.#scorer.scope === "node") return false;
    this.drop(slot);
    this.take(slot);
    return true;
  }

  forget(): void {
    this.#counts.clear();
    this.#highest = 0;
  }

  /** Whether the greatest answer is another than the scores were made with; from now on they are made with the new one. */
  highestChanged(): boolean {
    if (this.#highest === this.#measure) return false;
    this.#measure = this.#highest;
    return true;
  }

  epochPassed(): boolean {
    const epoch = this.#scorer.epoch?.();
    if (epoch === this.#epoch) return false;
    this.#epoch = epoch;
    return true;
  }
}
