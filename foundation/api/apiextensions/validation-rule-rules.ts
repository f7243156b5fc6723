import { type FieldError, invalid, notSupported, required } from "@kubets/machinery";
import type { JSONSchemaProps, ValidationRule } from "./json-schema-props.ts";
import { schemaAtPath } from "./schema-paths.ts";

const reasons = ["FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"];

/** What is wrong with the rules of a schema without looking at what their expressions mean. */
export function validateRuleTexts(schema: JSONSchemaProps, path: string): readonly FieldError[] {
  const rules = schema["x-kubernetes-validations"] ?? [];
  return rules.flatMap((rule, index) => validateRule(rule, schema, `${path}.x-kubernetes-validations[${index}]`));
}

const hasNewlines = (text: string): boolean => /[\n\r]/.test(text);

function validateRule(rule: ValidationRule, schema: JSONSchemaProps, path: string): readonly FieldError[] {
  const { message = "", messageExpression = "", reason, fieldPath = "" } = rule;
  const errors: FieldError[] = [];
  const [text, said] = [rule.rule.trim(), message.trim()];
  if (text === "") errors.push(required(`${path}.rule`, "rule is not specified"));
  else if (message !== "" && said === "") errors.push(invalid(`${path}.message`, message, "must be non-empty if specified"));
  else if (hasNewlines(said)) errors.push(invalid(`${path}.message`, message, "must not contain line breaks"));
  else if (hasNewlines(text) && said === "")
    errors.push(required(`${path}.message`, "message must be specified if rule contains line breaks"));
  if (messageExpression !== "" && messageExpression.trim() === "")
    errors.push(required(`${path}.messageExpression`, "messageExpression must be non-empty if specified"));
  if (reason !== undefined && !reasons.includes(reason)) errors.push(notSupported(`${path}.reason`, reason, reasons));
  if (fieldPath !== "" && fieldPath.trim() === "") errors.push(invalid(`${path}.fieldPath`, fieldPath, "must be non-empty if specified"));
  if (hasNewlines(fieldPath)) errors.push(invalid(`${path}.fieldPath`, fieldPath, "must not contain line breaks"));
  if (fieldPath !== "" && "problem" in schemaAtPath(schema, fieldPath))
    errors.push(invalid(`${path}.fieldPath`, fieldPath, "must be a valid path"));
  return errors;
}
