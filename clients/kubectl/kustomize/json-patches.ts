import { applyJsonPatch, type JsonPatchOperation, parseJsonPatch, parseYaml, StatusError } from "@kubets/machinery";
import { CommandError } from "../errors.ts";
import { type JsonObject, objectAt, withMetadata } from "../json-object.ts";
import type { Resource } from "./resource.ts";
import { isMissing, plainOf } from "./scalars.ts";

export type JsonPatch = readonly JsonPatchOperation[];

/** Reads a JSON patch, in JSON or in YAML. Throws a {@link CommandError} for what is none. */
export function readJsonPatch(text: string): JsonPatch {
  try {
    const { value } = parseYaml(text);
    return value === null ? [] : parseJsonPatch(value);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    throw new CommandError(error.message, { cause: error });
  }
}

/** The resource with a JSON patch applied; nothing when nothing of it is left. */
export function patchedByJson(resource: Resource, patch: JsonPatch): Resource | undefined {
  try {
    const object = applyJsonPatch(plainOf(withAnnotations(resource)), patch) as JsonObject;
    return isMissing(object) || Object.keys(object).length === 0 ? undefined : { ...resource, object };
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    throw new CommandError(error.cause instanceof Error ? error.cause.message : error.message, { cause: error });
  }
}

/** Upstream keeps notes of its own in annotations, so that patches find a map of them where none was written. */
function withAnnotations({ object, formerNames, behavior }: Resource): JsonObject {
  const hasNotes = formerNames.length > 0 || behavior !== undefined;
  return hasNotes && isMissing(objectAt(object, "metadata")["annotations"]) ? withMetadata(object, { annotations: {} }) : object;
}
