import { CelCostError, type CelEvaluationError } from "./errors.ts";
import type { CelValue } from "./values.ts";

/** The variables of an evaluation by name. */
export type Bindings = Readonly<Record<string, CelValue>>;

/** What one evaluation is made in: its variables, the variables of the macros it is in, and what it has cost. */
export class Frame {
  readonly bindings: Bindings;
  readonly locals: (CelValue | CelEvaluationError | Pending)[];
  readonly limit: number;
  cost = 0;

  constructor(bindings: Bindings, locals: number, limit: number) {
    this.bindings = bindings;
    this.locals = Array.from({ length: locals }, () => null);
    this.limit = limit;
  }

  /** Adds to the cost. Throws `CelCostError` once it is more than the limit. */
  charge(cost: number): void {
    this.cost += cost;
    if (this.cost > this.limit) throw new CelCostError(this.cost);
  }
}

/** An expression made ready: evaluates it. */
export type Step = (frame: Frame) => CelValue;

/** A value that is evaluated when it is first needed. */
export class Pending {
  readonly evaluate: Step;

  constructor(evaluate: Step) {
    this.evaluate = evaluate;
  }
}
