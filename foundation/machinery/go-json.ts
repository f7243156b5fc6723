/** A JSON value as Go's encoder writes maps: keys sorted, `<`, `>` and `&` escaped; `indent` is the unit of indentation, if any. */
export function formatGoJson(value: unknown, indent = ""): string {
  return write(value, indent, "");
}

function write(value: unknown, indent: string, before: string): string {
  const inner = before + indent;
  const [start, between, end] = indent === "" ? ["", ",", ""] : [`\n${inner}`, `,\n${inner}`, `\n${before}`];
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    return `[${start}${value.map((item: unknown) => write(item, indent, inner)).join(between)}${end}]`;
  }
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value)
      .filter(([, each]) => each !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    if (entries.length === 0) return "{}";
    const colon = indent === "" ? ":" : ": ";
    return `{${start}${entries.map(([key, each]) => `${quote(key)}${colon}${write(each, indent, inner)}`).join(between)}${end}}`;
  }
  return typeof value === "string" ? quote(value) : (JSON.stringify(value) ?? "null");
}

function quote(text: string): string {
  return JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
