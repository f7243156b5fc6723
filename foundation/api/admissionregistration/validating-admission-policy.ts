import {
  byteLength,
  type Condition,
  condition,
  type defaulted,
  defineKind,
  duplicates,
  type FieldError,
  integer,
  invalid,
  isQualifiedName,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  notSupported,
  object,
  required,
  type Schema,
  struct,
  text,
} from "@kubets/machinery";
import { boolType, type CelEnvironment, nullType, stringType } from "@kubets/machinery/cel";
import { paramKindText, type Variable, variable } from "./matching.ts";
import { validateExpression } from "./expressions.ts";
import { policyEnvironment, policyFields, type PolicyScope, validatePolicyScope } from "./policy-fields.ts";
import { ageColumn, nameColumn } from "../columns.ts";

/** Refuses, warns of or notes requests by CEL expressions. It takes effect where a binding says so. */
export interface ValidatingAdmissionPolicy extends KubernetesObject {
  readonly [defaulted]?: "spec" | "status";
  readonly spec: ValidatingAdmissionPolicySpec;
  readonly status: ValidatingAdmissionPolicyStatus;
}

/** What a policy looks at, and what it asks. */
export interface ValidatingAdmissionPolicySpec extends PolicyScope {
  readonly [defaulted]?: "failurePolicy";
  readonly validations?: readonly Validation[];
  readonly auditAnnotations?: readonly AuditAnnotation[];
  readonly variables?: readonly Variable[];
}

/** A CEL expression that must be true. */
export interface Validation {
  readonly expression: string;
  readonly message?: string;
  readonly reason?: string;
  readonly messageExpression?: string;
}

/** Something that is noted in the audit log. */
export interface AuditAnnotation {
  readonly key: string;
  readonly valueExpression: string;
}

/** What the server thinks of a policy's expressions. */
export interface ValidatingAdmissionPolicyStatus {
  readonly observedGeneration?: number;
  readonly typeChecking?: TypeChecking;
  readonly conditions?: readonly Condition[];
}

/** What is wrong with the types in the expressions of a policy. */
export interface TypeChecking {
  readonly expressionWarnings?: readonly ExpressionWarning[];
}

/** What is wrong with the types in one expression. */
export interface ExpressionWarning {
  readonly fieldRef: string;
  readonly warning: string;
}

const expressionWarning: Schema<ExpressionWarning> = object<ExpressionWarning>(
  "io.k8s.api.admissionregistration.v1.ExpressionWarning",
  "What is wrong with the types in one expression.",
  {
    fieldRef: text({ field: 2, required: true, doc: "The path of the expression, such as `spec.validations[0].expression`." }),
    warning: text({ field: 3, required: true, doc: "What is wrong, for people." }),
  },
);

const typeChecking: Schema<TypeChecking> = object<TypeChecking>(
  "io.k8s.api.admissionregistration.v1.TypeChecking",
  "What is wrong with the types in the expressions of a policy.",
  {
    expressionWarnings: list(expressionWarning, { field: 1, listType: "atomic", doc: "What is wrong with each." }),
  },
);

const validatingAdmissionPolicyStatus: Schema<ValidatingAdmissionPolicyStatus> = object<ValidatingAdmissionPolicyStatus>(
  "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyStatus",
  "What the server thinks of a policy's expressions.",
  {
    observedGeneration: integer({ field: 1, bits: 64, doc: "The generation that was looked at." }),
    typeChecking: struct(typeChecking, {
      field: 2,
      presence: "pointer",
      doc: "What is wrong with the types in its expressions; complete as soon as it is there.",
    }),
    conditions: list(condition, { field: 3, listType: "map", mapKeys: ["type"], doc: "What else there is to know." }),
  },
);

const auditAnnotation: Schema<AuditAnnotation> = object<AuditAnnotation>(
  "io.k8s.api.admissionregistration.v1.AuditAnnotation",
  "Something that is noted in the audit log.",
  {
    key: text({ field: 1, required: true, mayBeEmpty: true, doc: "The key; the policy's name and `/` are put before it." }),
    valueExpression: text({
      field: 2,
      required: true,
      mayBeEmpty: true,
      doc: "A CEL expression that makes the value; with null nothing is noted.",
    }),
  },
);

const validation: Schema<Validation> = object<Validation>(
  "io.k8s.api.admissionregistration.v1.Validation",
  "A CEL expression that must be true.",
  {
    expression: text({
      field: 1,
      required: true,
      mayBeEmpty: true,
      doc: "The expression, over `object`, `oldObject`, `request`, `params`, `namespaceObject`, `variables` and `authorizer`.",
    }),
    message: text({ field: 2, doc: "What is said if it isn't true; needed where the expression has several lines." }),
    reason: text({
      field: 3,
      presence: "pointer",
      doc: "Why, for the status: Unauthorized, Forbidden, Invalid or RequestEntityTooLarge; Invalid where nothing is said.",
    }),
    messageExpression: text({ field: 4, doc: "A CEL expression that makes the message; message takes its place when it fails." }),
  },
);

const { paramKind, matchConstraints, failurePolicy, matchConditions } = policyFields({ failurePolicy: 4 });

const validatingAdmissionPolicySpec: Schema<ValidatingAdmissionPolicySpec> = object<ValidatingAdmissionPolicySpec>(
  "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicySpec",
  "What a policy looks at, and what it asks.",
  {
    paramKind,
    matchConstraints,
    validations: list(validation, { field: 3, listType: "atomic", doc: "What must be true; needed unless there are auditAnnotations." }),
    failurePolicy,
    auditAnnotations: list(auditAnnotation, {
      field: 5,
      listType: "atomic",
      doc: "What is noted in the audit log; needed unless there are validations.",
    }),
    matchConditions,
    variables: list(variable, {
      field: 7,
      listType: "map",
      mapKeys: ["name"],
      patchStrategy: "merge",
      mergeKey: "name",
      doc: "Expressions under names, each of which may use those before it.",
    }),
  },
);

const validatingAdmissionPolicy: Schema<ValidatingAdmissionPolicy> = kindObject<ValidatingAdmissionPolicy>(
  "io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy",
  "Refuses, warns of or notes requests by CEL expressions. It takes effect where a binding says so.",
  {
    spec: struct(validatingAdmissionPolicySpec, { field: 2, default: {}, doc: "What is looked at, and what is asked of it." }),
    status: struct(validatingAdmissionPolicyStatus, { field: 3, default: {}, doc: "What the server thinks of the expressions." }),
  },
);

export const ValidatingAdmissionPolicyKind: Kind<ValidatingAdmissionPolicy> = defineKind<ValidatingAdmissionPolicy>({
  group: "admissionregistration.k8s.io",
  version: "v1",
  kind: "ValidatingAdmissionPolicy",
  resource: "validatingadmissionpolicies",
  categories: ["api-extensions"],
  scope: "Cluster",
  schema: validatingAdmissionPolicy,
  subresources: { status: true },
  columns: [
    nameColumn,
    {
      name: "Validations",
      type: "integer",
      doc: "How many expressions must be true.",
      cell: ({ spec }) => (spec.validations ?? []).length,
    },
    { name: "ParamKind", type: "string", doc: "The kind of its parameters.", cell: ({ spec }) => paramKindText(spec.paramKind) },
    ageColumn,
  ],
  strategy: { generation: true, unconditionalUpdate: false, validate: validatePolicy, validateStatusUpdate: validatePolicyStatus },
});

function validatePolicy({ metadata, spec }: ValidatingAdmissionPolicy): readonly FieldError[] {
  const { validations = [], auditAnnotations = [] } = spec;
  const { environment, errors } = policyEnvironment(spec);
  const atLeastOne = "validations or auditAnnotations must contain at least one item";
  return [
    ...validatePolicyScope(spec),
    ...errors,
    ...(validations.length === 0 && auditAnnotations.length === 0
      ? [required("spec.validations", atLeastOne), required("spec.auditAnnotations", atLeastOne)]
      : []),
    ...validations.flatMap((validation, index) => validateValidation(validation, `spec.validations[${index}]`, environment)),
    ...validateAuditAnnotations(auditAnnotations, { policy: metadata.name, path: "spec.auditAnnotations", environment }),
  ];
}

const reasons = ["Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"];

function validateValidation(
  { expression, message = "", reason, messageExpression = "" }: Validation,
  path: string,
  environment: CelEnvironment,
): readonly FieldError[] {
  return [
    ...validateExpression(environment, expression, `${path}.expression`, boolType),
    ...validateExpression(environment, messageExpression, `${path}.messageExpression`, stringType),
    ...(expression.trim() === "" ? [required(`${path}.expression`, "expression is not specified")] : []),
    ...(messageExpression !== "" && messageExpression.trim() === ""
      ? [invalid(`${path}.messageExpression`, messageExpression, "must be non-empty if specified")]
      : []),
    ...(message !== "" && message.trim() === "" ? [invalid(`${path}.message`, message, "message must be non-empty if specified")] : []),
    ...(/[\n\r]/.test(message.trim()) ? [invalid(`${path}.message`, message, "message must not contain line breaks")] : []),
    ...(reason === undefined || reasons.includes(reason) ? [] : [notSupported(`${path}.reason`, reason, reasons)]),
  ];
}

const mostAnnotations = 20;
const longestExpression = 5 * 1024;

function validateAuditAnnotations(
  annotations: readonly AuditAnnotation[],
  { policy, path, environment }: { readonly policy: string; readonly path: string; readonly environment: CelEnvironment },
): readonly FieldError[] {
  return [
    ...(annotations.length > mostAnnotations
      ? [invalid(path, annotations, `must not have more than ${mostAnnotations} auditAnnotations`)]
      : []),
    ...annotations.flatMap(({ key, valueExpression }, index) => [
      ...isQualifiedName(`${policy}/${key}`).map((message) => invalid(`${path}[${index}].key`, `${policy}/${key}`, message)),
      ...validateValueExpression(valueExpression.trim(), `${path}[${index}].valueExpression`),
      ...validateExpression(environment, valueExpression, `${path}[${index}].valueExpression`, stringType, nullType),
    ]),
    ...duplicates(path, annotations, ({ key }) => key, { child: "key" }),
  ];
}

function validateValueExpression(expression: string, path: string): readonly FieldError[] {
  if (expression === "") return [required(path, "valueExpression is not specified")];
  return byteLength(expression) > longestExpression ? [required(path, `must not exceed ${longestExpression} bytes in length`)] : [];
}

function validatePolicyStatus({ status }: ValidatingAdmissionPolicy): readonly FieldError[] {
  const path = "status.typeChecking.expressionWarnings";
  return (status.typeChecking?.expressionWarnings ?? []).flatMap(({ fieldRef, warning }, index) => [
    ...(fieldRef === "" ? [required(`${path}[${index}].fieldRef`)] : []),
    ...(warning === "" ? [required(`${path}[${index}].warning`)] : []),
  ]);
}
