import { type FieldError, immutableText, invalid, sameJson } from "@kubets/machinery";

/** The error for a field that an update may not change; none when it is as before. */
export function immutable(field: string, value: unknown, previous: unknown): readonly FieldError[] {
  return sameJson(value, previous) ? [] : [invalid(field, value, immutableText)];
}
