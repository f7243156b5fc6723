import { type FieldError, invalid } from "@kubets/machinery";

const largestInt32 = 2_147_483_647;

export function validateRange(value: number | undefined, field: string, minimum: number, maximum: number): readonly FieldError[] {
  if (value === undefined || (value >= minimum && value <= maximum)) return [];
  return [invalid(field, value, `must be between ${minimum} and ${maximum}, inclusive`)];
}

export function validatePortNumber(port: number, field: string): readonly FieldError[] {
  return validateRange(port, field, 1, 65_535);
}

export function validateUserOrGroup(id: number | undefined, field: string): readonly FieldError[] {
  return validateRange(id, field, 0, largestInt32);
}

export function validateNotNegative(value: number | undefined, field: string): readonly FieldError[] {
  return value === undefined || value >= 0 ? [] : [invalid(field, value, "must be greater than or equal to 0")];
}

export function validatePositive(value: number | undefined, field: string): readonly FieldError[] {
  return value === undefined || value > 0 ? [] : [invalid(field, value, "must be greater than zero")];
}

export function validateFileMode(mode: number | undefined, field: string): readonly FieldError[] {
  if (mode === undefined || (mode >= 0 && mode <= 0o777)) return [];
  return [invalid(field, mode, "must be a number between 0 and 0777 (octal), both inclusive")];
}
