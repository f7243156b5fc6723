import { formatGoJson, type JsonPath, valuesAtPath } from "@kubets/machinery";
import { CommandError } from "../errors.ts";
import { isJsonObject } from "../json-object.ts";
import { readPath } from "./typed-path.ts";
import { alignTabs, tableLayout } from "./tab-writer.ts";

interface CustomColumn {
  readonly header: string;
  readonly path: JsonPath;
}

/** Reads `NAME:.metadata.name,IMAGE:.spec.containers[*].image`. */
export function parseCustomColumns(text: string): readonly CustomColumn[] {
  if (text === "") throw new CommandError("custom-columns format specified but no custom columns given");
  return text.split(/,(?![^[]*\])/).map((part) => {
    const colon = part.indexOf(":");
    if (colon < 0) throw new CommandError(`unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`);
    return { header: part.slice(0, colon), path: readPath(part.slice(colon + 1)) };
  });
}

/** Reads a template file: a line of headers, a line of paths. */
export function parseColumnTemplate(text: string): readonly CustomColumn[] {
  const [headers = [], paths = []] = text.split("\n").map((line) => line.trim().split(/\s+/));
  if (headers.length !== paths.length)
    throw new CommandError(`number of headers (${headers.length}) and field specifications (${paths.length}) don't match`);
  return headers.map((header, index) => ({ header, path: readPath(paths[index]!) }));
}

export function printCustomColumns(
  columns: readonly CustomColumn[],
  objects: readonly unknown[],
  { withHeaders }: { readonly withHeaders: boolean },
): string {
  const rows = objects.map((object) => columns.map(({ path }) => formatValues(valuesAtPath(path, object))));
  const lines = withHeaders ? [columns.map(({ header }) => header), ...rows] : rows;
  return alignTabs(lines.map((line) => `${line.join("\t")}\n`).join(""), tableLayout);
}

function formatValues(values: readonly unknown[]): string {
  const texts = values.filter((value) => value !== null && value !== undefined).map(formatValue);
  return texts.length === 0 ? "<none>" : texts.join(",");
}

/** Lists and maps as Go prints them: `map[a:1 b:2]`, `[x y]`. */
function formatValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(formatValue).join(" ")}]`;
  if (isJsonObject(value)) {
    const keys = Object.keys(value).sort();
    return `map[${keys.map((key) => `${key}:${formatValue(value[key])}`).join(" ")}]`;
  }
  return typeof value === "string" ? value : formatGoJson(value);
}
