import { formatGoJson } from "@kubets/machinery";
import { isJsonObject, type JsonObject, listAt, namespaceOf, numberAt, objectAt, textAt, textsAt, valueAt } from "../json-object.ts";
import { padEnd, tableLayout, widthOf } from "./tab-writer.ts";

/** What a client asks for to be given rows instead of objects; a server that can't make rows answers the objects. */
export const tableMediaTypes =
  "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";

export interface TableOptions {
  /** `-o wide`: columns of lower priority as well. */
  readonly wide: boolean;
  readonly withNamespace: boolean;
  readonly withHeaders: boolean;
  /** `-L`: a column for each of these labels. */
  readonly labelColumns: readonly string[];
  /** `--show-labels`: a last column with all of them. */
  readonly withLabels: boolean;
  /** Stands before each name, such as `deployment.apps/`. */
  readonly namePrefix: string;
}

/** Prints the rows of server-side Tables; a later call (of a watch) keeps to the widths of the earlier ones. */
export class TablePrinter {
  readonly #options: TableOptions;
  #columns: readonly JsonObject[] = [];
  #widths: readonly number[] = [];
  #began = false;

  constructor(options: TableOptions) {
    this.#options = options;
  }

  /** The text of a Table's rows, below the headers the first time. In a watch with events, `event` stands at the left. */
  print(table: JsonObject, event?: string): string {
    const { withHeaders } = this.#options;
    // In a watch only the first event brings the columns.
    const columns = listAt(table, "columnDefinitions");
    if (columns.length > 0) this.#columns = columns.filter((column) => this.#options.wide || numberAt(column, "priority") === 0);
    const shown = columns.length > 0 ? this.#shown(columns) : this.#shownBefore;
    this.#shownBefore = shown;
    const rows = listAt(table, "rows").map((row) => [...(event === undefined ? [] : [event]), ...this.#cells(row, shown)]);
    if (rows.length === 0) return "";
    const lines = withHeaders && !this.#began ? [this.#headers(event !== undefined), ...rows] : rows;
    this.#began = true;
    return this.#align(lines);
  }

  #shownBefore: readonly number[] = [];

  #shown(columns: readonly JsonObject[]): readonly number[] {
    return columns.flatMap((column, index) => (this.#options.wide || numberAt(column, "priority") === 0 ? [index] : []));
  }

  #headers(ofEvents: boolean): readonly string[] {
    const { withNamespace, labelColumns, withLabels } = this.#options;
    return [
      ...(ofEvents ? ["EVENT"] : []),
      ...(withNamespace ? ["NAMESPACE"] : []),
      ...this.#columns.map((column) => textAt(column, "name").toUpperCase()),
      ...labelColumns.map((label) => (label.split("/").at(-1) ?? label).toUpperCase()),
      ...(withLabels ? ["LABELS"] : []),
    ];
  }

  #cells(row: JsonObject, shown: readonly number[]): readonly string[] {
    const { withNamespace, labelColumns, withLabels, namePrefix } = this.#options;
    const cells = (valueAt(row, "cells") ?? []) as readonly unknown[];
    const object = objectAt(row, "object");
    const labels = textsAt(object, "metadata", "labels");
    return [
      ...(withNamespace ? [namespaceOf(object)] : []),
      ...shown.map((index) => (index === 0 ? namePrefix : "") + formatCell(cells[index])),
      ...labelColumns.map((label) => labels[label] ?? ""),
      ...(withLabels ? [formatLabels(labels)] : []),
    ];
  }

  #align(lines: readonly (readonly string[])[]): string {
    const columnCount = Math.max(...lines.map((line) => line.length));
    this.#widths = Array.from({ length: columnCount }, (_, column) =>
      Math.max(
        tableLayout.minimumWidth,
        this.#widths[column] ?? 0,
        ...lines.map((line) => widthOf(line[column] ?? "") + tableLayout.padding),
      ),
    );
    const text = lines.map((line) =>
      line.map((cell, column) => (column === line.length - 1 ? cell : padEnd(cell, this.#widths[column]!))).join(""),
    );
    return text.map((line) => `${line}\n`).join("");
  }
}

function formatCell(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (typeof value === "string") {
    // One row is one line: what breaks it is cut off.
    const end = value.search(/[\n\r\f]/);
    return end < 0 ? value : `${value.slice(0, end)}...`;
  }
  return isJsonObject(value) || Array.isArray(value) ? formatGoJson(value) : String(value as number | boolean);
}

/** `a=1,b=2`, sorted; `<none>` when there are none. */
export function formatLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.keys(labels)
    .sort()
    .map((key) => `${key}=${labels[key]}`);
  return pairs.length === 0 ? "<none>" : pairs.join(",");
}
