/**
 * One thing that is wrong with an object, at one field. The types and their texts are upstream's (`field.Error`): clients
 * match on `reason` and `field` of the causes in a Status.
 */
export interface FieldError {
  readonly type: FieldErrorType;
  /** Such as `spec.containers[0].name` or `metadata.labels[a/b]`. */
  readonly field: string;
  /** The value that is wrong; written into the message for the types that show it. */
  readonly value?: unknown;
  readonly detail: string;
}

export type FieldErrorType =
  | "FieldValueRequired"
  | "FieldValueDuplicate"
  | "FieldValueInvalid"
  | "FieldValueTypeInvalid"
  | "FieldValueNotSupported"
  | "FieldValueForbidden"
  | "FieldValueTooLong"
  | "FieldValueTooMany"
  | "FieldValueNotFound"
  | "InternalError";

export const required = (field: string, detail = ""): FieldError => ({ type: "FieldValueRequired", field, detail });
export const duplicate = (field: string, value: unknown): FieldError => ({ type: "FieldValueDuplicate", field, value, detail: "" });
export const invalid = (field: string, value: unknown, detail: string): FieldError => ({ type: "FieldValueInvalid", field, value, detail });
export const forbidden = (field: string, detail: string): FieldError => ({ type: "FieldValueForbidden", field, detail });
export const notFoundValue = (field: string, value: unknown): FieldError => ({ type: "FieldValueNotFound", field, value, detail: "" });
export const tooLong = (field: string, maximum: number): FieldError => ({
  type: "FieldValueTooLong",
  field,
  detail: `may not be more than ${maximum} bytes`,
});
export const tooMany = (field: string, actual: number, maximum: number): FieldError => ({
  type: "FieldValueTooMany",
  field,
  value: actual,
  detail: `must have at most ${maximum} items`,
});
export const notSupported = (field: string, value: unknown, supported: readonly string[]): FieldError => ({
  type: "FieldValueNotSupported",
  field,
  value,
  detail: `supported values: ${supported.map((each) => JSON.stringify(each)).join(", ")}`,
});

/** As many errors of an object are told. Of three megabytes, half a million things may be wrong. */
export const mostErrors = 1000;

const longestName = 1000;

/** A name in a path as it is shown: one of a megabyte would come back with everything that is wrong below it. */
export function shortened(name: string): string {
  return name.length <= longestName ? name : `${name.slice(0, longestName)}…`;
}

/** Stands for a value that is too large to be shown. */
export const omittedValue: unique symbol = Symbol("omitted");

/** The cause's message: `Invalid value: -1: must be greater than or equal to 0`. */
export function messageOf({ type, value, detail }: FieldError): string {
  const label = labels[type];
  const shown = showsValue(type) && value !== omittedValue ? `: ${describeValue(value)}` : "";
  return detail === "" ? `${label}${shown}` : `${label}${shown}: ${detail}`;
}

function showsValue(type: FieldErrorType): boolean {
  switch (type) {
    case "FieldValueRequired":
    case "FieldValueForbidden":
    case "FieldValueTooLong":
    case "InternalError":
      return false;
    case "FieldValueDuplicate":
    case "FieldValueInvalid":
    case "FieldValueTypeInvalid":
    case "FieldValueNotSupported":
    case "FieldValueTooMany":
    case "FieldValueNotFound":
      return true;
  }
}

function describeValue(value: unknown): string {
  if (value === undefined || value === null) return "null";
  return JSON.stringify(value);
}

const labels: Readonly<Record<FieldErrorType, string>> = {
  FieldValueRequired: "Required value",
  FieldValueDuplicate: "Duplicate value",
  FieldValueInvalid: "Invalid value",
  FieldValueTypeInvalid: "Invalid value",
  FieldValueNotSupported: "Unsupported value",
  FieldValueForbidden: "Forbidden",
  FieldValueTooLong: "Too long",
  FieldValueTooMany: "Too many",
  FieldValueNotFound: "Not found",
  InternalError: "Internal error",
};
