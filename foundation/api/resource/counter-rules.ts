import { type FieldError, invalid, isDnsLabel, required, tooMany } from "@kubets/machinery";
import type { Counter } from "./device-counters.ts";

const mostCounters = 32;

/** Of counters only the names can be wrong: any amount is allowed. */
export function validateCounters(counters: Readonly<Record<string, Counter>>, path: string): readonly FieldError[] {
  const names = Object.keys(counters);
  if (names.length === 0) return [required(path)];
  if (names.length > mostCounters) return [tooMany(path, names.length, mostCounters)];
  return names.flatMap((name) => isDnsLabel(name).map((message) => invalid(`${path}[${name}]`, name, message)));
}
