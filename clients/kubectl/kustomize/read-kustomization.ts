import { parseYaml } from "@kubets/machinery";
import { CommandError } from "../errors.ts";
import { isJsonObject, type JsonObject } from "../json-object.ts";
import { anything, type Decode, flag, integer, list, mapOf, optional, struct, text } from "./decode.ts";
import type { FieldSpec } from "./field-specs.ts";
import type {
  FieldOptions,
  Generator,
  GeneratorOptions,
  Image,
  Kustomization,
  Label,
  Patch,
  Replacement,
  ReplacementTarget,
  Selector,
  SortOptions,
  Variable,
} from "./kustomization.ts";

const texts = mapOf(text);
const kind = { group: text, version: text, kind: text };
const place = { ...kind, name: text, namespace: text };

export const fieldSpec: Decode<FieldSpec> = struct<FieldSpec>("types.FieldSpec", { ...kind, path: text, create: flag });

const selector: Decode<Selector> = struct<Selector>("types.Selector", { ...place, labelSelector: text, annotationSelector: text });

export const patch: Decode<Patch> = struct<Patch>("types.Patch", {
  path: text,
  patch: text,
  target: optional(selector),
  options: mapOf(flag),
});

export const image: Decode<Image> = struct<Image>("types.Image", {
  name: text,
  newName: text,
  newTag: text,
  tagSuffix: text,
  digest: text,
});

const generatorOptions = struct<GeneratorOptions>("types.GeneratorOptions", {
  labels: texts,
  annotations: texts,
  disableNameSuffixHash: flag,
  immutable: flag,
});

const generator = {
  name: text,
  namespace: text,
  behavior: text,
  literals: list(text),
  files: list(text),
  envs: list(text),
  env: text,
  options: optional(generatorOptions),
};

/** Which resources are meant, where that may be left open. */
export const selectorOrNone: Decode<Selector | undefined> = optional(selector);

const fieldOptions = optional(
  struct<FieldOptions>("types.FieldOptions", { delimiter: text, index: integer, encoding: text, create: flag }),
);

const replacement = {
  source: optional(
    struct<NonNullable<Replacement["source"]>>("types.SourceSelector", { ...place, fieldPath: text, options: fieldOptions }),
  ),
  targets: optional(
    list(
      struct<ReplacementTarget>("*types.TargetSelector", {
        select: optional(selector),
        reject: list(selector),
        fieldPaths: list(text),
        options: fieldOptions,
      }),
    ),
  ),
};

/** A replacement in a file of its own. */
export const replacementInFile: Decode<Replacement> = struct<Replacement>("types.Replacement", replacement);

export const replacementOrPath: Decode<Replacement & { readonly path: string }> = struct<Replacement & { readonly path: string }>(
  "types.ReplacementField",
  { ...replacement, path: text },
);

export const replica: Decode<Kustomization["replicas"][number]> = struct<Kustomization["replicas"][number]>("types.Replica", {
  name: text,
  count: integer,
});

export const configMapArguments: Decode<Generator> = struct<Omit<Generator, "type">>("types.ConfigMapArgs", generator);
export const secretArguments: Decode<Generator> = struct<Generator>("types.SecretArgs", { ...generator, type: text });

const variable = struct<Variable>("types.Var", {
  name: text,
  objref: struct<Variable["objref"]>("types.Target", { ...place, apiVersion: text }),
  fieldref: struct<Variable["fieldref"]>("types.FieldSelector", { fieldPath: text }),
});

const sortOptions = struct<SortOptions>("types.SortOptions", {
  order: text,
  legacySortOptions: optional(
    struct<NonNullable<SortOptions["legacySortOptions"]>>("types.LegacySortOptions", { orderFirst: list(text), orderLast: list(text) }),
  ),
});

const kustomization: Decode<Kustomization> = struct<Kustomization>("types.Kustomization", {
  apiVersion: text,
  kind: text,
  metadata: anything,
  openapi: texts,
  namePrefix: text,
  nameSuffix: text,
  namespace: text,
  commonLabels: texts,
  labels: list(struct<Label>("types.Label", { pairs: texts, includeSelectors: flag, includeTemplates: flag, fields: list(fieldSpec) })),
  commonAnnotations: texts,
  patchesStrategicMerge: list(text),
  patchesJson6902: list(patch),
  patches: list(patch),
  images: list(image),
  imageTags: list(image),
  replacements: list(replacementOrPath),
  replicas: list(replica),
  vars: list(variable),
  sortOptions: optional(sortOptions),
  resources: list(text),
  components: list(text),
  crds: list(text),
  bases: list(text),
  configMapGenerator: list(configMapArguments),
  secretGenerator: list(secretArguments),
  helmGlobals: optional(anything),
  helmCharts: list(anything),
  helmChartInflationGenerator: list(anything),
  generatorOptions: optional(generatorOptions),
  configurations: list(text),
  generators: list(text),
  transformers: list(text),
  validators: list(text),
  buildMetadata: list(text),
});

/** What is said of fields that have become others, each where it is given. */
const deprecated: readonly (readonly [name: keyof Kustomization, instead: string, hint: string])[] = [
  ["bases", "resources", ""],
  ["commonLabels", "labels", ""],
  ["imageTags", "images", ""],
  ["patchesJson6902", "patches", ""],
  ["patchesStrategicMerge", "patches", ""],
  ["vars", "replacements", "[EXPERIMENTAL] "],
];

/** Reads the file. `warn` is told of what upstream warns of. Throws a {@link CommandError} in upstream's words. */
export function readKustomization(source: Uint8Array, warn: (text: string) => void): Kustomization {
  const { value } = parseYaml(source);
  let read: Kustomization;
  try {
    read = kustomization(value, { path: "Kustomization" });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new CommandError(`invalid Kustomization: ${error.message}`, { cause: error });
  }
  const given = isJsonObject(value) ? value : {};
  for (const [name, instead, hint] of deprecated) {
    if (!isGiven(given, name)) continue;
    warn(
      `# Warning: '${name}' is deprecated. Please use '${instead}' instead. ${hint}Run 'kustomize edit fix' to update your Kustomization automatically.`,
    );
  }
  if (!Object.keys(given).some((name) => !["apiversion", "kind"].includes(name.toLowerCase()) && isGiven(given, name)))
    throw new CommandError("kustomization.yaml is empty");
  return withDefaults(read);
}

const isGiven = (given: JsonObject, name: string): boolean =>
  Object.entries(given).some(([key, value]) => key.toLowerCase() === name.toLowerCase() && value !== null && value !== "");

function withDefaults(read: Kustomization): Kustomization {
  const generated = (generators: readonly Generator[]): readonly Generator[] =>
    generators.map((each) => (each.env === "" ? each : { ...each, envs: [...each.envs, each.env] }));
  const kindRead = read.kind === "" ? "Kustomization" : read.kind;
  const versionOfKind = `kustomize.config.k8s.io/${kindRead === "Component" ? "v1alpha1" : "v1beta1"}`;
  return {
    ...read,
    kind: kindRead,
    apiVersion: read.apiVersion === "" ? versionOfKind : read.apiVersion,
    resources: [...read.resources, ...read.bases],
    images: [...read.images, ...read.imageTags],
    configMapGenerator: generated(read.configMapGenerator),
    secretGenerator: generated(read.secretGenerator),
  };
}

/** What the file may not be; in the words of upstream. */
export function problemsOf({ kind: given, apiVersion }: Kustomization): readonly string[] {
  const wanted = `kustomize.config.k8s.io/${given === "Component" ? "v1alpha1" : "v1beta1"}`;
  return [
    ...(["Kustomization", "Component"].includes(given) ? [] : ["kind should be Kustomization or Component"]),
    ...(apiVersion === wanted ? [] : [`apiVersion for ${given} should be ${wanted}`]),
  ];
}
