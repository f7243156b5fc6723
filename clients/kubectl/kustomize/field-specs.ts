import { CommandError } from "../errors.ts";
import type { JsonObject } from "../json-object.ts";
import { describeId, idOf, isOfKind, type KindSelector } from "./resource-id.ts";
import { isMap, isMissing } from "./scalars.ts";

/**
 * A field of the objects of some kinds. Its path is separated by slashes (`\/` is one within a name); lists on the way are passed
 * through item by item, whether or not the path says `[]` behind their name.
 */
export interface FieldSpec extends KindSelector {
  readonly path: string;
  /** Whether objects without the field get it. */
  readonly create?: boolean;
}

/** How a field is set: `created` is what it is made as where it is to be created. */
export interface FieldChange {
  readonly created?: "map" | "scalar";
  /** The new value. A scalar that was just created is `undefined`. */
  readonly set: (value: unknown) => unknown;
}

/** The object with the field changed wherever the path leads to. The same object when that is nowhere. */
export function changeField(object: JsonObject, spec: FieldSpec, change: FieldChange): JsonObject {
  if (!isOfKind(idOf(object), spec)) return object;
  try {
    return walk(object, splitPath(spec.path, "/"), {
      ...change,
      mayCreate: spec.create === true && change.created !== undefined,
    }) as JsonObject;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(`considering field '${spec.path}' of object ${describeId(idOf(object))}: ${error.message}`, { cause: error });
  }
}

export function changeFields(object: JsonObject, specs: readonly FieldSpec[], change: FieldChange): JsonObject {
  return specs.reduce((changed, spec) => changeField(changed, spec, change), object);
}

interface Walk extends FieldChange {
  readonly mayCreate: boolean;
}

function walk(value: unknown, path: readonly string[], change: Walk): unknown {
  if (path.length === 0) return change.set(value);
  if (isMissing(value)) return value;
  if (Array.isArray(value)) return changedItems(value, (item) => walk(item, path, change));
  if (!isMap(value)) throw new CommandError("expected sequence or mapping node");
  return walkMap(value, path, change);
}

function walkMap(map: JsonObject, [step = "", ...rest]: readonly string[], change: Walk): JsonObject {
  const isList = step.endsWith("[]");
  const name = isList ? step.slice(0, -2) : step;
  if (name === "") throw new CommandError("cannot set or create an empty field name");
  const mayCreate = change.mayCreate && !isList;
  let value = Object.hasOwn(map, name) ? map[name] : undefined;
  if (value === undefined && !mayCreate) return map;
  if (isMissing(value)) {
    if (isList) value = [];
    else if (mayCreate) value = rest.length > 0 || change.created === "map" ? {} : undefined;
  }
  const changed = walk(value, rest, change);
  return changed === map[name] ? map : { ...map, [name]: changed };
}

function changedItems(items: readonly unknown[], change: (item: unknown) => unknown): readonly unknown[] {
  const changed = items.map(change);
  return changed.some((item, index) => item !== items[index]) ? changed : items;
}

/** The steps of a path; a separator that follows a backslash belongs to a step. */
export function splitPath(path: string, separator: string): readonly string[] {
  const [first = "", ...others] = path.split(separator);
  const steps = others.length > 0 && first === "" ? [] : [first];
  for (const part of others) {
    const last = steps.at(-1);
    if (last?.endsWith("\\") === true) steps[steps.length - 1] = `${last.slice(0, -1)}${separator}${part}`;
    else steps.push(part);
  }
  return steps;
}

/** Adds fields to others. Those that are there stay as they are, and must agree on whether they are created. */
export function mergeFieldSpecs(specs: readonly FieldSpec[], added: readonly FieldSpec[]): readonly FieldSpec[] {
  const merged = [...specs];
  for (const spec of added) {
    const known = merged.find((each) => each.path === spec.path && isOfKind(each, spec));
    if (known === undefined) merged.push(spec);
    else if ((known.create ?? false) !== (spec.create ?? false)) throw new CommandError("conflicting fieldspecs");
  }
  return merged;
}
