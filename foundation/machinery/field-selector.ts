import { badRequest } from "./status-error.ts";

/** One condition on the text of one field. */
export interface FieldRequirement {
  /** Such as `spec.nodeName`. */
  readonly field: string;
  readonly operator: "=" | "!=";
  readonly value: string;
}

/** All of these must hold. None at all: everything is selected. */
export type FieldRequirements = readonly FieldRequirement[];

/**
 * Reads a field selector as it stands in a query. In values, `\`, `,` and `=` are written with a `\` before them.
 *
 * Throws `BadRequest` in upstream's words for what is none. Which fields a kind can be selected by is for the caller to look at.
 *
 * @example
 * parseFieldSelector("spec.nodeName=a,status.phase!=Failed");
 */
export function parseFieldSelector(text: string): FieldRequirements {
  return termsOf(text)
    .filter((term) => term !== "")
    .sort()
    .map((term) => {
      const match = /^(.*?)(!=|==|=)(.*)$/s.exec(term);
      if (match === null) throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
      const [, field = "", operator, value = ""] = match;
      return { field, operator: operator === "!=" ? "!=" : "=", value: unescapeValue(value) };
    });
}

/** `read` answers the text of a field; that of a field without value is empty. */
export function matchesFields(requirements: FieldRequirements, read: (field: string) => string): boolean {
  for (const { field, operator, value } of requirements) if ((read(field) === value) !== (operator === "=")) return false;
  return true;
}

/** The value that a field must have to be selected, if one is named. */
export function exactField(requirements: FieldRequirements, field: string): string | undefined {
  return requirements.find((each) => each.field === field && each.operator === "=")?.value;
}

/** In the form that {@link parseFieldSelector} reads. */
export function formatFieldRequirements(requirements: FieldRequirements): string {
  return requirements.map(({ field, operator, value }) => `${field}${operator}${escapeValue(value)}`).join(",");
}

function escapeValue(value: string): string {
  return value.replaceAll(/[\\,=]/g, (character) => `\\${character}`);
}

function termsOf(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    if (text[index] === "\\") index++;
    else if (text[index] === ",") {
      terms.push(text.slice(start, index));
      start = index + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

function unescapeValue(value: string): string {
  return value.replaceAll(/\\(.?)|([,=])/gsu, (sequence: string, escaped: string | undefined, bare: string | undefined) => {
    // Upstream prints the number of the character.
    if (bare !== undefined) throw badRequest(`invalid field selector: unescaped character in value: ${bare.codePointAt(0)}`);
    if (escaped === "\\" || escaped === "," || escaped === "=") return escaped;
    throw badRequest(`invalid field selector: invalid escape sequence: ${sequence}`);
  });
}
