import { badRequest } from "../status-error.ts";
import { jsonTypeOf } from "../go-types.ts";
import { setOwn } from "../schema-fields.ts";
import { sameJson } from "../same-json.ts";

type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Applies a JSON merge patch (RFC 7386) to an object: null removes, lists are replaced as a whole. Answers a new object that
 * shares what the patch leaves alone, or `target` itself when the patch changes nothing.
 *
 * Throws `BadRequest` for a patch that is no object.
 *
 * @example
 * applyMergePatch({ a: 1, b: { c: 2 } }, { a: null, b: { d: 3 } }); // => { b: { c: 2, d: 3 } }
 */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) {
    throw badRequest(`error decoding patch: json: cannot unmarshal ${jsonTypeOf(patch)} into Go value of type map[string]interface {}`);
  }
  return merge(target, patch);
}

function merge(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const original: JsonObject = isObject(target) ? target : {};
  let changed = original !== target;
  const result: Record<string, unknown> = { ...original };
  for (const key of Object.keys(patch)) {
    const given = patch[key];
    const had = Object.hasOwn(original, key);
    if (given === null) {
      changed ||= had;
      delete result[key];
      continue;
    }
    const merged = merge(had ? original[key] : undefined, given);
    changed ||= !had || merged !== original[key];
    setOwn(result, key, merged);
  }
  return changed ? result : target;
}

/** The merge patch that turns `from` into `to`. What merge patches can't say, nulls inside, is not in objects of the API. */
export function createMergePatch(from: JsonObject, to: JsonObject): JsonObject {
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key) || to[key] === undefined) setOwn(patch, key, null);
  for (const key of Object.keys(to)) {
    const [before, after] = [Object.hasOwn(from, key) ? from[key] : undefined, to[key]];
    if (after === undefined || sameJson(before, after)) continue;
    setOwn(patch, key, isObject(before) && isObject(after) ? createMergePatch(before, after) : after);
  }
  return patch;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
