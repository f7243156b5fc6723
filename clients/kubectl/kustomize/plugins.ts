import { CommandError } from "../errors.ts";
import { type JsonObject, textAt } from "../json-object.ts";
import { gather, type Place } from "./accumulate.ts";
import { nothing } from "./accumulated.ts";
import { type Decode, flag, list, mapOf, type Position, struct, text } from "./decode.ts";
import type { FieldSpec } from "./field-specs.ts";
import type { Root } from "./files.ts";
import { generated } from "./generators.ts";
import { hashed } from "./hash.ts";
import {
  configMapArguments,
  fieldSpec,
  image,
  patch,
  replacementOrPath,
  replica,
  secretArguments,
  selectorOrNone,
} from "./read-kustomization.ts";
import type { Origin } from "./origin.ts";
import { readResources } from "./read-resources.ts";
import { appended, type Resource } from "./resource.ts";
import { plainOf } from "./scalars.ts";
import { addPrefix, addSuffix } from "./transformers/affixes.ts";
import { setImage } from "./transformers/images.ts";
import { addAnnotations, addLabels } from "./transformers/labels.ts";
import { setNamespace, type SubjectsInNamespace } from "./transformers/namespace.ts";
import { setReplicas } from "./transformers/replicas.ts";
import { eachResource, type Transformer } from "./transformers/transformer.ts";

// Steps that a kustomization takes by files of their own instead of by its fields. Those that are programs of others aren't run.

export interface Made {
  readonly resource: Resource;
  /** The generator. */
  readonly name: string;
  readonly origin: Origin | undefined;
}

/** What the files in `generators` make. */
export async function readGenerators(place: Place): Promise<readonly Made[]> {
  const { root, kustomization } = place.target;
  const made: Made[] = [];
  for (const { kind, config, metadata, origin } of await configurationsOf(place, kustomization.generators)) {
    const named = {
      ...config,
      name: textAt(config, "name") || metadata.name,
      namespace: textAt(config, "namespace") || metadata.namespace,
    };
    const options = { root, options: undefined };
    switch (kind) {
      case "ConfigMapGenerator":
        made.push({ resource: await generated("ConfigMap", configMapArguments(named, positionIn(kind)), options), name: kind, origin });
        break;
      case "SecretGenerator":
        made.push({ resource: await generated("Secret", secretArguments(named, positionIn(kind)), options), name: kind, origin });
        break;
      default:
        throw new CommandError(`unable to load builtin ${kind}.builtin.[noGrp]`);
    }
  }
  return made;
}

/** The steps that the files in `transformers` are. */
export async function readTransformers(place: Place): Promise<readonly Transformer[]> {
  const configurations = await configurationsOf(place, place.target.kustomization.transformers);
  const read = await Promise.all(
    configurations.map(async (each) => {
      const { origin } = each;
      return (await transformersOf(each, place.target.root)).map((step) => (origin === undefined ? step : { ...step, origin }));
    }),
  );
  return read.flat();
}

interface PluginConfiguration {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  /** What it is known by as the origin of what it makes. */
  readonly origin: Origin | undefined;
  /** All fields but those that every object has. */
  readonly config: JsonObject;
}

/** Each entry is a file, a folder with a kustomization, or an object itself. */
async function configurationsOf(place: Place, entries: readonly string[]): Promise<readonly PluginConfiguration[]> {
  let gathered = nothing;
  const paths: string[] = [];
  for (const entry of entries) {
    const inline = inlineResources(entry);
    if (inline === undefined) paths.push(entry);
    else gathered = { ...gathered, resources: appended(gathered.resources, inline) };
  }
  const { resources } = await gather(place, paths, gathered);
  return resources.map(({ object, origin }) => {
    const { apiVersion, kind, metadata, ...config } = plainOf(object) as JsonObject;
    if (apiVersion !== "builtin") throw new CommandError(`external plugins disabled; unable to load external plugin '${String(kind)}'`);
    const [name, namespace] = [textAt(metadata, "name"), textAt(metadata, "namespace")];
    return {
      kind: String(kind),
      metadata: { name, namespace },
      origin: originOf(place, { kind: String(kind), name, namespace }, origin),
      config,
    };
  });
}

function originOf(
  { folder, target, build }: Place,
  { kind, name, namespace }: { readonly kind: string; readonly name: string; readonly namespace: string },
  file: Origin | undefined,
): Origin | undefined {
  if (folder === undefined) return undefined;
  return {
    configuredIn: file?.path ?? build.files.join(folder, target.fileName),
    configuredBy: { apiVersion: "builtin", kind, name, ...(namespace === "" ? {} : { namespace }) },
  };
}

function inlineResources(entry: string): readonly Resource[] | undefined {
  try {
    return readResources(entry);
  } catch (error) {
    if (error instanceof CommandError) return undefined;
    throw error;
  }
}

const fieldSpecs: Decode<readonly FieldSpec[]> = list(fieldSpec);
const texts = mapOf(text);

/** Reads what a step is told; fields that it doesn't know are left out, as upstream does here. */
function read<T>(fields: { readonly [Name in keyof Required<T>]: Decode<T[Name]> }, { config, kind }: PluginConfiguration): T {
  return struct<T>(kind, fields)(config, positionIn(kind));
}

const positionIn = (kind: string): Position => ({ path: kind, leavesOutUnknown: true });

async function transformersOf(plugin: PluginConfiguration, root: Root): Promise<readonly Transformer[]> {
  switch (plugin.kind) {
    case "AnnotationsTransformer": {
      const { annotations, fieldSpecs: fields } = read({ annotations: texts, fieldSpecs }, plugin);
      return [addAnnotations(annotations, fields)];
    }
    case "LabelTransformer": {
      const { labels, fieldSpecs: fields } = read({ labels: texts, fieldSpecs }, plugin);
      return [addLabels(labels, fields)];
    }
    case "PrefixTransformer":
    case "SuffixTransformer":
    case "PrefixSuffixTransformer": {
      const { prefix, suffix, fieldSpecs: fields } = read({ prefix: text, suffix: text, fieldSpecs }, plugin);
      if (fields.length === 0) throw new CommandError(`plugin ${plugin.kind} fails configuration: fieldSpecs is not expected to be nil`);
      const takes = (affix: string): boolean => plugin.kind.startsWith(affix) || plugin.kind === "PrefixSuffixTransformer";
      return [...(takes("PrefixT") ? [addPrefix(prefix, fields)] : []), ...(takes("SuffixT") ? [addSuffix(suffix, fields)] : [])];
    }
    case "NamespaceTransformer":
      return [namespaceOf(plugin)];
    case "ImageTagTransformer": {
      const { imageTag, fieldSpecs: fields } = read({ imageTag: image, fieldSpecs }, plugin);
      return [setImage(imageTag, fields)];
    }
    case "ReplicaCountTransformer": {
      const { replica: given, fieldSpecs: fields } = read({ replica, fieldSpecs }, plugin);
      return [setReplicas(given, fields)];
    }
    case "HashTransformer":
      return [eachResource("HashTransformer", hashed)];
    case "ReplacementTransformer": {
      const { replacements } = read({ replacements: list(replacementOrPath) }, plugin);
      return [await (await import("./transformers/replacements.ts")).readReplacements(replacements, root)];
    }
    default:
      return patchersOf(plugin, root);
  }
}

function namespaceOf(plugin: PluginConfiguration): Transformer {
  const {
    fieldSpecs: fields,
    unsetOnly,
    setRoleBindingSubjects,
  } = read({ fieldSpecs, unsetOnly: flag, setRoleBindingSubjects: text }, plugin);
  const modes: readonly SubjectsInNamespace[] = ["defaultOnly", "none", "allServiceAccounts"];
  const subjects = setRoleBindingSubjects === "" ? "defaultOnly" : modes.find((mode) => mode === setRoleBindingSubjects);
  if (subjects === undefined)
    throw new CommandError(
      `invalid value "${setRoleBindingSubjects}" for setRoleBindingSubjects: must be one of "defaultOnly", "none" or "allServiceAccounts"`,
    );
  const { namespace } = plugin.metadata;
  if (namespace === "") return { name: plugin.kind, transform: (resources) => resources };
  return setNamespace(namespace, fields, { subjects, unsetOnly });
}

async function patchersOf(plugin: PluginConfiguration, root: Root): Promise<readonly Transformer[]> {
  const { readOldJsonPatch, readPatch, readStrategicMerges } = await import("./transformers/patches.ts");
  switch (plugin.kind) {
    case "PatchTransformer":
      return [await readPatch(patch(plugin.config, positionIn(plugin.kind)), root)];
    case "PatchStrategicMergeTransformer": {
      const { paths, patches } = read({ paths: list(text), patches: text }, plugin);
      return [await readStrategicMerges(patches === "" ? paths : [...paths, patches], root)];
    }
    case "PatchJson6902Transformer": {
      const { target, path, jsonOp } = read({ target: selectorOrNone, path: text, jsonOp: text }, plugin);
      return [await readOldJsonPatch({ path, patch: jsonOp, options: {}, ...(target === undefined ? {} : { target }) }, root)];
    }
    default:
      throw new CommandError(`unable to load builtin ${plugin.kind}.builtin.[noGrp]`);
  }
}
