/** What the CEL expressions of webhooks and admission policies may use. */
import { type FieldError, invalid } from "@kubets/machinery";
import {
  authorizerType,
  CelCompileError,
  CelEnvironment,
  type CelProgram,
  type CelType,
  celTypeOfSchema,
  compile,
  dynType,
  kubernetesLibraries,
  type Library,
  objectType,
  type ObjectType,
  resourceCheckType,
  type StructuralSchema,
} from "@kubets/machinery/cel";

const text: StructuralSchema = { type: "string" };
const texts: StructuralSchema = { type: "array", items: text };
const groupVersionKind: StructuralSchema = { type: "object", properties: { group: text, version: text, kind: text } };
const groupVersionResource: StructuralSchema = { type: "object", properties: { group: text, version: text, resource: text } };

/** The type of the variable `request`: an AdmissionRequest without the objects, which are variables of their own. */
export const admissionRequestType: CelType = celTypeOfSchema(
  {
    type: "object",
    properties: {
      kind: groupVersionKind,
      resource: groupVersionResource,
      subResource: text,
      requestKind: groupVersionKind,
      requestResource: groupVersionResource,
      requestSubResource: text,
      name: text,
      namespace: text,
      operation: text,
      userInfo: {
        type: "object",
        properties: { username: text, uid: text, groups: texts, extra: { type: "object", additionalProperties: texts } },
      },
      dryRun: { type: "boolean" },
      options: { "x-kubernetes-int-or-string": true },
    },
  },
  { name: "kubernetes.AdmissionRequest" },
)!;

export interface AdmissionExpressionOptions {
  /** Whether there are parameters, as `params`. */
  readonly hasParams?: boolean;
  /** The variables that a policy declares, as `variables`. */
  readonly variables?: ObjectType;
  /** Beside those that every expression may use. */
  readonly libraries?: readonly Library[];
  /** What is known of the types of the objects; they are checked at run time only where nothing is. */
  readonly types?: { readonly object?: CelType; readonly params?: CelType; readonly namespace?: CelType };
}

/** The names that an expression may use. */
export function admissionEnvironment(options: AdmissionExpressionOptions = {}): CelEnvironment {
  const { hasParams = false, variables, libraries = [], types = {} } = options;
  const { object = dynType, params = dynType, namespace = dynType } = types;
  return new CelEnvironment({
    variables: {
      object,
      oldObject: object,
      request: admissionRequestType,
      namespaceObject: namespace,
      authorizer: authorizerType,
      "authorizer.requestResource": resourceCheckType,
      ...(hasParams ? { params } : {}),
      ...(variables === undefined ? {} : { variables }),
    },
    libraries: [...kubernetesLibraries, ...libraries],
  });
}

/** The type of `variables`, whose fields are what was declared so far. */
export function variablesType(fields: Readonly<Record<string, CelType>>): ObjectType {
  return objectType("kubernetes.variables", { ...fields });
}

/** The expression, ready to be evaluated; or a text that says why it isn't one, or is one of another type than `results`. */
export function compileAdmissionExpression(
  environment: CelEnvironment,
  expression: string,
  ...results: readonly CelType[]
): CelProgram | string {
  try {
    const program = compile(environment, expression);
    const { kind } = program.resultType;
    if (results.length === 0 || kind === "dyn" || results.some((each) => each.kind === kind)) return program;
    return `must evaluate to ${results.length > 1 ? "one of " : ""}${results.map((each) => each.kind).join(", ")}`;
  } catch (error) {
    if (error instanceof CelCompileError) return `compilation failed: ${error.message}`;
    throw error;
  }
}

/** What is wrong with an expression; an empty one is for others to complain of. */
export function validateExpression(
  environment: CelEnvironment,
  expression: string,
  path: string,
  ...results: readonly CelType[]
): readonly FieldError[] {
  if (expression.trim() === "") return [];
  const program = compileAdmissionExpression(environment, expression, ...results);
  return typeof program === "string" ? [invalid(path, expression, program)] : [];
}
