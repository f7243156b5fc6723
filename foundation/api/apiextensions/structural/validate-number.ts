import { type FieldError, invalid } from "@kubets/machinery";
import type { JSONSchemaProps } from "../json-schema-props.ts";

/** What the bounds of a schema find wrong with a number. `path` is the field as the messages have it. */
export function validateNumber(schema: JSONSchemaProps, value: number, field: string, path: string): readonly FieldError[] {
  const { multipleOf, maximum, exclusiveMaximum = false, minimum, exclusiveMinimum = false } = schema;
  const errors: FieldError[] = [];
  const complain = (problem: string): number => errors.push(invalid(field, value, `${path} in body should be ${problem}`));
  const range = rangeProblem(schema, value);
  if (range !== undefined) errors.push(invalid("<nil>", "", `Checked value must be of type ${range} in ${path}`));
  if (multipleOf !== undefined && !isMultiple(value, multipleOf)) complain(`a multiple of ${multipleOf}`);
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum))
    complain(`greater than ${exclusiveMinimum ? "" : "or equal to "}${minimum}`);
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum))
    complain(`less than ${exclusiveMaximum ? "" : "or equal to "}${maximum}`);
  return errors;
}

/** A number that its type and form can't hold. */
function rangeProblem({ type = "", format = "" }: JSONSchemaProps, value: number): string | undefined {
  switch (type) {
    case "integer":
      if (format === "int32") return value >= -(2 ** 31) && value < 2 ** 31 ? undefined : "integer with format int32";
      if (value >= -(2 ** 63) && value <= 2 ** 63) return undefined;
      return format === "int64" ? "integer with format int64" : "integer (default format)";
    case "number":
      return format === "float" && Math.abs(value) > 3.402_823_466e38 ? "number with format float" : undefined;
    default:
      return undefined;
  }
}

function isMultiple(value: number, factor: number): boolean {
  if (factor <= 0) return false;
  const quotient = factor < 1 ? (1 / factor) * value : value / factor;
  return Math.abs(quotient - Math.round(quotient)) < 1e-9 * Math.max(1, Math.abs(quotient));
}
