import { admissionEnvironment, type MutatingAdmissionPolicy } from "@kubets/api";
import { mutationLibrary } from "@kubets/machinery/cel";
import type { Program } from "../expressions/budget.ts";
import { compiledOnce } from "../expressions/compiled-once.ts";
import { type Condition, compiledConditions } from "../expressions/conditions.ts";
import { compiled, type CompiledVariables, compiledVariables } from "../expressions/variables.ts";

/** The expressions of a policy, ready to be evaluated. What doesn't compile is a text that says why. */
export interface CompiledMutatingPolicy {
  readonly conditions: readonly Condition[];
  readonly variables: CompiledVariables;
  readonly mutations: readonly CompiledMutation[];
}

export interface CompiledMutation {
  readonly patchType: "ApplyConfiguration" | "JSONPatch";
  readonly expression: string;
  readonly program: Program;
}

/** The policy's expressions, compiled when they are first needed. */
export function compiledMutatingPolicy({ spec }: MutatingAdmissionPolicy): CompiledMutatingPolicy {
  return ofSpec(spec);
}

const ofSpec = compiledOnce(compilePolicy);

function compilePolicy(spec: MutatingAdmissionPolicy["spec"]): CompiledMutatingPolicy {
  const options = { hasParams: spec.paramKind !== undefined, libraries: [mutationLibrary] };
  const variables = compiledVariables(spec.variables, options);
  const environment = admissionEnvironment({ ...options, variables: variables.type });
  return {
    conditions: compiledConditions(spec.matchConditions, options.hasParams),
    variables,
    mutations: (spec.mutations ?? []).map(({ patchType, applyConfiguration, jsonPatch }) => {
      const { expression = "" } = (patchType === "JSONPatch" ? jsonPatch : applyConfiguration) ?? {};
      return { patchType, expression, program: compiled(environment, expression) };
    }),
  };
}
