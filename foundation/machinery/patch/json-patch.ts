import { byteLength } from "../byte-length.ts";
import { jsonTypeOf } from "../go-types.ts";
import { sameJson } from "../same-json.ts";
import { setOwn } from "../schema-fields.ts";
import { badRequest, StatusError } from "../status-error.ts";

/** One step of a JSON patch (RFC 6902). */
export type JsonPatchOperation =
  | { readonly op: "add" | "replace" | "test"; readonly path: string; readonly value: unknown }
  | { readonly op: "remove"; readonly path: string }
  | { readonly op: "move" | "copy"; readonly path: string; readonly from: string };

export interface JsonPatchLimits {
  readonly maxOperations?: number;
  /** How many bytes `copy` may add in all: a few copies of copies would otherwise fill the memory. */
  readonly maxCopiedBytes?: number;
}

/**
 * Reads a JSON patch. Throws `BadRequest` for what is none, `RequestEntityTooLarge` for one of more than 10,000 operations.
 *
 * @example
 * parseJsonPatch([{ op: "remove", path: "/metadata/labels/app" }]);
 */
export function parseJsonPatch(value: unknown, { maxOperations = 10_000 }: JsonPatchLimits = {}): readonly JsonPatchOperation[] {
  if (!Array.isArray(value)) {
    throw badRequest(`error decoding patch: json: cannot unmarshal ${jsonTypeOf(value)} into Go value of type jsonpatch.Patch`);
  }
  if (value.length > maxOperations) {
    const message = `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${value.length}`;
    throw new StatusError(413, "RequestEntityTooLarge", message);
  }
  for (const operation of value as readonly unknown[]) {
    if (typeof operation === "object" && operation !== null && !Array.isArray(operation)) continue;
    throw badRequest(`error decoding patch: json: cannot unmarshal ${jsonTypeOf(operation)} into Go value of type jsonpatch.Operation`);
  }
  return value as readonly JsonPatchOperation[];
}

/**
 * Applies a JSON patch, all of it or nothing. Answers a new value that shares what the patch leaves alone.
 *
 * As upstream: an index of a list may count from its end (`-1`), and a patch that can't be applied is answered with `Invalid` and
 * a text that says nothing; the step that failed is the error's cause.
 */
export function applyJsonPatch(
  target: unknown,
  patch: readonly JsonPatchOperation[],
  { maxCopiedBytes = 3 * 1024 * 1024 }: JsonPatchLimits = {},
): unknown {
  let copied = 0;
  const charge = (value: unknown): void => {
    copied += byteLength(JSON.stringify(value));
    if (copied > maxCopiedBytes) {
      const text = `Unable to complete the copy, the accumulated size increase of copy is ${copied}, exceeding the limit ${maxCopiedBytes}`;
      throw new CannotApply(text);
    }
  };
  const own: Own = new Set();
  try {
    return patch.reduce((value, operation) => applyOperation(value, operation, { charge, own }), target);
  } catch (error) {
    if (!(error instanceof CannotApply)) throw error;
    const message = "the server rejected our request due to an error in our request";
    throw new StatusError(422, "Invalid", message, { details: {}, cause: error });
  }
}

class CannotApply extends Error {}

/**
 * What was made while a patch is applied, and is nobody else's yet: it is changed in place. Copied for every step, a large object would make a
 * patch of thousands of small steps take minutes.
 */
type Own = Set<object>;

interface Applying {
  readonly charge: (value: unknown) => void;
  readonly own: Own;
}

function applyOperation(target: unknown, operation: JsonPatchOperation, { charge, own }: Applying): unknown {
  const path = pointer(operation.path, "path");
  switch (operation.op) {
    case "add":
      return write(target, path, { action: "add", value: valueOf(operation), named: operation.path }, own);
    case "replace":
      return write(target, path, { action: "replace", value: valueOf(operation), named: operation.path }, own);
    case "remove":
      return write(target, path, { action: "remove", named: operation.path }, own);
    case "move": {
      const from = pointer(operation.from, "from");
      const value = read(target, from, "move", operation.from);
      // What is moved into itself would be gone.
      if (isPrefix(from, path) && from.length < path.length) throw new CannotApply(`cannot move ${operation.from} into itself`);
      const removed = from.length === 0 ? undefined : write(target, from, { action: "remove", named: operation.from }, own);
      return write(removed, path, { action: "add", value, named: operation.path }, own);
    }
    case "copy": {
      const value = read(target, pointer(operation.from, "from"), "copy", operation.from);
      charge(value);
      // What is in two places must not be changed in both.
      return write(target, path, { action: "add", value: structuredClone(value), named: operation.path }, own);
    }
    case "test": {
      const expected = valueOf(operation);
      const found = find(target, path);
      if (found !== undefined ? sameJson(found.value, expected) : expected === null) return target;
      throw new CannotApply(`testing value ${operation.path} failed`);
    }
    default:
      throw new CannotApply(`Unexpected kind: ${String((operation as { readonly op?: unknown }).op)}`);
  }
}

function valueOf(operation: JsonPatchOperation & { readonly value: unknown }): unknown {
  if (Object.hasOwn(operation, "value")) return operation.value;
  throw new CannotApply(`${operation.op} operation does not apply: operation has no value`);
}

type Pointer = readonly string[];

function pointer(text: unknown, name: string): Pointer {
  if (typeof text !== "string" || (text !== "" && !text.startsWith("/"))) throw new CannotApply(`operation has no valid ${name}`);
  return text === ""
    ? []
    : text
        .slice(1)
        .split("/")
        .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function isPrefix(prefix: Pointer, path: Pointer): boolean {
  return prefix.every((step, index) => step === path[index]);
}

function find(target: unknown, path: Pointer): { readonly value: unknown } | undefined {
  let value = target;
  for (const step of path) {
    if (Array.isArray(value)) {
      const index = indexOf(step, value.length);
      if (index === undefined || index >= value.length) return undefined;
      value = value[index];
    } else if (isObject(value) && Object.hasOwn(value, step)) value = value[step];
    else return undefined;
  }
  return { value };
}

function read(target: unknown, path: Pointer, op: string, named: string): unknown {
  const found = find(target, path);
  if (found === undefined) throw new CannotApply(`${op} operation does not apply: doc is missing from path: ${named}`);
  return found.value;
}

type Edit =
  | { readonly action: "add" | "replace"; readonly value: unknown; readonly named: string }
  | { readonly action: "remove"; readonly named: string };

/** `target` with one place edited; everything beside the path is shared. */
function write(target: unknown, path: Pointer, edit: Edit, own: Own): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return edit.action === "remove" ? null : edit.value;
  if (Array.isArray(target)) return writeItem(target, step, rest, edit, own);
  if (isObject(target)) return writeField(target, step, rest, edit, own);
  throw missing(edit);
}

function writeField(target: Record<string, unknown>, key: string, rest: Pointer, edit: Edit, own: Own): unknown {
  const exists = Object.hasOwn(target, key);
  // Upstream replaces what isn't there, too.
  if (!exists && (rest.length > 0 || edit.action === "remove")) throw missing(edit);
  const result = own.has(target) ? target : { ...target };
  own.add(result);
  if (rest.length === 0 && edit.action === "remove") delete result[key];
  else setOwn(result, key, write(exists ? target[key] : undefined, rest, edit, own));
  return result;
}

function writeItem(target: unknown[], step: string, rest: Pointer, edit: Edit, own: Own): unknown {
  const adding = rest.length === 0 && edit.action === "add";
  const index = adding && step === "-" ? target.length : indexOf(step, target.length, { adding });
  if (index === undefined || index > target.length || (!adding && index === target.length)) throw missing(edit);
  const result = own.has(target) ? target : target.slice();
  own.add(result);
  if (adding) result.splice(index, 0, edit.value);
  else if (rest.length === 0 && edit.action === "remove") result.splice(index, 1);
  else result[index] = write(target[index], rest, edit, own);
  return result;
}

function indexOf(step: string, length: number, { adding = false }: { readonly adding?: boolean } = {}): number | undefined {
  if (!/^(?:0|-?[1-9][0-9]*)$/.test(step)) return undefined;
  const index = Number(step);
  if (index >= 0) return index;
  const fromEnd = index + length + (adding ? 1 : 0);
  return fromEnd < 0 ? undefined : fromEnd;
}

function missing({ action, named }: Edit): CannotApply {
  const what = action === "add" ? "doc is missing path" : action === "remove" ? "Unable to remove nonexistent key" : "doc is missing key";
  return new CannotApply(`${action} operation does not apply: ${what}: ${named}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
