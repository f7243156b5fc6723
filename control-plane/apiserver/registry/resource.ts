import { apiVersionOf, createFieldManager, type FieldManager, groupResourceOf, type Kind, type KubernetesObject } from "@kubets/machinery";
import { CachedObject, encodeStored, type StoredForm, storedFormOf } from "../watch-cache/cached-object.ts";
import type { ResourceCatalog } from "../resource-catalog.ts";
import type { KindCache } from "../watch-cache/kind-cache.ts";
import { bookmarkOf, type WatchCache } from "../watch-cache/watch-cache.ts";

/** A kind as the registry serves it: the version that is served, and where its stored version is kept. */
export interface Resource {
  readonly kind: Kind;
  readonly cache: KindCache;
  /** `pods`, `deployments.apps`. */
  readonly name: string;
  keyOf(namespace: string, name: string): string;
  /** The object of the cache in the version that is served; the same for all readers. {@link prepare} must have been awaited for it. */
  show(stored: CachedObject): CachedObject;
  /** Has the objects converted that somebody else converts; `undefined` where nothing has to be awaited. */
  readonly prepare: ((stored: readonly CachedObject[]) => Promise<void>) | undefined;
  /** The bytes for the store of an object in the version that is served. */
  encode(object: KubernetesObject): Uint8Array | Promise<Uint8Array>;
  /** What was written, as it will stand in the cache, in the version that is served. */
  written(key: string, stored: Uint8Array, revision: number): CachedObject | Promise<CachedObject>;
  /** What would have been written; revision 0 for what isn't there yet. */
  unwritten(key: string, stored: Uint8Array, revision: number): CachedObject | Promise<CachedObject>;
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
  const unwritten = (key: string, stored: Uint8Array, revision: number): CachedObject => cache.cached(key, stored, revision);
  const written = (key: string, stored: Uint8Array, revision: number): CachedObject => {
    // The watch cache may have it by now, and then it is the one that everybody shares.
    const cached = cache.get(key);
    return cached?.revision === revision ? cached : unwritten(key, stored, revision);
  };
  if (storedAs === undefined)
    return { ...common, show: (stored) => stored, prepare: undefined, encode: (object) => encodeStored(kind, object), written, unwritten };
  const show = versionView(kind, storedAs.fromStored);
  const encode = (object: KubernetesObject): Uint8Array =>
    encodeStored(storedAs.kind, { ...storedAs.toStored(object), kind: storedAs.kind.kind, apiVersion: apiVersionOf(storedAs.kind) });
  const { converter } = storedAs;
  if (converter === undefined) {
    return {
      ...common,
      show,
      prepare: undefined,
      encode,
      written: (key, stored, revision) => show(written(key, stored, revision)),
      unwritten: (key, stored, revision) => show(unwritten(key, stored, revision)),
    };
  }
  const prepare = (stored: readonly CachedObject[]): Promise<void> =>
    converter.prepareToServe(stored.filter(({ key }) => key !== "").map(({ object }) => object));
  const shown = async (stored: CachedObject): Promise<CachedObject> => {
    await prepare([stored]);
    return show(stored);
  };
  return {
    ...common,
    show,
    prepare,
    async encode(object) {
      await converter.prepareToStore(object);
      return encode(object);
    },
    written: (key, stored, revision) => shown(written(key, stored, revision)),
    unwritten: (key, stored, revision) => shown(unwritten(key, stored, revision)),
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
  // Managers' fields are told by their names: asking somebody else for every version that a manager wrote would cost more than it tells.
  if (from.storedAs?.converter !== undefined) return { ...object, kind: to.kind, apiVersion: apiVersionOf(to) };
  const stored = from.storedAs === undefined ? object : from.storedAs.toStored(object);
  const converted = to.storedAs === undefined ? stored : to.storedAs.fromStored(stored);
  return { ...converted, kind: to.kind, apiVersion: apiVersionOf(to) };
}

function viewed({ key, revision }: CachedObject, bytes: Uint8Array, form: StoredForm): CachedObject {
  return revision === 0 ? new CachedObject(key, 0, bytes, form) : CachedObject.stored(key, revision, bytes, form);
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
      const converted = fromStored(stored.object);
      const object = { ...converted, kind: kind.kind, apiVersion: apiVersionOf(kind) };
      // What is served as it is stored need not be written again.
      if (converted === stored.object) view = stored;
      else view = viewed(stored, encodeStored(kind, object), form);
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
}

/** `known`: kinds that the server itself reads and writes, whether they are served or not. */
export function createResources(catalog: Pick<ResourceCatalog, "kinds">, watchCache: WatchCache, known: readonly Kind[] = []): Resources {
  const made = new WeakMap<Kind, Resource>();
  let madeFor: readonly Kind[] | undefined;
  let byPath: ReadonlyMap<string, Kind> = new Map();
  /** What was asked for by its kind since. */
  let byKind = new Map<Kind, Resource>();
  const versionsOf = (kind: Kind) => (): readonly Kind[] => catalog.kinds.filter((other) => storedKindOf(other) === storedKindOf(kind));
  const resourceOf = (kind: Kind): Resource => {
    let resource = made.get(kind);
    if (resource === undefined) made.set(kind, (resource = createResource(kind, watchCache, versionsOf(kind))));
    return resource;
  };
  const refreshed = (): ReadonlyMap<string, Kind> => {
    const { kinds } = catalog;
    if (kinds === madeFor) return byPath;
    madeFor = kinds;
    byKind = new Map();
    byPath = new Map(kinds.filter(isStored).map((kind) => [`${apiVersionOf(kind)}/${kind.resource}`, kind]));
    return byPath;
  };
  const find: Resources["find"] = ({ group, version, resource }) => {
    const kind = refreshed().get(`${apiVersionOf({ group, version })}/${resource}`);
    return kind === undefined ? undefined : resourceOf(kind);
  };
  return {
    find,
    of(kind) {
      refreshed();
      const asked = byKind.get(kind);
      if (asked !== undefined) return asked;
      const resource = find(kind) ?? (known.includes(kind) && isStored(kind) ? resourceOf(kind) : undefined);
      if (resource === undefined) throw new Error(`Cannot serve ${groupResourceOf(kind)}: its kind was not given to the server`);
      byKind.set(kind, resource);
      return resource;
    },
  };
}
