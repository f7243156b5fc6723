import type { JsonObject } from "../json-object.ts";
import type { ApiResource } from "../requests/api-resource.ts";
import { createThreeWayPatch, type ThreeStates } from "./three-way.ts";

/** A patch as it is sent. */
export interface ObjectPatch {
  readonly contentType: string;
  /** `{}` when there is nothing to do. */
  readonly body: JsonObject;
}

/** {@link createThreeWayPatch} for an object of a resource: strategic for built-in kinds, a JSON merge patch for custom resources. */
export async function createObjectPatch({ group, version, kind }: ApiResource, states: ThreeStates): Promise<ObjectPatch> {
  const { kinds } = await import("@kubets/api");
  const schema = kinds.find((each) => each.group === group && each.version === version && each.kind === kind)?.schema.node;
  return {
    contentType: schema === undefined ? "application/merge-patch+json" : "application/strategic-merge-patch+json",
    body: createThreeWayPatch(states, schema),
  };
}
