import { CommandError } from "../errors.ts";
import { type JsonObject, objectAt, withMetadata } from "../json-object.ts";
import type { Origin } from "./origin.ts";
import { describeId, idOf, keyOf, namespaceThatCounts, type ResourceId } from "./resource-id.ts";
import { textsOf } from "./scalars.ts";

/** An object on its way through a kustomization, with what must be known of where it comes from. */
export interface Resource {
  readonly object: JsonObject;
  /** What it was called before each change, the first one first; the group and version are those of today. */
  readonly formerNames: readonly FormerName[];
  /** Those that were put before its name, one after the other. */
  readonly prefixes: readonly string[];
  readonly suffixes: readonly string[];
  /** Of a generated one: how it meets one of the same name. */
  readonly behavior?: Behavior;
  /** Whether its name is to end with a hash of what it holds. */
  readonly needsHash: boolean;
  /** The variables that take their values from it. */
  readonly variables: readonly string[];
  readonly origin?: Origin;
  readonly transformations: readonly Origin[];
}

export type Behavior = "create" | "merge" | "replace";

interface FormerName {
  readonly kind: string;
  readonly name: string;
  /** The one that counted. */
  readonly namespace: string;
}

export function resourceOf(object: JsonObject): Resource {
  return { object, formerNames: [], prefixes: [], suffixes: [], needsHash: false, variables: [], transformations: [] };
}

export function currentId({ object }: Resource): ResourceId {
  return idOf(object);
}

/** Every name that it had before, the first one first. */
export function formerIds(resource: Resource): readonly ResourceId[] {
  const { group, version } = currentId(resource);
  return resource.formerNames.map(({ kind, name, namespace }) => ({ group, version, kind, name, namespace }));
}

/** What it was called in the file that it comes from. */
export function originalId(resource: Resource): ResourceId {
  return formerIds(resource)[0] ?? currentId(resource);
}

export function allIds(resource: Resource): readonly ResourceId[] {
  return [...formerIds(resource), currentId(resource)];
}

/** Remembers what it is called now. */
export function remembered(resource: Resource): Resource {
  const id = currentId(resource);
  const former = { kind: id.kind, name: id.name, namespace: namespaceThatCounts(id) };
  return { ...resource, formerNames: [...resource.formerNames, former] };
}

export function renamed(resource: Resource, name: string): Resource {
  return { ...resource, object: withMetadata(resource.object, { name }) };
}

export function labelsOf({ object }: Resource): Readonly<Record<string, string>> {
  return textsOf(objectAt(object, "metadata")["labels"]);
}

export function annotationsOf({ object }: Resource): Readonly<Record<string, string>> {
  return textsOf(objectAt(object, "metadata")["annotations"]);
}

/** With these texts as a map of its metadata; without it when there are none. */
export function withTexts(object: JsonObject, field: "labels" | "annotations", texts: Readonly<Record<string, string>>): JsonObject {
  return withMetadata(object, { [field]: Object.keys(texts).length === 0 ? undefined : texts });
}

/** Adds resources to others. Throws for one that is there already. */
export function appended(resources: readonly Resource[], added: readonly Resource[]): readonly Resource[] {
  const keys = new Set(resources.map(currentKey));
  for (const resource of added) {
    const key = currentKey(resource);
    if (keys.has(key)) throw new CommandError(`may not add resource with an already registered id: ${describeId(currentId(resource))}`);
    keys.add(key);
  }
  return [...resources, ...added];
}

const knownKeys = new WeakMap<JsonObject, string>();

/** {@link keyOf} what it is called now; remembered, since whole lists are compared again for each file that is added. */
export function currentKey(resource: Resource): string {
  let key = knownKeys.get(resource.object);
  if (key === undefined) {
    key = keyOf(currentId(resource));
    knownKeys.set(resource.object, key);
  }
  return key;
}

/** Those that are called so now or were once. */
export function calledSo(resources: readonly Resource[], id: ResourceId): readonly Resource[] {
  const key = keyOf(id);
  return resources.filter((each) => allIds(each).some((candidate) => keyOf(candidate) === key));
}
