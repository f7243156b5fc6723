import type { SelectableField } from "@kubets/api";
import { type Kind, parseRelaxedPath, valuesAtPath } from "@kubets/machinery";
import type { CustomObject } from "./stored-kind.ts";

/** The field selectors of a version: the paths without their first dot; what isn't there is the empty text. */
export function selectableFieldsOf(fields: readonly SelectableField[]): Kind<CustomObject>["selectableFields"] {
  return Object.fromEntries(
    fields.map(({ jsonPath }) => {
      const path = parseRelaxedPath(jsonPath);
      return [jsonPath.replace(/^\./, ""), (object: CustomObject) => textOf(valuesAtPath(path, object)[0])];
    }),
  );
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}
