import { parseYaml } from "@kubets/machinery";
import { type Configuration, mergeConfigurations, type NameReference, noConfiguration } from "./configuration.ts";
import { type Decode, list, struct, text } from "./decode.ts";
import type { FieldSpec } from "./field-specs.ts";
import type { Root } from "./files.ts";
import { fieldSpec } from "./read-kustomization.ts";

const fieldSpecs: Decode<readonly FieldSpec[]> = list(fieldSpec);

const configuration: Decode<Configuration> = struct<Configuration>("builtinconfig.TransformerConfig", {
  namePrefix: fieldSpecs,
  nameSuffix: fieldSpecs,
  namespace: fieldSpecs,
  commonLabels: fieldSpecs,
  labels: fieldSpecs,
  templateLabels: fieldSpecs,
  commonAnnotations: fieldSpecs,
  nameReference: list(struct<NameReference>("builtinconfig.NameBackReferences", { group: text, version: text, kind: text, fieldSpecs })),
  varReference: fieldSpecs,
  images: fieldSpecs,
  replicas: fieldSpecs,
});

/** Reads files that say which fields are changed besides those that are by default. */
export async function readConfigurations(paths: readonly string[], root: Root): Promise<Configuration> {
  const read = await Promise.all(
    paths.map(async (path) => configuration(parseYaml(await root.load(path)).value, { path: "TransformerConfig" })),
  );
  return read.reduce(mergeConfigurations, noConfiguration);
}
