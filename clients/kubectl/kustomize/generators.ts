import { base64OfBytes } from "@kubets/machinery";
import { CommandError } from "../errors.ts";
import type { JsonObject } from "../json-object.ts";
import type { Root } from "./files.ts";
import { readKeyValues, textOfBytes } from "./key-values.ts";
import type { Generator, GeneratorOptions } from "./kustomization.ts";
import { describeId } from "./resource-id.ts";
import { annotationsOf, type Behavior, calledSo, currentId, labelsOf, appended, type Resource, resourceOf, withTexts } from "./resource.ts";
import { textsOf } from "./scalars.ts";

/** Makes a ConfigMap or a Secret. What the kustomization says of all of them counts where the one says nothing of its own. */
export async function generated(
  kind: "ConfigMap" | "Secret",
  generator: Generator,
  { root, options }: { readonly root: Root; readonly options: GeneratorOptions | undefined },
): Promise<Resource> {
  const { name, namespace } = generator;
  if (name === "") throw new CommandError("a configmap must have a name");
  const values = await readKeyValues(generator, root);
  const { labels, annotations, disableNameSuffixHash, immutable } = mergedOptions(generator.options, options);
  const base: JsonObject = {
    apiVersion: "v1",
    kind,
    metadata: { name, ...(namespace === "" ? {} : { namespace }) },
    ...(kind === "ConfigMap" ? dataOfConfigMap(values) : { type: generator.type || "Opaque", data: dataOfSecret(values) }),
    ...(immutable ? { immutable } : {}),
  };
  const object = withTexts(withTexts(base, "labels", labels), "annotations", annotations);
  return { ...resourceOf(object), needsHash: !disableNameSuffixHash, behavior: behaviorOf(generator.behavior) };
}

const noOptions: GeneratorOptions = { labels: {}, annotations: {}, disableNameSuffixHash: false, immutable: false };

function mergedOptions(own: GeneratorOptions = noOptions, all: GeneratorOptions = noOptions): GeneratorOptions {
  return {
    labels: { ...all.labels, ...own.labels },
    annotations: { ...all.annotations, ...own.annotations },
    disableNameSuffixHash: own.disableNameSuffixHash || all.disableNameSuffixHash,
    immutable: own.immutable || all.immutable,
  };
}

const behaviorOf = (text: string): Behavior => (text === "merge" || text === "replace" ? text : "create");

function dataOfConfigMap(values: ReadonlyMap<string, Uint8Array>): JsonObject {
  const read = Array.from(values, ([key, bytes]) => ({ key, bytes, text: textOfBytes(bytes) }));
  const data = read.flatMap(({ key, text }) => (text === undefined ? [] : [[key, text] as const]));
  const binaryData = read.flatMap(({ key, bytes, text }) => (text === undefined ? [[key, base64InLines(bytes)] as const] : []));
  return {
    ...(data.length === 0 ? {} : { data: Object.fromEntries(data) }),
    ...(binaryData.length === 0 ? {} : { binaryData: Object.fromEntries(binaryData) }),
  };
}

function dataOfSecret(values: ReadonlyMap<string, Uint8Array>): JsonObject {
  return Object.fromEntries(Array.from(values, ([key, bytes]) => [key, base64InLines(bytes)]));
}

/** What doesn't fit into a line of 70 characters is broken into several, each of which is ended. */
function base64InLines(bytes: Uint8Array): string {
  const text = base64OfBytes(bytes);
  return text.length < 70 ? text : text.replace(/.{1,70}/g, "$&\n");
}

/** Adds what was generated: a new resource, or what merges with or replaces the one that is called so or once was. */
export function absorbed(resources: readonly Resource[], resource: Resource): readonly Resource[] {
  const id = currentId(resource);
  const matches = calledSo(resources, id);
  const [old] = matches;
  if (old === undefined) {
    if (resource.behavior === "create") return appended(resources, [resource]);
    throw new CommandError(`id ${describeId(id)} does not exist; cannot merge or replace`);
  }
  if (matches.length > 1) throw new CommandError(`found multiple objects that could accept merge of ${describeId(id)}`);
  if (resource.behavior === "create") throw new CommandError(`id ${describeId(id)} exists; behavior must be merge or replace`);
  const replacing = inPlaceOf(old, resource);
  const merged =
    resource.behavior === "merge"
      ? { ...replacing, object: withDataOf(old.object, replacing.object) }
      : { ...replacing, ...(resource.origin === undefined ? {} : { origin: resource.origin }) };
  return resources.map((each) => (each === old ? merged : each));
}

/** A resource with the name, the past, and what it doesn't say of labels and annotations of another one. */
function inPlaceOf(old: Resource, resource: Resource): Resource {
  const { name, namespace } = currentId(old);
  const metadata = { ...(resource.object["metadata"] as JsonObject), name };
  const placed = { ...resource.object, metadata: namespace === "" ? without(metadata, "namespace") : { ...metadata, namespace } };
  const labeled = withTexts(placed, "labels", { ...labelsOf(old), ...labelsOf(resource) });
  return {
    ...old,
    object: withTexts(labeled, "annotations", { ...annotationsOf(old), ...annotationsOf(resource) }),
    needsHash: old.needsHash && resource.needsHash,
  };
}

function withDataOf(old: JsonObject, object: JsonObject): JsonObject {
  return ["data", "binaryData"].reduce((merged, field) => {
    const values = { ...textsOf(old[field]), ...textsOf(merged[field]) };
    return Object.keys(values).length === 0 ? without(merged, field) : { ...merged, [field]: values };
  }, object);
}

function without(object: JsonObject, field: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== field));
}
