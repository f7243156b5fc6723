import { duplicate, type FieldError, invalid, required, tooMany } from "@kubets/machinery";
import type { CustomResourceColumnDefinition, CustomResourceSubresources, SelectableField } from "./custom-resource-definition.ts";
import type { JSONSchemaProps } from "./json-schema-props.ts";
import { schemaAtPath } from "./schema-paths.ts";
import { mostSelectableFields } from "./tolerance.ts";

const columnTypes = ["boolean", "date", "integer", "number", "string"];
const columnFormats = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];

/** What is wrong with a column of `kubectl get`. */
export function validateColumn({ name, type, format = "", jsonPath }: CustomResourceColumnDefinition, path: string): readonly FieldError[] {
  const types = `must be one of ${columnTypes.join(",")}`;
  return [
    ...(name === "" ? [required(`${path}.name`)] : []),
    ...(type === "" ? [required(`${path}.type`, types)] : columnTypes.includes(type) ? [] : [invalid(`${path}.type`, type, types)]),
    ...(format === "" || columnFormats.includes(format)
      ? []
      : [invalid(`${path}.format`, format, `must be one of ${columnFormats.join(",")}`)]),
    ...(jsonPath === "" ? [required(`${path}.JSONPath`)] : validateSimplePath(jsonPath, `${path}.JSONPath`)),
  ];
}

function validateSimplePath(text: string, path: string): readonly FieldError[] {
  return text.startsWith(".") ? [] : [invalid(path, text, "must be a simple json path starting with .")];
}

/** What is wrong with the paths of the scale subresource. */
export function validateSubresources({ scale }: CustomResourceSubresources, path: string): readonly FieldError[] {
  if (scale === undefined) return [];
  const below = (field: string, text: string, roots: readonly string[], problem: string): readonly FieldError[] => {
    const errors = validateSimplePath(text, `${path}.scale.${field}`);
    if (errors.length > 0 || roots.some((root) => text.startsWith(root))) return errors;
    return [invalid(`${path}.scale.${field}`, text, problem)];
  };
  const { specReplicasPath, statusReplicasPath, labelSelectorPath = "" } = scale;
  return [
    ...(specReplicasPath === ""
      ? [required(`${path}.scale.specReplicasPath`)]
      : below("specReplicasPath", specReplicasPath, [".spec."], "should be a json path under .spec")),
    ...(statusReplicasPath === ""
      ? [required(`${path}.scale.statusReplicasPath`)]
      : below("statusReplicasPath", statusReplicasPath, [".status."], "should be a json path under .status")),
    ...(labelSelectorPath === ""
      ? []
      : below("labelSelectorPath", labelSelectorPath, [".spec.", ".status."], "should be a json path under either .spec or .status")),
  ];
}

const notSelectable = "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.";

/** What is wrong with the fields by which objects can be selected. */
export function validateSelectableFields(
  fields: readonly SelectableField[],
  schema: JSONSchemaProps | undefined,
  { path, mayBeTooMany }: { readonly path: string; readonly mayBeTooMany: boolean },
): readonly FieldError[] {
  if (fields.length === 0) return [];
  if (schema === undefined) return [invalid(path, "", "may only be set when `version.schema.openAPIV3Schema` is not included")];
  const seen = new Set<string>();
  const errors = fields.flatMap(({ jsonPath }, index): readonly FieldError[] => {
    const field = `${path}[${index}].jsonPath`;
    if (jsonPath === "") return [required(field)];
    const found = schemaAtPath(schema, jsonPath, { arrayNotation: false });
    if ("problem" in found) return [invalid(field, jsonPath, `is an invalid path: ${found.problem}`)];
    const own: FieldError[] = [];
    if (found.steps[0] === "metadata") own.push(invalid(field, jsonPath, "must not point to fields in metadata"));
    if (!["string", "boolean", "integer"].includes(found.schema.type ?? "")) own.push(invalid(field, jsonPath, notSelectable));
    const key = found.steps.join(".");
    if (seen.has(key)) own.push(duplicate(field, jsonPath));
    seen.add(key);
    return own;
  });
  return seen.size > mostSelectableFields && !mayBeTooMany ? [...errors, tooMany(path, seen.size, mostSelectableFields)] : errors;
}
