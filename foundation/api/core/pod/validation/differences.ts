import { sameJson } from "@kubets/machinery";

/** What changed between two JSON values, one line per place: `spec.nodeName: "a" -> "b"`. */
export function differences(path: string, previous: unknown, next: unknown): readonly string[] {
  if (sameJson(previous, next)) return [];
  if (Array.isArray(previous) && Array.isArray(next)) {
    const length = Math.max(previous.length, next.length);
    return Array.from({ length }, (_, index) => differences(`${path}[${index}]`, previous[index], next[index])).flat();
  }
  if (isObject(previous) && isObject(next)) {
    const names = new Set([...Object.keys(previous), ...Object.keys(next)]);
    return [...names].flatMap((name) => differences(`${path}.${name}`, previous[name], next[name]));
  }
  return [`${path}: ${shown(previous)} -> ${shown(next)}`];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  return value === undefined ? "unset" : JSON.stringify(value);
}
