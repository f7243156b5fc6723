import { admissionEnvironment, type ValidatingAdmissionPolicy, type Validation } from "@kubets/api";
import { boolType, nullType, stringType } from "@kubets/machinery/cel";
import type { Program } from "../expressions/budget.ts";
import { compiledOnce } from "../expressions/compiled-once.ts";
import { type Condition, compiledConditions } from "../expressions/conditions.ts";
import { compiled, type CompiledVariables, compiledVariables } from "../expressions/variables.ts";

/** The expressions of a policy, ready to be evaluated. What doesn't compile is a text that says why. */
export interface CompiledPolicy {
  readonly conditions: readonly Condition[];
  readonly variables: CompiledVariables;
  readonly validations: readonly CompiledValidation[];
  readonly annotations: readonly Condition[];
}

export interface CompiledValidation {
  readonly validation: Validation;
  readonly program: Program;
  readonly message: Program | undefined;
}

/** The policy's expressions, compiled when they are first needed. */
export function compiledPolicy({ spec }: ValidatingAdmissionPolicy): CompiledPolicy {
  return ofSpec(spec);
}

const ofSpec = compiledOnce(compilePolicy);

function compilePolicy(spec: ValidatingAdmissionPolicy["spec"]): CompiledPolicy {
  const hasParams = spec.paramKind !== undefined;
  const variables = compiledVariables(spec.variables, { hasParams });
  const environment = admissionEnvironment({ hasParams, variables: variables.type });
  return {
    conditions: compiledConditions(spec.matchConditions, hasParams),
    variables,
    validations: (spec.validations ?? []).map((validation) => ({
      validation,
      program: compiled(environment, validation.expression, boolType),
      message: validation.messageExpression === undefined ? undefined : compiled(environment, validation.messageExpression, stringType),
    })),
    annotations: (spec.auditAnnotations ?? []).map(({ key, valueExpression }) => ({
      name: key,
      expression: valueExpression,
      program: compiled(environment, valueExpression, stringType, nullType),
    })),
  };
}
