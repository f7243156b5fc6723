import type { Validation } from "@kubets/api";
import type { KubernetesObject } from "@kubets/machinery";
import {
  CelAuthorizer,
  CelCostError,
  CelEvaluationError,
  CelLazyObject,
  CelResourceCheck,
  matchConditionsCostBudget,
  perCallLimit,
  runtimeCostBudget,
  toCelValue,
  type Ask,
  type Bindings,
  type CelValue,
} from "@kubets/machinery/cel";
import type { AdmissionAttributes } from "../../contracts.ts";
import type { CompiledPolicy, Named, Program } from "./compiled-policy.ts";
import { requestOf, requestType } from "./request.ts";

export interface PolicyInput {
  readonly attributes: AdmissionAttributes;
  /** One of the objects that the binding names; `null` where it names none. */
  readonly params: unknown;
  readonly namespace: KubernetesObject | undefined;
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
  const conditions = new Budget(matchConditionsCostBudget);
  for (const condition of policy.conditions) {
    const value = conditions.evaluate(condition.program, condition.expression, bindings);
    if (value === false) return [];
    if (value !== true) return failed(conditionProblem(condition, value));
  }
  const budget = new Budget(runtimeCostBudget);
  const complete = { ...bindings, variables: variablesOf(policy, bindings, budget) };
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

function conditionProblem({ name }: Named, value: CelValue | Problem): string {
  return value instanceof Problem ? value.message : `match condition "${name}" must evaluate to a bool`;
}

/** Longer ones, and those of several lines, are not shown. */
const longestMessage = 5 * 1024;

function messageOf({ message, expression }: Validation, said: CelValue | Problem | undefined): string {
  const made = typeof said === "string" ? said.trim() : "";
  if (made !== "" && made.length <= longestMessage && !made.includes("\n")) return made;
  if (message !== undefined && message !== "") return message.trim();
  return `failed expression: ${expression.trim()}`;
}

/** Why an expression has no value. */
class Problem {
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

/** What the expressions of a policy may cost together. */
class Budget {
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

/** `variables.NAME`: each is evaluated when it is first needed, and may use those before it. */
function variablesOf(policy: CompiledPolicy, bindings: Bindings, budget: Budget): CelValue {
  const failures = new Map<string, CelEvaluationError>();
  const variables: CelLazyObject = new CelLazyObject(policy.variablesType, (name) => {
    const program = policy.variables.get(name);
    const before = failures.get(name);
    if (before !== undefined) throw before;
    if (program === undefined) return undefined;
    try {
      if (typeof program === "string") throw new CelEvaluationError(program);
      return budget.spend(() => program.evaluateWithCost({ ...bindings, variables }));
    } catch (error) {
      if (!(error instanceof CelEvaluationError)) throw error;
      const failure = new CelEvaluationError(`composited variable "${name}" fails to evaluate: ${error.message}`);
      failures.set(name, failure);
      throw failure;
    }
  });
  return variables;
}

function bindingsOf({ attributes, params, namespace }: PolicyInput, ask: Ask): Record<string, CelValue> {
  const { kind, subresource, name, object, previous } = attributes;
  const authorizer = new CelAuthorizer(ask);
  return {
    object: toCelValue(object ?? null),
    oldObject: toCelValue(previous ?? null),
    request: toCelValue(requestOf(attributes), requestType),
    namespaceObject: toCelValue(namespace ?? null),
    params: toCelValue(params),
    authorizer,
    "authorizer.requestResource": new CelResourceCheck(authorizer, {
      group: kind.group,
      resource: kind.resource,
      subresource,
      namespace: attributes.namespace,
      name,
    }),
  };
}
