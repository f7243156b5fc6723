import type { ValidatingAdmissionPolicy, Validation } from "@kubets/api";
import {
  authorizerType,
  boolType,
  CelCompileError,
  CelEnvironment,
  compile,
  dynType,
  kubernetesLibraries,
  nullType,
  objectType,
  resourceCheckType,
  stringType,
  type CelProgram,
  type CelType,
  type ObjectType,
} from "@kubets/machinery/cel";
import { requestType } from "./request.ts";

/** The expressions of a policy, ready to be evaluated. What doesn't compile is a text that says why. */
export interface CompiledPolicy {
  readonly conditions: readonly Named[];
  readonly variables: ReadonlyMap<string, Program>;
  readonly variablesType: ObjectType;
  readonly validations: readonly CompiledValidation[];
  readonly annotations: readonly Named[];
}

export type Program = CelProgram | string;

export interface Named {
  readonly name: string;
  readonly expression: string;
  readonly program: Program;
}

export interface CompiledValidation {
  readonly validation: Validation;
  readonly program: Program;
  readonly message: Program | undefined;
}

const known = new WeakMap<ValidatingAdmissionPolicy["spec"], CompiledPolicy>();

/** The policy's expressions, compiled when they are first needed. Objects don't change, so that the spec tells them apart. */
export function compiledPolicy({ spec }: ValidatingAdmissionPolicy): CompiledPolicy {
  const found = known.get(spec);
  if (found !== undefined) return found;
  const compiled = compilePolicy(spec);
  known.set(spec, compiled);
  return compiled;
}

function compilePolicy(spec: ValidatingAdmissionPolicy["spec"]): CompiledPolicy {
  const types: Record<string, CelType> = {
    object: dynType,
    oldObject: dynType,
    request: requestType,
    namespaceObject: dynType,
    authorizer: authorizerType,
    "authorizer.requestResource": resourceCheckType,
    ...(spec.paramKind === undefined ? {} : { params: dynType }),
  };
  const environment = (variables: ObjectType | undefined): CelEnvironment =>
    new CelEnvironment({ variables: { ...types, ...(variables === undefined ? {} : { variables }) }, libraries: kubernetesLibraries });
  const variables = new Map<string, Program>();
  const fields: Record<string, CelType> = {};
  for (const { name, expression } of spec.variables ?? []) {
    const program = tryCompile(environment(variablesTypeOf(fields)), expression);
    variables.set(name, program);
    fields[name] = typeof program === "string" ? dynType : program.resultType;
  }
  const variablesType = variablesTypeOf(fields);
  const complete = environment(variablesType);
  return {
    conditions: (spec.matchConditions ?? []).map(({ name, expression }) => ({
      name,
      expression,
      program: tryCompile(environment(undefined), expression, boolType),
    })),
    variables,
    variablesType,
    validations: (spec.validations ?? []).map((validation) => ({
      validation,
      program: tryCompile(complete, validation.expression, boolType),
      message: validation.messageExpression === undefined ? undefined : tryCompile(complete, validation.messageExpression, stringType),
    })),
    annotations: (spec.auditAnnotations ?? []).map(({ key, valueExpression }) => ({
      name: key,
      expression: valueExpression,
      program: tryCompile(complete, valueExpression, stringType, nullType),
    })),
  };
}

function variablesTypeOf(fields: Readonly<Record<string, CelType>>): ObjectType {
  return objectType("kubernetes.variables", { ...fields });
}

function tryCompile(environment: CelEnvironment, expression: string, ...results: readonly CelType[]): Program {
  try {
    const program = compile(environment, expression);
    const { kind } = program.resultType;
    if (results.length === 0 || kind === "dyn" || results.some((each) => each.kind === kind)) return program;
    return `compilation error: must evaluate to ${results.length > 1 ? "one of " : ""}${results.map((each) => each.kind).join(", ")}`;
  } catch (error) {
    if (error instanceof CelCompileError) return `compilation error: compilation failed: ${error.message}`;
    throw error;
  }
}
