import {
  CelCompileError,
  CelEnvironment,
  type CelProgram,
  type CelType,
  compile,
  kubernetesLibraries,
  optionalType,
} from "@kubets/machinery/cel";
import type { JSONSchemaProps, ValidationRule } from "../json-schema-props.ts";
import { schemaAtPath } from "../schema-paths.ts";

/** A rule of a schema, ready to be asked. */
export interface CompiledRule {
  readonly rule: ValidationRule;
  /** Absent for a rule that is empty or can't be compiled. */
  readonly program?: CelProgram;
  readonly messageProgram?: CelProgram;
  /** Why the rule, or its message, can't be compiled. */
  readonly problem?: string;
  readonly messageProblem?: string;
  /** The rule speaks of what the value was. */
  readonly usesOldSelf: boolean;
  /** The field below the value that a broken rule is said of, as field errors write it; `""` for the value itself. */
  readonly field: string;
}

/** Compiles the rules of a schema whose values are of a type. */
export function compileRules(schema: JSONSchemaProps, type: CelType): readonly CompiledRule[] {
  const environments = environmentsOf(type);
  return (schema["x-kubernetes-validations"] ?? []).map((rule) => compileRule(schema, rule, environments));
}

interface Environments {
  /** `oldSelf` is a value. */
  readonly plain: () => CelEnvironment;
  /** `oldSelf` may be none. */
  readonly optional: () => CelEnvironment;
}

const known = new WeakMap<CelType, Environments>();

function environmentsOf(type: CelType): Environments {
  let environments = known.get(type);
  if (environments === undefined) {
    const make = (oldSelf: CelType): (() => CelEnvironment) => {
      let made: CelEnvironment | undefined;
      return () => (made ??= new CelEnvironment({ variables: { self: type, oldSelf }, libraries: kubernetesLibraries }));
    };
    environments = { plain: make(type), optional: make(optionalType(type)) };
    known.set(type, environments);
  }
  return environments;
}

function compileRule(schema: JSONSchemaProps, rule: ValidationRule, environments: Environments): CompiledRule {
  const { fieldPath = "", messageExpression = "", optionalOldSelf = false } = rule;
  const nothing = { rule, usesOldSelf: false, field: "" };
  if (rule.rule.trim() === "") return nothing;
  const environment = optionalOldSelf ? environments.optional() : environments.plain();
  const program = compiled(environment, rule.rule);
  if (typeof program === "string") return { ...nothing, problem: `compilation failed: ${program}` };
  if (program.resultType.kind !== "bool") return { ...nothing, problem: "cel expression must evaluate to a bool" };
  const found = fieldPath === "" ? undefined : schemaAtPath(schema, fieldPath);
  const field = found === undefined || "problem" in found ? "" : found.field;
  const usesOldSelf = program.uses("oldSelf");
  if (messageExpression === "") return { rule, program, usesOldSelf, field };
  const message = compiled(environment, messageExpression);
  if (typeof message === "string")
    return { rule, program, usesOldSelf, field, messageProblem: `messageExpression compilation failed: ${message}` };
  if (message.resultType.kind !== "string")
    return { rule, program, usesOldSelf, field, messageProblem: "messageExpression must evaluate to a string" };
  return { rule, program, messageProgram: message, usesOldSelf, field };
}

/** The program, or what is wrong with it. */
function compiled(environment: CelEnvironment, text: string): CelProgram | string {
  try {
    return compile(environment, text);
  } catch (error) {
    if (error instanceof CelCompileError) return error.message;
    throw error;
  }
}
