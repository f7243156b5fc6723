import { CelCostError, CelEvaluationError, type CelProgram, perCallLimit, type Bindings, type CelValue } from "@kubets/machinery/cel";

/** An expression ready to be evaluated, or a text that says why it isn't. */
export type Program = CelProgram | string;

/** Why an expression has no value. */
export class Problem {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/** What several expressions may cost together. */
export class Budget {
  #left: number;

  constructor(left: number) {
    this.#left = left;
  }

  evaluate(program: Program, expression: string, bindings: Bindings): CelValue | Problem {
    if (typeof program === "string") return new Problem(program);
    if (this.#left <= 0) {
      return new Problem("validation failed due to running out of cost budget, no further validation rules will be run");
    }
    try {
      return this.spend(() => program.evaluateWithCost(bindings, { costLimit: Math.min(perCallLimit, this.#left) }));
    } catch (error) {
      if (!(error instanceof CelEvaluationError) && !(error instanceof CelCostError)) throw error;
      return new Problem(`expression '${expression}' resulted in error: ${error.message}`);
    }
  }

  spend(evaluate: () => { readonly value: CelValue; readonly cost: number }): CelValue {
    try {
      const { value, cost } = evaluate();
      this.#left -= cost;
      return value;
    } catch (error) {
      if (error instanceof CelCostError) this.#left -= error.cost;
      throw error;
    }
  }
}
