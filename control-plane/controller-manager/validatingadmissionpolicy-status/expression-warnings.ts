import {
  admissionEnvironment,
  type ExpressionWarning,
  NamespaceKind,
  type NamedRuleWithOperations,
  type ValidatingAdmissionPolicySpec,
  variablesType,
} from "@kubets/api";
import { CelCompileError, type CelEnvironment, celTypeOfNode, type CelType, compile, dynType } from "@kubets/machinery/cel";
import type { TypedKind, TypedKinds } from "./typed-kinds.ts";

/** Rules may name many kinds: upstream looks at no more than this many. */
const mostKinds = 10;

/** What is wrong with the expressions of a policy's validations for the kinds that it is about, in upstream's words. */
export function warningsOf(spec: ValidatingAdmissionPolicySpec, typed: TypedKinds): readonly ExpressionWarning[] {
  const kinds = kindsOf(spec.matchConstraints?.resourceRules ?? [], typed);
  const params = spec.paramKind && typed.ofKind(spec.paramKind.apiVersion ?? "", spec.paramKind.kind ?? "")?.type;
  const environments = kinds.map((kind) => ({ kind, environment: environmentFor(kind, params, spec.variables) }));
  const warn = (expression: string, fieldRef: string): readonly ExpressionWarning[] => {
    const problems = environments.flatMap(({ kind: { group, version, kind }, environment }) => {
      const problem = checked(environment, expression);
      return problem instanceof CelCompileError ? [`${group}/${version}, Kind=${kind}: ${problem.message}\n`] : [];
    });
    return problems.length === 0 ? [] : [{ fieldRef, warning: problems.join("\n") }];
  };
  return (spec.validations ?? []).flatMap(({ expression, messageExpression = "" }, index) => [
    ...warn(expression, `spec.validations[${index}].expression`),
    ...(messageExpression === "" ? [] : warn(messageExpression, `spec.validations[${index}].messageExpression`)),
  ]);
}

/** The kinds that rules name. A rule with a wildcard may mean anything: nothing is said about it. */
function kindsOf(rules: readonly NamedRuleWithOperations[], typed: TypedKinds): readonly TypedKind[] {
  const found = new Map<string, TypedKind>();
  for (const { apiGroups = [], apiVersions = [], resources = [] } of rules) {
    if ([...apiGroups, ...apiVersions].some((each) => each.includes("*"))) continue;
    for (const group of apiGroups.toSorted())
      for (const version of apiVersions.toSorted())
        for (const resource of resources.filter((each) => !/[*/]/.test(each)).toSorted()) {
          const kind = typed.ofResource(group, version, resource);
          if (kind !== undefined && found.size < mostKinds) found.set(textOf(kind), kind);
        }
  }
  return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, kind]) => kind);
}

function textOf({ group, version, kind }: TypedKind): string {
  return [group, version, kind].join("\0");
}

function environmentFor(
  { type }: TypedKind,
  params: CelType | undefined,
  variables: ValidatingAdmissionPolicySpec["variables"] = [],
): CelEnvironment {
  const options = {
    hasParams: params !== undefined,
    types: { object: type, namespace: celTypeOfNode(NamespaceKind.schema.node), ...(params === undefined ? {} : { params }) },
  };
  const fields: Record<string, CelType> = {};
  for (const { name, expression } of variables) {
    const found = checked(admissionEnvironment({ ...options, variables: variablesType(fields) }), expression);
    fields[name] = found instanceof CelCompileError ? dynType : found;
  }
  return admissionEnvironment({ ...options, variables: variablesType(fields) });
}

/** The type of an expression, or why it has none. */
function checked(environment: CelEnvironment, expression: string): CelType | CelCompileError {
  try {
    return compile(environment, expression).resultType;
  } catch (error) {
    if (error instanceof CelCompileError) return error;
    throw error;
  }
}
