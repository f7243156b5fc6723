import { compareQuantities, formatJsonPathValue, quantityProblem, valuesAtPath } from "@kubets/machinery";
import { CommandError } from "../errors.ts";
import type { JsonObject } from "../json-object.ts";
import { readPath } from "./typed-path.ts";

/** The order of `--sort-by`: by the value at a path; objects without it come first. Throws when none of them has it. */
export function compareByPath(text: string, objects: readonly JsonObject[]): (a: JsonObject, b: JsonObject) => number {
  const path = readPath(text);
  const valueOf = (object: JsonObject): unknown => valuesAtPath(path, object)[0];
  if (objects.length > 0 && objects.every((object) => valueOf(object) === undefined))
    throw new CommandError(`couldn't find any field with path "${text.startsWith("{") ? text : `{${text}}`}" in the list of objects`);
  return (a, b) => compareValues(valueOf(a), valueOf(b));
}

function compareValues(a: unknown, b: unknown): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  if (typeof a === "number" && typeof b === "number") return a - b;
  const [left, right] = [formatJsonPathValue(a), formatJsonPathValue(b)];
  if (quantityProblem(left) === undefined && quantityProblem(right) === undefined) return compareQuantities(left, right);
  return compareNaturally(left, right);
}

/** Digits within texts count as numbers: `pod-2` before `pod-10`. */
function compareNaturally(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.match(/\d+|\D+/g) ?? []);
  for (let index = 0; index < Math.min(left!.length, right!.length); index++) {
    const [x = "", y = ""] = [left![index], right![index]];
    if (x === y) continue;
    const byNumber = /^\d/.test(x) && /^\d/.test(y) ? Number(x) - Number(y) : 0;
    return byNumber !== 0 ? byNumber : x < y ? -1 : 1;
  }
  return left!.length - right!.length;
}
