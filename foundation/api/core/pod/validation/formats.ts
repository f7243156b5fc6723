import {
  type FieldError,
  invalid,
  isConfigMapKey,
  isDnsLabel,
  isDnsSubdomain,
  isEnvVarName,
  isHttpHeaderName,
  isPortName,
  isQualifiedName,
} from "@kubets/machinery";

// Rules for texts as rules for fields.

type Format = (text: string) => readonly string[];
type Validate = (text: string, field: string) => readonly FieldError[];

function validateFormat(format: Format): Validate {
  return (text, field) => format(text).map((problem) => invalid(field, text, problem));
}

export const validateDnsLabel: Validate = validateFormat(isDnsLabel);
export const validateDnsSubdomain: Validate = validateFormat(isDnsSubdomain);
export const validateQualifiedName: Validate = validateFormat(isQualifiedName);
export const validatePortName: Validate = validateFormat(isPortName);
/** The name of an environment variable. */
export const validateVariableName: Validate = validateFormat(isEnvVarName);
/** A key of a ConfigMap or Secret. */
export const validateDataKey: Validate = validateFormat(isConfigMapKey);
export const validateHeaderName: Validate = validateFormat(isHttpHeaderName);

export function isQualified(name: string): boolean {
  return isQualifiedName(name).length === 0;
}
