/** What the admission policies of both kinds say, and what must hold for it. */
import { type FieldError, type FieldsOf, invalid, list, struct, text } from "@kubets/machinery";
import { type CelEnvironment, type CelType, dynType } from "@kubets/machinery/cel";
import { admissionEnvironment, type AdmissionExpressionOptions, compileAdmissionExpression, variablesType } from "./expressions.ts";
import {
  matchResources,
  type MatchResources,
  paramKind,
  type ParamKind,
  validateMatchConstraints,
  validateParamKind,
  validateVariables,
  type Variable,
} from "./matching.ts";
import { matchCondition, type MatchCondition, validateMatchConditions } from "./rules.ts";

/** Which requests a policy looks at, and what happens when it can't tell. */
export interface PolicyScope {
  readonly paramKind?: ParamKind;
  readonly matchConstraints?: MatchResources;
  readonly failurePolicy: "Fail" | "Ignore";
  readonly matchConditions?: readonly MatchCondition[];
}

/** The entries of a policy's scope; the two kinds give one of them different numbers, and write others between them. */
export function policyFields(numbers: { readonly failurePolicy: number }): FieldsOf<PolicyScope> {
  return {
    paramKind: struct(paramKind, { field: 1, presence: "pointer", doc: "The kind of its parameters; without, it has none." }),
    matchConstraints: struct(matchResources, { field: 2, presence: "pointer", doc: "The requests that it looks at." }),
    failurePolicy: text({
      field: numbers.failurePolicy,
      presence: "pointer",
      default: "Fail",
      enum: ["Fail", "Ignore"],
      doc: "What happens when an expression fails: the request is refused (Fail), or goes on (Ignore).",
    }),
    matchConditions: list(matchCondition, {
      field: 6,
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge",
      mergeKey: "name",
      doc: "CEL expressions, all of which must be true for a request to be looked at; at most 64.",
    }),
  };
}

/** What else a policy of either kind says. */
interface Declared extends PolicyScope {
  readonly variables?: readonly Variable[];
}

export function validatePolicyScope({
  paramKind,
  matchConstraints,
  matchConditions = [],
  variables = [],
}: Declared): readonly FieldError[] {
  return [
    ...(paramKind === undefined ? [] : validateParamKind(paramKind, "spec.paramKind")),
    ...validateMatchConstraints(matchConstraints, "spec.matchConstraints"),
    ...validateMatchConditions(matchConditions, "spec.matchConditions", paramKind !== undefined),
    ...validateVariables(variables, "spec.variables"),
  ];
}

/** What the expressions of a policy may use, its own variables among it, and what is wrong with those. */
export function policyEnvironment(
  { paramKind, variables = [] }: Declared,
  options: Pick<AdmissionExpressionOptions, "libraries"> = {},
): { readonly environment: CelEnvironment; readonly errors: readonly FieldError[] } {
  const given = { ...options, hasParams: paramKind !== undefined };
  const fields: Record<string, CelType> = {};
  const environment = (): CelEnvironment => admissionEnvironment({ ...given, variables: variablesType(fields) });
  const errors = variables.flatMap(({ name, expression }, index): readonly FieldError[] => {
    if (expression.trim() === "") return [];
    const program = compileAdmissionExpression(environment(), expression);
    fields[name] = typeof program === "string" ? dynType : program.resultType;
    return typeof program === "string" ? [invalid(`spec.variables[${index}].expression`, expression, program)] : [];
  });
  return { environment: environment(), errors };
}
