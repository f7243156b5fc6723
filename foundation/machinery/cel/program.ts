import type { CheckedExpression } from "./checker.ts";
import type { CelEnvironment } from "./environment.ts";
import { CelCostError, CelEvaluationError, CelSuspension } from "./errors.ts";
import { estimateCost, type BoundedTypes } from "./estimator.ts";
import type { Range } from "./estimates.ts";
import { Frame, type Bindings } from "./frame.ts";
import { metered } from "./meter.ts";
import { plan, type Plan } from "./planner.ts";
import type { CelType } from "./types.ts";
import type { CelValue } from "./values.ts";

export interface EvaluateOptions {
  /** What the evaluation may cost; 1,000,000 as in Kubernetes when absent. */
  readonly costLimit?: number;
}

export interface Evaluation {
  readonly value: CelValue;
  readonly cost: number;
}

/** What Kubernetes lets one evaluation cost: about a tenth of a second. */
export const perCallLimit = 1_000_000;
/** What the rules of one object, or one policy for one request, may cost together. */
export const runtimeCostBudget = 10_000_000;
/** The same for the match conditions of one webhook or binding. */
export const matchConditionsCostBudget = 2_500_000;

/** An expression, parsed, checked, and ready to be evaluated any number of times. */
export class CelProgram {
  readonly source: string;
  readonly checked: CheckedExpression;
  readonly #plan: Plan;

  constructor(checked: CheckedExpression) {
    this.checked = checked;
    this.source = checked.source.text;
    this.#plan = plan(checked);
  }

  get resultType(): CelType {
    return this.checked.types[this.checked.expression.id]!;
  }

  /** Whether the expression speaks of a variable, such as `oldSelf`. */
  uses(variable: string): boolean {
    return this.checked.references.some((reference) => reference?.kind === "variable" && reference.name === variable);
  }

  /**
   * What an evaluation will cost at least and at most with variables no larger than their types say: those of {@link celTypeOfSchema}.
   * What Kubernetes refuses rules by. A most of 2^64-1 means that nothing bounds it.
   */
  estimateCost(variables: BoundedTypes): Range {
    return estimateCost(this.checked, variables);
  }

  /** Throws `CelEvaluationError` when the expression has no value, and `CelCostError` when that costs too much; nothing else. */
  evaluate(bindings: Bindings, options: EvaluateOptions = {}): CelValue {
    return this.evaluateWithCost(bindings, options).value;
  }

  /** Like {@link evaluate}, and what it cost. */
  evaluateWithCost(bindings: Bindings, { costLimit = perCallLimit }: EvaluateOptions = {}): Evaluation {
    const frame = new Frame(bindings, this.#plan.locals, costLimit);
    try {
      const value = metered(() => this.#plan.step(frame));
      return { value, cost: frame.cost };
    } catch (error) {
      if (error instanceof CelEvaluationError || error instanceof CelCostError || error instanceof CelSuspension) throw error;
      // What the values bound to the variables threw, or a stack that a hostile value made too deep.
      throw new CelEvaluationError(`internal error: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }
}

/** Parses, checks and prepares an expression. Throws `CelCompileError`. */
export function compile(environment: CelEnvironment, source: string): CelProgram {
  return new CelProgram(environment.check(source));
}
