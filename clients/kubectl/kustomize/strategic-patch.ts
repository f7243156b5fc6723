import { CommandError } from "../errors.ts";
import { type JsonObject, withMetadata } from "../json-object.ts";
import { schemaOf } from "./merge-keys.ts";
import { describeId } from "./resource-id.ts";
import { calledSo, currentId, originalId, remembered, type Resource } from "./resource.ts";
import { mergeValues } from "./strategic-merge.ts";

/** What a patch may change besides: who is patched keeps its name and kind otherwise. */
export interface PatchOptions {
  readonly allowNameChange: boolean;
  readonly allowKindChange: boolean;
}

/** The resource with a strategic merge patch applied; nothing when the patch deletes it. */
export function patched(resource: Resource, patch: JsonObject, { allowNameChange, allowKindChange }: PatchOptions): Resource | undefined {
  const before = allowNameChange || allowKindChange ? remembered(resource) : resource;
  const { kind, name, namespace } = currentId(resource);
  const merged = mergeValues(resource.object, patch, { node: schemaOf(resource.object), merge: undefined }) as JsonObject | undefined;
  if (merged === undefined || Object.keys(merged).length === 0) return undefined;
  const metadata = {
    ...(allowNameChange ? {} : { name }),
    namespace: namespace === "" ? undefined : namespace,
  };
  return { ...before, object: withMetadata(allowKindChange ? merged : { ...merged, kind }, metadata) };
}

/** The one resource that a patch without a target is for: what is called as the patch is, or once was. */
export function targetOf(resources: readonly Resource[], patch: Resource): Resource {
  const id = originalId(patch);
  const [target, ...others] = calledSo(resources, id);
  if (target !== undefined && others.length === 0) return target;
  const problem = target === undefined ? "no matches" : "multiple matches";
  throw new CommandError(`${problem} for Id ${describeId(id)}; failed to find unique target for patch ${describeId(id)}`);
}
