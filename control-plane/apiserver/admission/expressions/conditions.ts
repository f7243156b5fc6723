import { admissionEnvironment, compileAdmissionExpression, type MatchCondition } from "@kubets/api";
import { type Bindings, boolType, matchConditionsCostBudget } from "@kubets/machinery/cel";
import { Budget, Problem, type Program } from "./budget.ts";

/** An expression that must be true for a request to be looked at. */
export interface Condition {
  readonly name: string;
  readonly expression: string;
  readonly program: Program;
}

/** `hasParams`: of a policy that has parameters. */
export function compiledConditions(conditions: readonly MatchCondition[] = [], hasParams = false): readonly Condition[] {
  if (conditions.length === 0) return [];
  const environment = admissionEnvironment({ hasParams });
  return conditions.map(({ name, expression }) => {
    const program = compileAdmissionExpression(environment, expression, boolType);
    return { name, expression, program: typeof program === "string" ? `compilation error: ${program}` : program };
  });
}

/**
 * Whether all conditions hold. One that doesn't settles it, whatever is wrong with others; a {@link Problem} when it can't be told.
 */
export function conditionsHold(conditions: readonly Condition[], bindings: () => Bindings): boolean | Problem {
  if (conditions.length === 0) return true;
  const budget = new Budget(matchConditionsCostBudget);
  const bound = bindings();
  let problem: Problem | undefined;
  for (const { name, expression, program } of conditions) {
    const value = budget.evaluate(program, expression, bound);
    if (value === false) return false;
    if (value === true) continue;
    problem ??= value instanceof Problem ? value : new Problem(`match condition "${name}" must evaluate to a bool`);
  }
  return problem ?? true;
}
