import { apiVersionOf, createFieldManager, type FieldManager, groupResourceOf, type Kind, type KubernetesObject } from "@kubets/machinery";
import { CachedObject, encodeStored, spliceRevision, type StoredForm, storedFormOf } from "../watch-cache/cached-object.ts";
import type { KindCache } from "../watch-cache/kind-cache.ts";
import { bookmarkOf, type WatchCache } from "../watch-cache/watch-cache.ts";

/** A kind as the registry serves it: the version that is served, and where its stored version is kept. */
export interface Resource {
  readonly kind: Kind;
  readonly cache: KindCache;
  /** `pods`, `deployments.apps`. */
  readonly name: string;
  keyOf(namespace: string, name: string): string;
  /** The object of the cache in the version that is served; the same for all readers. */
  show(stored: CachedObject): CachedObject;
  /** The bytes for the store of an object in the version that is served. */
  encode(object: KubernetesObject): Uint8Array;
  /** What was written, as it will stand in the cache, in the version that is served. */
  written(key: string, stored: Uint8Array, revision: number): CachedObject;
  /** What would have been written; revision 0 for what isn't there yet. */
  unwritten(key: string, stored: Uint8Array, revision: number): CachedObject;
  /** Who keeps track of who manages which fields, in writes to a subresource. */
  fieldManager(subresource: string): FieldManager;
}

/** The kinds whose objects are kept; the others (reviews, bindings) are answered and forgotten. */
export function isStored({ verbs }: Kind): boolean {
  return verbs.includes("get");
}

/** `versions`: all kinds that are kept as the same stored one, in which managers may have named their fields. */
export function createResource(kind: Kind, watchCache: WatchCache, versions: () => readonly Kind[] = () => []): Resource {
  const { storedAs } = kind;
  const cache = watchCache.of(storedAs?.kind ?? kind);
  const common = {
    kind,
    cache,
    name: groupResourceOf(kind),
    keyOf: (namespace: string, name: string) => cache.keyOf(namespace, name),
    fieldManager: fieldManagersOf(kind, versions),
  };
  const unwritten = (key: string, stored: Uint8Array, revision: number): CachedObject =>
    revision === 0 ? new CachedObject(key, 0, stored, cache.form) : CachedObject.stored(key, revision, stored, cache.form);
  const written = (key: string, stored: Uint8Array, revision: number): CachedObject => {
    // The watch cache may have it by now, and then it is the one that everybody shares.
    const cached = cache.get(key);
    return cached?.revision === revision ? cached : unwritten(key, stored, revision);
  };
  if (storedAs === undefined)
    return { ...common, show: (stored) => stored, encode: (object) => encodeStored(kind, object), written, unwritten };
  const show = versionView(kind, storedAs.fromStored);
  return {
    ...common,
    show,
    encode: (object) =>
      encodeStored(storedAs.kind, { ...storedAs.toStored(object), kind: storedAs.kind.kind, apiVersion: apiVersionOf(storedAs.kind) }),
    written: (key, stored, revision) => show(written(key, stored, revision)),
    unwritten: (key, stored, revision) => show(unwritten(key, stored, revision)),
  };
}

function fieldManagersOf(kind: Kind, versions: () => readonly Kind[]): Resource["fieldManager"] {
  const bySubresource = new Map<string, FieldManager>();
  const version = (apiVersion: string): ReturnType<Parameters<typeof createFieldManager>[0]["version"]> => {
    const other = versions().find((each) => apiVersionOf(each) === apiVersion);
    return other === undefined ? undefined : { kind: other, convert: (object) => convert(object, kind, other) };
  };
  return (subresource) => {
    let manager = bySubresource.get(subresource);
    if (manager === undefined) bySubresource.set(subresource, (manager = createFieldManager({ kind, subresource, version })));
    return manager;
  };
}

/** By way of the stored version, which all others know. */
function convert(object: KubernetesObject, from: Kind, to: Kind): KubernetesObject {
  const stored = from.storedAs === undefined ? object : from.storedAs.toStored(object);
  const converted = to.storedAs === undefined ? stored : to.storedAs.fromStored(stored);
  return { ...converted, kind: to.kind, apiVersion: apiVersionOf(to) };
}

function withRevision(stored: Uint8Array, form: StoredForm, revision: number): Uint8Array {
  return revision === 0 ? stored : spliceRevision(stored, form, revision);
}

/** Objects of the stored version as another version, each converted once. */
function versionView(kind: Kind, fromStored: (stored: KubernetesObject) => KubernetesObject): (stored: CachedObject) => CachedObject {
  const form: StoredForm = storedFormOf(kind);
  const views = new WeakMap<CachedObject, CachedObject>();
  return (stored) => {
    // A bookmark has no key: there is nothing in it to convert but what it says it is of.
    if (stored.key === "") return bookmarkOf(kind, stored.revision, stored.object.metadata.annotations);
    let view = views.get(stored);
    if (view === undefined) {
      const object = { ...fromStored(stored.object), kind: kind.kind, apiVersion: apiVersionOf(kind) };
      view = new CachedObject(stored.key, stored.revision, withRevision(encodeStored(kind, object), form, stored.revision), form);
      views.set(stored, view);
    }
    return view;
  };
}

function storedKindOf(kind: Kind): Kind {
  return kind.storedAs?.kind ?? kind;
}

/** All resources, by group, version and plural name. */
export interface Resources {
  find(info: { readonly group: string; readonly version: string; readonly resource: string }): Resource | undefined;
  of(kind: Kind): Resource;
  readonly all: readonly Resource[];
}

export function createResources(kinds: readonly Kind[], watchCache: WatchCache): Resources {
  const byPath = new Map<string, Resource>();
  for (const kind of kinds.filter(isStored)) {
    const versions = (): readonly Kind[] => kinds.filter((other) => storedKindOf(other) === storedKindOf(kind));
    byPath.set(`${apiVersionOf(kind)}/${kind.resource}`, createResource(kind, watchCache, versions));
  }
  const find: Resources["find"] = ({ group, version, resource }) => byPath.get(`${apiVersionOf({ group, version })}/${resource}`);
  return {
    find,
    of(kind) {
      const resource = find(kind);
      if (resource === undefined) throw new Error(`Cannot serve ${groupResourceOf(kind)}: its kind was not given to the server`);
      return resource;
    },
    all: [...byPath.values()],
  };
}
