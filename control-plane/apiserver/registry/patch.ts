import {
  applyJsonPatch,
  applyMergePatch,
  applyStrategicMergePatch,
  badRequest,
  decodeAsKind,
  invalid,
  invalidObject,
  type Kind,
  type KubernetesObject,
  parseJsonPatch,
  type Schema,
  StatusError,
} from "@kubets/machinery";
import { deepest, judge, parseBody, type ReadBody } from "../request/body.ts";
import type { PatchMediaType } from "../request/content.ts";
import type { FieldValidation } from "../request/query.ts";

export interface PatchRequest {
  readonly type: PatchMediaType;
  readonly body: Uint8Array;
  readonly validation: FieldValidation;
  readonly warn: (text: string) => void;
}

type JsonObject = Readonly<Record<string, unknown>>;

/** Reads a patch once; what it answers applies it to an object as it is written, as often as that has changed meanwhile. */
export function patcherOf<T extends KubernetesObject>(kind: Kind<T>, { type, body, validation, warn }: PatchRequest): (current: T) => T {
  const { value: patch, complaints: duplicates } = parseBody(body, "application/json", validation);
  const patched = applierOf(kind.schema, type, patch);
  const refuse = (problem: string): StatusError =>
    invalidObject({ group: "", kind: "" }, "", [invalid("patch", new TextDecoder().decode(body), problem)]);
  return (current) => {
    const wanted = patched(current as unknown as JsonObject);
    const { object, complaints } = decodePatched(kind, wanted, { type, patch });
    judge([...complaints, ...duplicates], validation, { warn, refuse });
    return object;
  };
}

/** What a patch made of an object. Where that is no object of the kind, the patch is what is wrong. */
function decodePatched<T extends KubernetesObject>(
  kind: Kind<T>,
  wanted: unknown,
  { type, patch }: { readonly type: PatchMediaType; readonly patch: unknown },
): ReadBody<T> {
  try {
    const { object, unknownFields } = decodeAsKind(kind, wanted, { maxDepth: deepest });
    return { object, complaints: unknownFields };
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    // A strategic merge patch is shown itself, the others by what they lead to.
    const shown = type === "application/strategic-merge-patch+json" ? patch : wanted;
    throw invalidObject({ group: "", kind: "" }, "", [invalid("patch", JSON.stringify(shown), error.message)]);
  }
}

function applierOf<T>(schema: Schema<T>, type: PatchMediaType, patch: unknown): (current: JsonObject) => unknown {
  switch (type) {
    case "application/json-patch+json": {
      const operations = parseJsonPatch(patch);
      return (current) => applyJsonPatch(current, operations);
    }
    case "application/merge-patch+json":
      mustBeObject(patch);
      return (current) => applyMergePatch(current, patch);
    case "application/strategic-merge-patch+json":
      mustBeObject(patch);
      return (current) => applyStrategicMergePatch(schema, current, patch);
  }
}

function mustBeObject(patch: unknown): void {
  if (typeof patch === "object" && patch !== null && !Array.isArray(patch)) return;
  const found = patch === null ? "null" : Array.isArray(patch) ? "array" : typeof patch;
  throw badRequest(`json: cannot unmarshal ${found} into Go value of type map[string]interface {}`);
}
