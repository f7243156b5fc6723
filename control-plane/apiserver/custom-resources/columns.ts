import { ageColumn, type CustomResourceColumnDefinition, nameColumn } from "@kubets/api";
import {
  type Column,
  formatJsonPathValue,
  type Instant,
  type JsonPath,
  parseRelaxedPath,
  parseTime,
  humanDuration,
  valuesAtPath,
} from "@kubets/machinery";
import type { CustomObject } from "./stored-kind.ts";

/** The columns of a version: the name, then those of the definition; the age where it names none. */
export function columnsOf(columns: readonly CustomResourceColumnDefinition[]): readonly Column<CustomObject>[] {
  return [nameColumn, ...(columns.length === 0 ? [ageColumn] : columns.map(columnOf))];
}

function columnOf({
  name,
  type,
  format = "",
  description = "",
  priority = 0,
  jsonPath,
}: CustomResourceColumnDefinition): Column<CustomObject> {
  let path: JsonPath | undefined;
  return {
    name,
    type: type as Column<CustomObject>["type"],
    format,
    doc: description === "" ? `Custom resource definition column (in JSONPath format): ${jsonPath}` : description,
    priority: priority as 0 | 1,
    cell: (object, now) => cellOf(type, valuesAtPath((path ??= parseRelaxedPath(jsonPath)), object)[0], now),
  };
}

/** Only a value of the column's type is shown; a text shows any. */
function cellOf(type: string, value: unknown, now: Instant): string | number | boolean | null {
  if (value === undefined) return null;
  switch (type) {
    case "string":
      return formatJsonPathValue(value);
    case "integer":
      return typeof value === "number" ? Math.trunc(value) : null;
    case "number":
      return typeof value === "number" ? value : null;
    case "boolean":
      return typeof value === "boolean" ? value : null;
    case "date":
      return typeof value === "string" ? ageOf(value, now) : null;
    default:
      return null;
  }
}

function ageOf(text: string, now: Instant): string {
  const time = parseTime(text);
  return time === undefined ? "<invalid>" : humanDuration(now - time);
}
