import type { Validation } from "@kubets/api";
import { type Ask, type CelValue, runtimeCostBudget } from "@kubets/machinery/cel";
import { bindingsOf, type ExpressionInput } from "../expressions/bindings.ts";
import { Budget, Problem } from "../expressions/budget.ts";
import { conditionsHold } from "../expressions/conditions.ts";
import { variablesOf } from "../expressions/variables.ts";
import type { CompiledPolicy } from "./compiled-policy.ts";

export interface PolicyInput extends ExpressionInput {
  /** Whether what fails refuses the request. */
  readonly failurePolicy: "Fail" | "Ignore";
}

/** What a policy says against a request. */
export interface Objection {
  readonly message: string;
  readonly reason: string | undefined;
}

/** All that a policy has against a request; nothing when its conditions say that it isn't about it. */
export function evaluatePolicy(policy: CompiledPolicy, input: PolicyInput, ask: Ask): readonly Objection[] {
  const bindings = bindingsOf(input, ask);
  const failed = (message: string): readonly Objection[] => (input.failurePolicy === "Fail" ? [{ message, reason: undefined }] : []);
  const concerned = conditionsHold(policy.conditions, () => bindings);
  if (concerned instanceof Problem) return failed(concerned.message);
  if (!concerned) return [];
  const budget = new Budget(runtimeCostBudget);
  const complete = { ...bindings, variables: variablesOf(policy.variables, bindings, budget) };
  const objections = policy.validations.flatMap(({ validation, program, message }): readonly Objection[] => {
    const value = budget.evaluate(program, validation.expression, complete);
    if (value instanceof Problem) return failed(value.message);
    if (value === true) return [];
    const said = message === undefined ? undefined : budget.evaluate(message, validation.messageExpression!, complete);
    return [{ message: messageOf(validation, said), reason: validation.reason }];
  });
  const annotations = policy.annotations.flatMap(({ program, expression }) => {
    const value = budget.evaluate(program, expression, complete);
    return value instanceof Problem ? failed(value.message) : [];
  });
  return [...objections, ...annotations];
}

/** Longer ones, and those of several lines, are not shown. */
const longestMessage = 5 * 1024;

function messageOf({ message, expression }: Validation, said: CelValue | Problem | undefined): string {
  const made = typeof said === "string" ? said.trim() : "";
  if (made !== "" && made.length <= longestMessage && !made.includes("\n")) return made;
  if (message !== undefined && message !== "") return message.trim();
  return `failed expression: ${expression.trim()}`;
}
