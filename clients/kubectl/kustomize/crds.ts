import { parseYaml } from "@kubets/machinery";
import { isJsonObject, type JsonObject, objectAt, textAt } from "../json-object.ts";
import { type Configuration, mergeConfigurations, type NameReference, noConfiguration } from "./configuration.ts";
import type { FieldSpec } from "./field-specs.ts";
import type { Root } from "./files.ts";

/** Reads files of OpenAPI definitions, whose extensions say which fields of custom resources hold names, labels and annotations. */
export async function readCrds(paths: readonly string[], root: Root): Promise<Configuration> {
  const read = await Promise.all(
    paths.map(async (path) => {
      const { value } = parseYaml(await root.load(path));
      const definitions = isJsonObject(value) ? value : {};
      return Object.keys(definitions)
        .filter((name) => ["kind", "apiVersion", "metadata"].every((field) => field in propertiesOf(definitions, name)))
        .map((name) => fieldsOf(definitions, name))
        .reduce(mergeConfigurations, noConfiguration);
    }),
  );
  return read.reduce(mergeConfigurations, noConfiguration);
}

const propertiesOf = (definitions: JsonObject, name: string): JsonObject => objectAt(definitions, name, "Schema", "properties");

interface Field {
  readonly path: readonly string[];
  readonly property: JsonObject;
}

function fieldsOf(definitions: JsonObject, name: string): Configuration {
  const kind = name.split(".").at(-1)!;
  const fields = fieldsBelow(definitions, name, { path: [], seen: [] });
  const marked = (extension: string): readonly FieldSpec[] =>
    fields.filter(({ property }) => typeof property[extension] === "string").map(({ path }) => ({ kind, path: path.join("/") }));
  const nameReference = fields.flatMap(({ path, property }): readonly NameReference[] => {
    const [version, target] = [property["x-kubernetes-object-ref-api-version"], property["x-kubernetes-object-ref-kind"]];
    if (typeof version !== "string" || typeof target !== "string") return [];
    const nameKey = textAt(property, "x-kubernetes-object-ref-name-key") || "name";
    return [{ kind: target, version, fieldSpecs: [{ kind, path: [...path, nameKey].join("/") }] }];
  });
  return {
    ...noConfiguration,
    commonAnnotations: marked("x-kubernetes-annotation"),
    commonLabels: marked("x-kubernetes-label-selector"),
    namePrefix: marked("x-kubernetes-identity"),
    nameReference,
  };
}

/** The fields of a definition, and of those that its fields refer to. One that holds itself is gone into once. */
function fieldsBelow(
  definitions: JsonObject,
  name: string,
  { path, seen }: { readonly path: readonly string[]; readonly seen: readonly string[] },
): readonly Field[] {
  if (seen.includes(name)) return [];
  return Object.entries(propertiesOf(definitions, name)).flatMap(([field, property]) => {
    const inner = { path: [...path, field], seen: [...seen, name] };
    const reference = textAt(property, "$ref");
    const own = { path: inner.path, property: isJsonObject(property) ? property : {} };
    return [own, ...(reference === "" ? [] : fieldsBelow(definitions, reference, inner))];
  });
}
