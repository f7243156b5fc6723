import { regularExpression } from "@kubets/machinery";
import { CommandError } from "../errors.ts";
import type { JsonObject } from "../json-object.ts";
import { splitPath } from "./field-specs.ts";
import { isMap, isMissing, isScalar, scalarOf, textOf } from "./scalars.ts";

/**
 * The steps of a path in dots: names, indexes, `*`, and `[name=value]` for items of a list. Brackets keep the dots within them, and are
 * gone where they hold a name alone.
 */
export function stepsOf(path: string): readonly string[] {
  const parts = splitPath(path, ".");
  const steps: string[] = [];
  for (let index = 0; index < parts.length; index++) {
    const first = parts[index]!;
    if (!first.startsWith("[") || first.endsWith("]")) {
      steps.push(first);
      continue;
    }
    const end = parts.findIndex((part, place) => place > index && part.endsWith("]"));
    const last = end < 0 ? parts.length - 1 : end;
    const bracketed = parts.slice(index, last + 1).join(".");
    steps.push(bracketed.includes("=") ? bracketed : bracketed.replace(/^[[\]]+|[[\]]+$/g, ""));
    index = last;
  }
  return steps;
}

const isIndex = (step: string): boolean => /^\+?\d+$/.test(step);
const isItem = (step: string): boolean => step.startsWith("[") && step.endsWith("]");

function itemOf(step: string): { readonly name: string; readonly value: string } {
  const [, name, value] = /^\[?([^=]*)=([\s\S]*?)\]?$/.exec(step) ?? [];
  if (name === undefined || value === undefined)
    throw new CommandError("list path element must contain fieldName=fieldValue for element to match");
  return { name, value };
}

/** The one value that a path leads to, or nothing. */
export function valueAtSteps(root: unknown, steps: readonly string[]): unknown {
  return steps
    .map((step) => step.trim())
    .filter((step) => step !== "")
    .reduce<unknown>((value, step) => (value === undefined ? undefined : stepInto(value, step)), root);
}

function stepInto(value: unknown, step: string): unknown {
  if (/^-\d+$/.test(step)) throw new CommandError(`array index ${step} cannot be negative`);
  if (step === "*") throw new CommandError("wildcard is not supported in PathGetter");
  if (isIndex(step) || step === "-") return listOf(value).at(step === "-" ? -1 : Number(step));
  if (!isItem(step)) return isMissing(value) ? undefined : mapOf(value)[step];
  const { name, value: wanted } = itemOf(step);
  return listOf(value).find((item) =>
    name === "" ? isScalar(item) && textOf(item) === wanted : isMap(item) && textOf(item[name]) === wanted,
  );
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new CommandError(`wrong Node Kind for  expected: SequenceNode was ${nodeKind(value)}`);
}

function mapOf(value: unknown): JsonObject {
  if (isMap(value)) return value;
  throw new CommandError(`wrong Node Kind for  expected: MappingNode was ${nodeKind(value)}`);
}

const nodeKind = (value: unknown): string => (Array.isArray(value) ? "SequenceNode" : isMap(value) ? "MappingNode" : "ScalarNode");

/** What a place is made as where it is missing; a scalar is `undefined` until it is set. */
export type CreatedAs = "map" | "list" | "scalar";

export interface PlaceChange {
  /** Absent: places that are missing stay so. */
  readonly created?: CreatedAs;
  readonly set: (value: unknown) => unknown;
}

/** The value with every place changed that a path leads to, and how many there are. */
export interface Changed {
  readonly value: unknown;
  readonly places: number;
}

export function changePlaces(value: unknown, [step, ...rest]: readonly string[], change: PlaceChange): Changed {
  if (step === undefined) return { value: change.set(value), places: 1 };
  if (isIndex(step)) return changeIndex(value, Number(step), rest, change);
  if (isItem(step)) return changeItems(value, itemOf(step), rest, change);
  if (step === "*") return changeEach(listOf(value), () => true, rest, change);
  if (isMissing(value)) return { value, places: 0 };
  const map = mapOf(value);
  const member = Object.hasOwn(map, step) ? map[step] : undefined;
  if (member === undefined && change.created === undefined) return { value, places: 0 };
  const changed = changePlaces(member ?? newPlace(rest[0], change.created), rest, change);
  return { value: { ...map, [step]: changed.value }, places: changed.places };
}

/** Something for the next step to be taken into. */
function newPlace(next: string | undefined, created: CreatedAs | undefined): unknown {
  if (next !== undefined) return isItem(next) || isIndex(next) ? [] : {};
  return created === "list" ? [] : created === "map" ? {} : undefined;
}

function changeIndex(value: unknown, index: number, rest: readonly string[], change: PlaceChange): Changed {
  const given = listOf(value);
  const list = given.length === index && change.created !== undefined ? [...given, newPlace(rest[0], change.created)] : given;
  if (index >= list.length) throw new CommandError(`index ${index} specified but only ${list.length} elements found`);
  const changed = changePlaces(list[index], rest, change);
  return { value: list.with(index, changed.value), places: changed.places };
}

function changeItems(
  value: unknown,
  { name, value: pattern }: { readonly name: string; readonly value: string },
  rest: readonly string[],
  change: PlaceChange,
): Changed {
  const expression = regularExpression(pattern);
  if ("problem" in expression) throw new CommandError(expression.problem);
  const isMeant = (item: unknown): boolean => {
    if (name === "") return isScalar(item) && expression.test(textOf(item).trim());
    return isMap(item) && item[name] !== undefined && expression.test(textOf(item[name]).trim());
  };
  const list = listOf(value);
  // Texts are places themselves: a path that goes on behind one leads no further.
  const further = name === "" ? [] : rest;
  const changed = changeEach(list, isMeant, further, change);
  if (changed.places > 0 || change.created === undefined) return changed;
  return changeEach([...list, name === "" ? scalarOf(pattern) : { [name]: scalarOf(pattern) }], isMeant, further, change);
}

function changeEach(list: readonly unknown[], isMeant: (item: unknown) => boolean, rest: readonly string[], change: PlaceChange): Changed {
  let places = 0;
  const value = list.map((item) => {
    if (!isMeant(item)) return item;
    const changed = changePlaces(item, rest, change);
    places += changed.places;
    return changed.value;
  });
  return { value, places };
}
