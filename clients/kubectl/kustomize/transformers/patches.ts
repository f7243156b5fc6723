import { CommandError } from "../../errors.ts";
import { type JsonObject, withMetadata } from "../../json-object.ts";
import type { Root } from "../files.ts";
import { type JsonPatch, patchedByJson, readJsonPatch } from "../json-patches.ts";
import type { Patch, Selector } from "../kustomization.ts";
import { readResources } from "../read-resources.ts";
import { describeId } from "../resource-id.ts";
import { annotationsOf, appended, currentId, labelsOf, originalId, remembered, type Resource, withTexts } from "../resource.ts";
import { isSelected } from "../selector.ts";
import { patched, type PatchOptions, targetOf } from "../strategic-patch.ts";
import type { Transformer } from "./transformer.ts";

const keepsNames: PatchOptions = { allowNameChange: false, allowKindChange: false };

/** Reads an entry of `patches`, whichever of the two forms it has. */
export async function readPatch(entry: Patch, root: Root): Promise<Transformer> {
  const inline = entry.patch.trim();
  if (inline === "" && entry.path === "") throw new CommandError(`must specify one of patch and path in\n${JSON.stringify(entry)}`);
  if (inline !== "" && entry.path !== "") throw new CommandError(`patch and path can't be set at the same time\n${JSON.stringify(entry)}`);
  const source = inline === "" ? `[path: ${JSON.stringify(entry.path)}]` : `[patch: ${JSON.stringify(inline)}]`;
  const text = inline === "" ? await loadPatch(entry.path, root) : inline;
  const merged = attempt(() => readResources(text));
  const steps = attempt(() => readJsonPatch(text));
  if (merged !== undefined && steps !== undefined) throw new CommandError(`illegally qualifies as both an SM and JSON patch: ${source}`);
  if (steps !== undefined) return jsonPatcher(steps, entry, source);
  if (merged === undefined) throw new CommandError(`unable to parse SM or JSON patch from ${source}`);
  const options = {
    allowNameChange: entry.options["allowNameChange"] ?? false,
    allowKindChange: entry.options["allowKindChange"] ?? false,
  };
  if (entry.target === undefined) return { name: "PatchTransformer", transform: (resources) => patchNamed(resources, merged, options) };
  return mergePatcher(merged, entry.target, { options, source });
}

async function loadPatch(path: string, root: Root): Promise<string> {
  try {
    return new TextDecoder().decode(await root.load(path));
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(`failed to get the patch file from path(${path}): ${error.message}`, { cause: error });
  }
}

/** What is read, or nothing when it can't be. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof CommandError) return undefined;
    throw error;
  }
}

function jsonPatcher(patch: JsonPatch, { target }: Patch, source: string): Transformer {
  return {
    name: "PatchTransformer",
    transform(resources) {
      if (target === undefined) throw new CommandError(`must specify a target for JSON patch ${source}`);
      return patchSelected(resources, target, (resource) => patchedByJson(remembered(resource), patch));
    },
  };
}

function mergePatcher(
  patches: readonly Resource[],
  target: Selector,
  { options, source }: { readonly options: PatchOptions; readonly source: string },
): Transformer {
  return {
    name: "PatchTransformer",
    transform(resources) {
      const [patch] = patches;
      if (patches.length > 1 || patch === undefined)
        throw new CommandError(
          `Multiple Strategic-Merge Patches in one \`patches\` entry is not allowed to set \`patches.target\` field: ${source}`,
        );
      return appended(
        [],
        patchSelected(resources, target, (resource) => patched(resource, patchFor(resource, patch), options)),
      );
    },
  };
}

function patchSelected(
  resources: readonly Resource[],
  target: Selector,
  patch: (resource: Resource) => Resource | undefined,
): readonly Resource[] {
  const isMeant = isSelected(target);
  return resources.flatMap((resource) => (isMeant(resource) ? (patch(resource) ?? []) : [resource]));
}

/** A patch as it is put to a resource whatever that is called: of its version, and with texts alone for labels and annotations. */
function patchFor(resource: Resource, patch: Resource): JsonObject {
  const { namespace } = currentId(patch);
  const object = withMetadata(
    { ...patch.object, apiVersion: resource.object["apiVersion"] },
    { namespace: namespace === "" ? undefined : namespace },
  );
  return withTexts(withTexts(object, "labels", labelsOf(patch)), "annotations", annotationsOf(patch));
}

/** Puts each patch to the resource that is called as it is. */
function patchNamed(resources: readonly Resource[], patches: readonly Resource[], options: PatchOptions): readonly Resource[] {
  return patches.reduce((current, patch) => {
    const target = namedTargetOf(current, patch);
    return current.flatMap((resource) => (resource === target ? (patched(resource, patch.object, options) ?? []) : [resource]));
  }, resources);
}

function namedTargetOf(resources: readonly Resource[], patch: Resource): Resource {
  try {
    return targetOf(resources, patch);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(`no resource matches strategic merge patch "${describeId(originalId(patch))}": ${error.message}`, {
      cause: error,
    });
  }
}

/** Reads an entry of `patchesStrategicMerge`: a file, or the patch itself. */
export async function readStrategicMerges(entries: readonly string[], root: Root): Promise<Transformer> {
  const read = await Promise.all(
    entries.map(async (entry) => {
      const inline = attempt(() => readResources(entry));
      return inline ?? readResources(await root.load(entry));
    }),
  );
  return {
    name: "PatchStrategicMergeTransformer",
    transform: (resources) =>
      read.flat().reduce((current, patch) => {
        const target = targetOf(current, patch);
        const after = current.flatMap((each) => (each === target ? (patched(each, patchFor(each, patch), keepsNames) ?? []) : [each]));
        return appended([], after);
      }, resources),
  };
}

/** Reads an entry of `patchesJson6902`. */
export async function readOldJsonPatch({ target, path, patch: inline }: Patch, root: Root): Promise<Transformer> {
  if (target === undefined || target.name === "") throw new CommandError("must specify the target name");
  if (path === "" && inline === "") throw new CommandError("empty file path and empty jsonOp");
  if (path !== "" && inline !== "") throw new CommandError("must specify a file path or jsonOp, not both");
  const text = path === "" ? inline : new TextDecoder().decode(await root.load(path));
  const patch = readJsonPatch(text);
  if (patch.length === 0) throw new CommandError(`patch appears to be empty; file=${path}, JsonOp=${text}`);
  return {
    name: "PatchJson6902Transformer",
    transform: (resources) => patchSelected(resources, target, (resource) => patchedByJson(resource, patch)),
  };
}
