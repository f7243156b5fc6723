import {
  approvalOf,
  type CustomResourceDefinition,
  type CustomResourceDefinitionCondition,
  type CustomResourceDefinitionNames,
  type CustomResourceDefinitionStatus,
  definitionCondition,
  isProtectedGroup,
  validateStructural,
  withCondition,
} from "@kubets/api";
import { type FieldError, formatTime, type Instant, messageOf, sameJson, type Steps } from "@kubets/machinery";

type Condition = Omit<CustomResourceDefinitionCondition, "lastTransitionTime">;

/**
 * What the status of a definition should be: which of its names it gets, given the other definitions of its group, and whether it is served.
 * Names once accepted stay its own until it asks for others.
 */
export function* decideStatus(
  definition: CustomResourceDefinition,
  others: readonly CustomResourceDefinition[],
  now: Instant,
): Steps<CustomResourceDefinitionStatus> {
  const { acceptedNames, problem } = acceptNames(definition, others);
  const named: Condition =
    problem === undefined
      ? { type: "NamesAccepted", status: "True", reason: "NoConflicts", message: "no conflicts found" }
      : { type: "NamesAccepted", status: "False", ...problem };
  const conditions = [named, establishment(definition, problem === undefined), yield* nonStructural(definition), approval(definition)];
  const withNames: CustomResourceDefinitionStatus = sameJson(acceptedNames, definition.status.acceptedNames)
    ? definition.status
    : { ...definition.status, acceptedNames };
  return conditions.reduce<CustomResourceDefinitionStatus>((status, condition) => {
    if (condition === undefined) return status;
    const before = status.conditions?.find(({ type }) => type === condition.type);
    const { lastTransitionTime: _time, ...said } = before ?? { type: "", status: "" };
    return sameJson(said, condition) ? status : withCondition(status, condition, formatTime(now));
  }, withNames);
}

interface Accepted {
  readonly acceptedNames: CustomResourceDefinitionNames;
  readonly problem?: { readonly reason: string; readonly message: string };
}

function acceptNames({ metadata, spec, status }: CustomResourceDefinition, others: readonly CustomResourceDefinition[]): Accepted {
  const rivals = others.filter((other) => other.spec.group === spec.group && other.metadata.name !== metadata.name);
  const resources = new Set<string>();
  const kinds = new Set<string>();
  for (const {
    status: { acceptedNames: names },
  } of rivals) {
    for (const name of [names.plural, names.singular ?? "", ...(names.shortNames ?? [])]) resources.add(name);
    for (const name of [names.kind, names.listKind ?? ""]) kinds.add(name);
  }
  const { names } = spec;
  const before = status.acceptedNames;
  let accepted: CustomResourceDefinitionNames = before;
  let problem: Accepted["problem"];
  const take = (field: "plural" | "singular" | "kind" | "listKind", used: ReadonlySet<string>, reason: string): void => {
    const wanted = names[field] ?? "";
    if (wanted !== (before[field] ?? "") && used.has(wanted)) problem = { reason, message: `${JSON.stringify(wanted)} is already in use` };
    else accepted = { ...accepted, [field]: wanted };
  };
  take("plural", resources, "PluralConflict");
  take("singular", resources, "SingularConflict");
  const taken = (names.shortNames ?? []).filter((name) => before.shortNames?.includes(name) !== true && resources.has(name));
  if (taken.length > 0) {
    const texts = taken.map((name) => `${JSON.stringify(name)} is already in use`);
    problem = { reason: "ShortNamesConflict", message: texts.length === 1 ? texts[0]! : `[${texts.join(", ")}]` };
  } else accepted = { ...accepted, ...(names.shortNames === undefined ? {} : { shortNames: names.shortNames }) };
  take("kind", kinds, "KindConflict");
  take("listKind", kinds, "ListKindConflict");
  const { shortNames, categories: _categories, ...rest } = accepted;
  return {
    acceptedNames: {
      ...rest,
      ...(shortNames === undefined || (names.shortNames === undefined && taken.length === 0) ? {} : { shortNames }),
      ...(names.categories === undefined ? {} : { categories: names.categories }),
    },
    ...(problem === undefined ? {} : { problem }),
  };
}

/** Once established, a definition stays so, whatever becomes of its names. */
function establishment(definition: CustomResourceDefinition, areNamesAccepted: boolean): Condition | undefined {
  const before = definitionCondition(definition, "Established");
  if (before?.status === "True") return undefined;
  if (!areNamesAccepted)
    return before === undefined
      ? { type: "Established", status: "False", reason: "NotAccepted", message: "not all names are accepted" }
      : undefined;
  return { type: "Established", status: "True", reason: "InitialNamesAccepted", message: "the initial names have been accepted" };
}

/** Definitions that were stored before schemas had to be structural. */
function* nonStructural(definition: CustomResourceDefinition): Steps<Condition | undefined> {
  const before = definitionCondition(definition, "NonStructuralSchema");
  const errors: FieldError[] = [];
  for (const [index, { schema }] of definition.spec.versions.entries())
    if (schema?.openAPIV3Schema !== undefined)
      errors.push(...(yield* validateStructural(schema.openAPIV3Schema, `spec.versions[${index}].schema.openAPIV3Schema`)));
  if (errors.length === 0) return before === undefined ? undefined : { type: "NonStructuralSchema", status: "False" };
  const texts = errors.map((error) => `${error.field}: ${messageOf(error)}`);
  return {
    type: "NonStructuralSchema",
    status: "True",
    reason: "Violations",
    message: texts.length === 1 ? texts[0]! : `[${texts.join(", ")}]`,
  };
}

function approval(definition: CustomResourceDefinition): Condition | undefined {
  if (!isProtectedGroup(definition.spec.group)) return undefined;
  const { state, reason: message } = approvalOf(definition);
  const type = "KubernetesAPIApprovalPolicyConformant";
  switch (state) {
    case "Invalid":
      return { type, status: "False", reason: "InvalidAnnotation", message };
    case "Missing":
      return { type, status: "False", reason: "MissingAnnotation", message };
    case "Approved":
      return { type, status: "True", reason: "ApprovedAnnotation", message };
    case "Bypassed":
      return { type, status: "False", reason: "UnapprovedAnnotation", message };
  }
}
