import { type FieldError, invalid, messageOf } from "./field-errors.ts";
import { parseSelectorText } from "./label-selector-text.ts";
import type { LabelSelector } from "./meta.ts";
import { isLabelValue, isQualifiedName } from "./names.ts";
import { badRequest } from "./status-error.ts";

export type Labels = Readonly<Record<string, string>>;

/** One condition on the label of one key. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  /** Sorted, each once. */
  readonly values: readonly string[];
}

/** As they are written; `exists` is written as the key alone. */
export type LabelOperator = "=" | "==" | "!=" | "in" | "notin" | "exists" | "!" | ">" | "<";

/** All of these must hold. None at all: everything is selected. */
export type LabelRequirements = readonly LabelRequirement[];

/**
 * Reads a selector as it stands in a query or behind `kubectl -l`. The requirements are sorted by key.
 *
 * Throws `BadRequest` in upstream's words for what is none.
 *
 * @example
 * parseLabelSelector("app=web,tier notin (cache),!canary");
 */
export function parseLabelSelector(text: string): LabelRequirements {
  return sorted(parseSelectorText(text, requirement));
}

/** The requirements of a selector in a spec. Throws `BadRequest` in upstream's words for a selector that breaks the rules. */
export function labelRequirements({ matchLabels = {}, matchExpressions = [] }: LabelSelector): LabelRequirements {
  const requirements = Object.entries(matchLabels).map(([key, value]) => requirement(key, "=", [value]));
  for (const { key, operator, values = [] } of matchExpressions) {
    const written = writtenOperators.get(operator);
    if (written === undefined) throw badRequest(`${JSON.stringify(operator)} is not a valid label selector operator`);
    requirements.push(requirement(key, written, values));
  }
  return sorted(requirements);
}

const writtenOperators: ReadonlyMap<string, LabelOperator> = new Map([
  ["In", "in"],
  ["NotIn", "notin"],
  ["Exists", "exists"],
  ["DoesNotExist", "!"],
]);

export function matchesLabels(requirements: LabelRequirements, labels: Labels | undefined): boolean {
  for (const each of requirements) if (!matchesRequirement(each, labels)) return false;
  return true;
}

const known = new WeakMap<LabelSelector, LabelRequirements>();

/** Whether the selector of a spec selects something with these labels. An absent selector selects nothing, an empty one everything. */
export function selectorMatches(selector: LabelSelector | undefined, labels: Labels | undefined): boolean {
  if (selector === undefined) return false;
  let requirements = known.get(selector);
  if (requirements === undefined) {
    requirements = labelRequirements(selector);
    known.set(selector, requirements);
  }
  return matchesLabels(requirements, labels);
}

/** The value that a label must have to be selected, if it is the only one. */
export function exactLabel(requirements: LabelRequirements, key: string): string | undefined {
  const first = requirements.find((each) => each.key === key);
  if (first === undefined || first.values.length !== 1) return undefined;
  return first.operator === "=" || first.operator === "==" || first.operator === "in" ? first.values[0] : undefined;
}

/** In the form that {@link parseLabelSelector} reads. */
export function formatLabelRequirements(requirements: LabelRequirements): string {
  return requirements.map(formatRequirement).join(",");
}

/** The selector of a spec as `kubectl` shows it: `<none>` for one that is absent or empty, `<error>` for one that breaks the rules. */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  if (selector === undefined) return "<none>";
  try {
    return formatLabelRequirements(labelRequirements(selector)) || "<none>";
  } catch {
    return "<error>";
  }
}

/** Labels, or the selector of a Service, as `kubectl` shows them: `key=value` sorted by key, `<none>` when there are none. */
export function formatLabels(labels: Labels | undefined): string {
  const pairs = Object.entries(labels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return pairs.map(([key, value]) => `${key}=${value}`).join(",") || "<none>";
}

function formatRequirement({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case "exists":
      return key;
    case "!":
      return `!${key}`;
    case "in":
    case "notin":
      return `${key} ${operator} (${values.join(",")})`;
    default:
      return `${key}${operator}${values.join(",")}`;
  }
}

function matchesRequirement({ key, operator, values }: LabelRequirement, labels: Labels | undefined): boolean {
  const label = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case "=":
    case "==":
    case "in":
      return label !== undefined && values.includes(label);
    case "!=":
    case "notin":
      return label === undefined || !values.includes(label);
    case "exists":
      return label !== undefined;
    case "!":
      return label === undefined;
    case ">":
    case "<": {
      if (label === undefined || !wholeNumber.test(label)) return false;
      const difference = BigInt(label) - BigInt(values[0]!);
      return operator === ">" ? difference > 0n : difference < 0n;
    }
  }
}

const wholeNumber = /^-?[0-9]+$/;

/** A requirement that keeps the rules; throws otherwise. */
function requirement(key: string, operator: LabelOperator, given: readonly string[]): LabelRequirement {
  const values = [...new Set(given)].sort();
  const errors = [
    ...validateKey(key, "key"),
    ...validateCount(operator, values),
    ...values.flatMap((value, index) => validateValue(key, value, index)),
  ];
  if (errors.length > 0) throw badRequest(aggregate(errors));
  return { key, operator, values };
}

function validateKey(key: string, path: string): readonly FieldError[] {
  const problems = isQualifiedName(key);
  return problems.length === 0 ? [] : [invalid(path, key, problems.join("; "))];
}

function validateValue(key: string, value: string, index: number): readonly FieldError[] {
  const problems = isLabelValue(value);
  return problems.length === 0 ? [] : [invalid(`values[${index}][${key}]`, value, problems.join("; "))];
}

function validateCount(operator: LabelOperator, values: readonly string[]): readonly FieldError[] {
  switch (operator) {
    case "in":
    case "notin":
      return values.length > 0 ? [] : [invalid("values", values, "for 'in', 'notin' operators, values set can't be empty")];
    case "=":
    case "==":
    case "!=":
      return values.length === 1 ? [] : [invalid("values", values, "exact-match compatibility requires one single value")];
    case "exists":
    case "!":
      return values.length === 0 ? [] : [invalid("values", values, "values set must be empty for exists and does not exist")];
    case ">":
    case "<":
      return values.flatMap((value, index) =>
        wholeNumber.test(value) ? [] : [invalid(`values[${index}]`, value, "for 'Gt', 'Lt' operators, the value must be an integer")],
      );
  }
}

function aggregate(errors: readonly FieldError[]): string {
  const texts = errors.map((error) => `${error.field}: ${messageOf(error)}`);
  return texts.length === 1 ? texts[0]! : `[${texts.join(", ")}]`;
}

function sorted(requirements: readonly LabelRequirement[]): LabelRequirements {
  return requirements.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}
