import type { CustomResourceDefinition } from "./custom-resource-definition.ts";
import type { JSONSchemaProps } from "./json-schema-props.ts";
import { subschemasOf } from "./subschemas.ts";
import { isKnownFormat } from "./structural/formats.ts";

/** What is let pass although it does nothing: forms of values that nobody knows. An update is only told what is new. */
export function definitionWarnings(definition: CustomResourceDefinition, previous?: CustomResourceDefinition): readonly string[] {
  const before = new Set(previous === undefined ? [] : unknownFormats(previous));
  return unknownFormats(definition)
    .filter((format) => !before.has(format))
    .map((format) => `unrecognized format ${JSON.stringify(format)}`);
}

function unknownFormats({ spec }: CustomResourceDefinition): readonly string[] {
  return spec.versions.flatMap(({ schema }) => (schema?.openAPIV3Schema === undefined ? [] : formatsIn(schema.openAPIV3Schema)));
}

function formatsIn(schema: JSONSchemaProps): readonly string[] {
  const { type = "", format = "" } = schema;
  const own = format !== "" && !isKnownFormat(schema["x-kubernetes-int-or-string"] === true ? "" : type, format) ? [format] : [];
  return [...own, ...subschemasOf(schema).flatMap(formatsIn)];
}
