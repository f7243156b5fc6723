import { type JsonObject, textAt, valueAt } from "../json-object.ts";
import type { ApiResource } from "../requests/api-resource.ts";
import { chainOf, type Field, fieldsOf, type Schemas, soleOf } from "./schemas.ts";

export interface ExplanationOptions {
  readonly schemas: Schemas;
  /** All fields below as well, by name and type alone. */
  readonly isRecursive: boolean;
}

const width = 80;

/** Whose fields are explained: said before it is known whether there is such a field. */
export function subjectOf({ group, kind, version }: ApiResource): string {
  return `${group === "" ? "" : `GROUP:      ${group}\n`}KIND:       ${kind}\nVERSION:    ${version}\n\n`;
}

/** What there is to say of a field, or of a kind, in the form of upstream's `kubectl explain`. */
export function explanationOf(field: Field, { schemas, isRecursive }: ExplanationOptions): string {
  const { name, schema } = field;
  const descriptions = chainOf(schemas, schema)
    .map((each) => textAt(each, "description"))
    .filter((text) => text !== "");
  const fields = fieldsOf(schemas, schema);
  return [
    ...(name === undefined ? [] : [`FIELD: ${name} <${typeOf(schemas, schema)}>\n`, choices(schema), "\n"]),
    "DESCRIPTION:\n",
    descriptions.length === 0 ? "    <empty>\n" : `${descriptions.map((text) => wrapped(text, "    ")).join("")}    \n`,
    ...(fields.length === 0 ? [] : ["FIELDS:\n"]),
    ...(isRecursive
      ? fields.map((each) => tree(schemas, each, "  ", objectIn(schemas, schema)))
      : fields.map((each) => entry(schemas, each))),
    "\n",
  ].join("");
}

function choices(schema: JsonObject): string {
  const values = enumOf(schema);
  return values.length === 0 ? "\n" : `ENUM:\n${values.map((value) => `    ${value}\n`).join("")}`;
}

function entry(schemas: Schemas, field: Field): string {
  const description = textAt(field.schema, "description");
  return `${heading(schemas, field, "  ")}${description === "" ? "    <no description>\n" : wrapped(description, "    ")}\n`;
}

/** A field with all below it. `above`: what led here, since schemas may hold themselves. */
function tree(schemas: Schemas, field: Field, indent: string, above: readonly JsonObject[]): string {
  const below = objectIn(schemas, field.schema);
  const head = heading(schemas, field, indent);
  if (below.some((each) => above.includes(each))) return head;
  const fields = fieldsOf(schemas, field.schema);
  return head + fields.map((each) => tree(schemas, each, `${indent}  `, [...above, ...below])).join("");
}

/** The schema that has the fields, if any has. */
function objectIn(schemas: Schemas, schema: JsonObject): readonly JsonObject[] {
  return chainOf(schemas, schema)
    .filter((each) => each["properties"] !== undefined)
    .slice(0, 1);
}

function heading(schemas: Schemas, { name, schema, isRequired }: Field, indent: string): string {
  const values = enumOf(schema);
  return `${indent}${name}\t<${typeOf(schemas, schema)}>${isRequired ? " -required-" : ""}\n${
    values.length === 0 ? "" : `${indent}enum: ${fewOf(values).join(", ")}\n`
  }`;
}

function enumOf(schema: JsonObject): readonly string[] {
  return ((valueAt(schema, "enum") ?? []) as readonly unknown[]).map((value) => (value === "" ? '""' : String(value)));
}

// More don't fit into a list of fields; the field itself tells all.
function fewOf(values: readonly string[]): readonly string[] {
  return values.length > 4 ? [...values.slice(0, 4), "...."] : values;
}

function typeOf(schemas: Schemas, schema: JsonObject): string {
  const sole = soleOf(schema);
  if (sole !== undefined) return typeOf(schemas, sole);
  const items = valueAt(schema, "items");
  if (items !== undefined) return `[]${typeOf(schemas, items as JsonObject)}`;
  const values = valueAt(schema, "additionalProperties");
  if (typeof values === "object" && values !== null) return `map[string]${typeOf(schemas, values as JsonObject)}`;
  const reference = textAt(schema, "$ref");
  if (reference !== "") {
    const target = chainOf(schemas, schema)[1];
    const type = textAt(target, "type");
    // What is no more than a text or a number is told as such.
    return type !== "" && type !== "object" ? type : reference.split(/[./]/).at(-1)!;
  }
  const type = textAt(schema, "type");
  return type === "" || type === "object" ? "Object" : type;
}

/** Lines of at most eighty columns; those that there are stay apart. */
function wrapped(text: string, indent: string): string {
  return text
    .split("\n")
    .flatMap((line) => {
      const [margin = ""] = /^\s*/.exec(line) ?? [];
      const lines: string[] = [];
      let current = margin;
      for (const word of line.trim().split(/\s+/)) {
        if (current.trim() !== "" && indent.length + current.length + 1 + word.length > width) {
          lines.push(current);
          current = word;
        } else current = current.trim() === "" ? `${current}${word}` : `${current} ${word}`;
      }
      return [...lines, current];
    })
    .map((line) => `${indent}${line}\n`)
    .join("");
}
