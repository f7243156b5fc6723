import {
  admissionEnvironment,
  type AdmissionExpressionOptions,
  compileAdmissionExpression,
  type Variable,
  variablesType,
} from "@kubets/api";
import {
  type Bindings,
  CelEvaluationError,
  CelLazyObject,
  type CelType,
  type CelValue,
  dynType,
  type ObjectType,
} from "@kubets/machinery/cel";
import type { Budget, Program } from "./budget.ts";

/** The variables of a policy, in their order, each of which may use those before it. */
export interface CompiledVariables {
  readonly programs: ReadonlyMap<string, Program>;
  readonly type: ObjectType;
}

export function compiledVariables(
  declared: readonly Variable[] = [],
  options: Pick<AdmissionExpressionOptions, "hasParams" | "libraries"> = {},
): CompiledVariables {
  const programs = new Map<string, Program>();
  const fields: Record<string, CelType> = {};
  for (const { name, expression } of declared) {
    const environment = admissionEnvironment({ ...options, variables: variablesType(fields) });
    const program = compiled(environment, expression);
    programs.set(name, program);
    fields[name] = typeof program === "string" ? dynType : program.resultType;
  }
  return { programs, type: variablesType(fields) };
}

/** An expression that is evaluated whether it compiles or not: the text of a problem is what its evaluation says. */
export function compiled(...[environment, expression, ...results]: Parameters<typeof compileAdmissionExpression>): Program {
  const program = compileAdmissionExpression(environment, expression, ...results);
  return typeof program === "string" ? `compilation error: ${program}` : program;
}

/** `variables.NAME`: each is evaluated when it is first needed. */
export function variablesOf({ programs, type }: CompiledVariables, bindings: Bindings, budget: Budget): CelValue {
  const failures = new Map<string, CelEvaluationError>();
  const variables: CelLazyObject = new CelLazyObject(type, (name) => {
    const program = programs.get(name);
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
