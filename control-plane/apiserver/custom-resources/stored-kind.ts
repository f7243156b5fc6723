import type { CustomResourceDefinition } from "@kubets/api";
import { allVerbs, encodeObject, type Kind, type KubernetesObject, type KindValues, objectMeta, type Schema } from "@kubets/machinery";
import { topologyOf } from "./topology.ts";

/** An object of a kind that was declared at run time. */
export interface CustomObject extends KubernetesObject {
  readonly [field: string]: unknown;
}

/**
 * The kind under which the objects of a definition lie in the store: in the version that they were written in, as they were written.
 * Nobody is served it; the served versions are views of it.
 */
export function storedKindOf({ spec, status }: CustomResourceDefinition): Kind<CustomObject> {
  const version = spec.versions.find(({ storage }) => storage)!;
  const names = status.acceptedNames;
  return {
    group: spec.group,
    version: version.name,
    kind: names.kind,
    resource: names.plural,
    singular: names.singular ?? "",
    shortNames: [],
    categories: [],
    scope: spec.scope === "Cluster" ? "Cluster" : "Namespaced",
    schema: topologyOf(version.schema?.openAPIV3Schema ?? {}, "") as unknown as Schema<CustomObject>,
    verbs: allVerbs,
    subresources: {},
    columns: [],
    selectableFields: {},
    strategy: {},
    values: storedValues,
  };
}

const storedValues: KindValues<CustomObject> = {
  decode: (value) => ({ object: value as CustomObject, unknownFields: [] }),
  complete: (object) => object,
  encode: encodeCustomObject,
};

/** The form in which custom objects are written: metadata as ever, and the fields of all objects by name, so that equal objects are equal bytes. */
export function encodeCustomObject(object: CustomObject): CustomObject {
  const { kind, apiVersion, metadata, ...rest } = object;
  return { kind, apiVersion, metadata: encodeObject(objectMeta, metadata), ...(byName(rest) as object) };
}

function byName(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    let changed: unknown[] | undefined;
    for (let index = 0; index < value.length; index++) {
      const item = byName(value[index]);
      if (item !== value[index]) (changed ??= value.slice())[index] = item;
    }
    return changed ?? value;
  }
  const source = value as Readonly<Record<string, unknown>>;
  let last = "";
  let isOrdered = true;
  let changed: Map<string, unknown> | undefined;
  for (const name in source) {
    if (name < last) isOrdered = false;
    last = name;
    const inner = byName(source[name]);
    if (inner !== source[name]) (changed ??= new Map()).set(name, inner);
  }
  if (isOrdered && changed === undefined) return value;
  const names = Object.keys(source);
  if (!isOrdered) names.sort();
  return Object.fromEntries(names.map((name) => [name, changed?.has(name) === true ? changed.get(name) : source[name]]));
}
