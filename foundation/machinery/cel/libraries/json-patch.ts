import { declare, global, type CallCosts, type Library } from "../declarations.ts";
import { sizeOf, traversal } from "../runtime-costs.ts";
import { traverse } from "../standard-estimates.ts";
import { dynType, objectType, stringType, type CelType } from "../types.ts";

const escaping: CallCosts = {
  actual: ([text]) => traversal(sizeOf(text!)),
  estimate: (_, [text]) => ({ cost: traverse(text!.size), size: text!.size }),
};

/** One operation of a JSON patch. */
export const jsonPatchType: CelType = objectType(
  "JSONPatch",
  { op: stringType, path: stringType, from: stringType, value: dynType },
  { constructible: true },
);

/**
 * What the expressions of mutating admission policies are made of: `[JSONPatch{op: "add", path: "/metadata/labels/" +
 * jsonpatch.escapeKey("a/b"), value: "c"}]`, and `Object{spec: Object.spec{replicas: 3}}` for apply configurations.
 */
export const mutationLibrary: Library = {
  types: { JSONPatch: jsonPatchType },
  typeNamed: objectTypeNamed,
  functions: [
    declare(
      "jsonpatch.escapeKey",
      global(
        "string_jsonpatch_escapeKey_string",
        [stringType],
        stringType,
        (key: string) => key.replaceAll("~", "~0").replaceAll("/", "~1"),
        escaping,
      ),
    ),
  ],
};

/** Every name below `Object` is the type of the field that it names; any field may be set in it. */
function objectTypeNamed(name: string): CelType | undefined {
  if (name !== "Object" && !name.startsWith("Object.")) return undefined;
  return { kind: "object", name, field: (field) => ({ name: field, type: dynType }), fieldNames: () => [], constructible: true };
}
