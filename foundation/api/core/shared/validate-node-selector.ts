import { type FieldError, forbidden, invalid, isDnsSubdomain, isLabelValue, isQualifiedName, required } from "@kubets/machinery";
import type { NodeSelector, NodeSelectorRequirement, NodeSelectorTerm } from "./node-selector.ts";

export function validateNodeSelector({ nodeSelectorTerms: terms }: NodeSelector, field: string): readonly FieldError[] {
  const at = `${field}.nodeSelectorTerms`;
  if (terms === undefined || terms.length === 0) return [required(at, "must have at least one node selector term")];
  return terms.flatMap((term, index) => validateNodeSelectorTerm(term, `${at}[${index}]`));
}

/** `allowInvalidValues`: values that no label can have are let pass; they match no node. */
export function validateNodeSelectorTerm(
  { matchExpressions = [], matchFields = [] }: NodeSelectorTerm,
  field: string,
  { allowInvalidValues = false }: { readonly allowInvalidValues?: boolean } = {},
): readonly FieldError[] {
  return [
    ...matchExpressions.flatMap((each, index) => validateExpression(each, `${field}.matchExpressions[${index}]`, allowInvalidValues)),
    ...matchFields.flatMap((each, index) => validateFieldRequirement(each, `${field}.matchFields[${index}]`)),
  ];
}

function validateExpression(
  { key, operator, values = [] }: NodeSelectorRequirement,
  field: string,
  allowInvalidValues: boolean,
): readonly FieldError[] {
  return [
    ...validateNumberOfValues(operator, `${field}.values`, values.length),
    ...(key === "" ? [] : isQualifiedName(key).map((problem) => invalid(`${field}.key`, key, problem))),
    ...(allowInvalidValues
      ? []
      : values.flatMap((value, index) => isLabelValue(value).map((problem) => invalid(`${field}.values[${index}]`, value, problem)))),
  ];
}

function validateNumberOfValues(operator: NodeSelectorRequirement["operator"], field: string, count: number): readonly FieldError[] {
  switch (operator) {
    case "In":
    case "NotIn":
      return count === 0 ? [required(field, "must be specified when `operator` is 'In' or 'NotIn'")] : [];
    case "Exists":
    case "DoesNotExist":
      return count > 0 ? [forbidden(field, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")] : [];
    case "Gt":
    case "Lt":
      return count === 1 ? [] : [required(field, "must be specified single value when `operator` is 'Lt' or 'Gt'")];
    default:
      // What is no operator is refused as such.
      return [];
  }
}

/** Of a node's fields only the name can be looked at, for one value at a time. */
function validateFieldRequirement({ key, operator, values = [] }: NodeSelectorRequirement, field: string): readonly FieldError[] {
  const byValue = operator === "In" || operator === "NotIn";
  return [
    ...(byValue ? [] : [invalid(`${field}.operator`, operator, "not a valid selector operator")]),
    ...(byValue && values.length !== 1
      ? [required(`${field}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector")]
      : []),
    ...(key === "metadata.name"
      ? values.flatMap((value, index) => isDnsSubdomain(value).map((problem) => invalid(`${field}.values[${index}]`, value, problem)))
      : [invalid(`${field}.key`, key, "not a valid field selector key")]),
  ];
}
