import { NamespaceKind } from "@kubets/api";
import { type Caches, objectKey } from "@kubets/client";
import { groupResourceOf, type Kind, type KubernetesObject, type OwnerReference } from "@kubets/machinery";
import { isWaitingForDependents } from "./reconcile.ts";

/** An object and its kind. */
export interface Located {
  readonly kind: Kind;
  readonly object: KubernetesObject;
}

/** What became of an owner, as far as the caches know. */
export type Owner =
  /** There, and staying; or of a kind that isn't served, of which nothing can be said. */
  | { readonly state: "solid" }
  /** There, but being deleted in the foreground: it waits for its dependents. */
  | ({ readonly state: "waiting" } & Located)
  /** Not there, or another object has its name. `isElsewhere`: it is in another namespace, from which nothing can be owned here. */
  | { readonly state: "absent"; readonly kind: Kind; readonly namespace: string | undefined; readonly isElsewhere: boolean }
  /** Within some namespace, which an object of cluster scope can't name: it is never found, and nothing follows from it. */
  | { readonly state: "unreachable" };

/** Who owns whom, read from the caches of all kinds. */
export interface Graph {
  keyOf(kind: Kind, object: KubernetesObject): string;
  find(key: string, caches: Caches): Located | undefined;
  ownerOf(reference: OwnerReference, namespace: string | undefined, caches: Caches): Owner;
  dependentsOf(owner: KubernetesObject, caches: Caches): readonly Located[];
  /** The keys of all objects that name an owner of a kind. */
  ownedBy(kind: Kind, caches: Caches): Iterable<string>;
}

interface KindsByName {
  readonly kinds: readonly Kind[];
  readonly byResource: ReadonlyMap<string, Kind>;
  readonly byKind: ReadonlyMap<string, Kind>;
}

/** `kindsOf`: the kinds whose objects own and are owned, as far as the caches know them. */
export function graphOf(kindsOf: (caches: Caches) => readonly Kind[]): Graph {
  let last: KindsByName = namesOf([]);
  const namesIn = (caches: Caches): KindsByName => {
    const kinds = kindsOf(caches);
    const isSame = kinds.length === last.kinds.length && kinds.every((kind, index) => kind === last.kinds[index]);
    return isSame ? last : (last = namesOf(kinds));
  };
  return {
    keyOf: (kind, object) => `${groupResourceOf(kind)} ${objectKey(object)}`,
    find(key, caches) {
      const [resource = "", objectName = ""] = key.split(" ");
      const kind = namesIn(caches).byResource.get(resource);
      const object = kind === undefined ? undefined : caches.find(kind)?.get(objectName);
      return kind === undefined || object === undefined ? undefined : { kind, object };
    },
    ownerOf({ apiVersion, kind: kindName, name, uid }, namespace, caches) {
      const group = apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
      const kind = namesIn(caches).byKind.get(`${kindName}.${group}`);
      const objects = kind === undefined ? undefined : caches.find(kind);
      if (kind === undefined || objects === undefined) return { state: "solid" };
      if (kind.scope === "Namespaced" && namespace === undefined) return { state: "unreachable" };
      const within = kind.scope === "Namespaced" ? namespace : undefined;
      const isIt = (place: string | undefined): boolean =>
        objects.get(place === undefined ? name : `${place}/${name}`)?.metadata.uid === uid;
      const object = objects.get(within === undefined ? name : `${within}/${name}`);
      if (object === undefined || object.metadata.uid !== uid) {
        const isElsewhere = within !== undefined && (caches.find(NamespaceKind)?.list() ?? []).some(({ metadata }) => isIt(metadata.name));
        return { state: "absent", kind, namespace: within, isElsewhere };
      }
      return isWaitingForDependents(object) ? { state: "waiting", kind, object } : { state: "solid" };
    },
    dependentsOf({ metadata }, caches) {
      const dependents: Located[] = [];
      // Over all kinds, with every change of an object that is owned: nothing is made for those that have none.
      for (const kind of namesIn(caches).kinds)
        for (const object of caches.find(kind)?.byIndex("dependents", metadata.uid) ?? [])
          if (metadata.namespace === undefined || object.metadata.namespace === metadata.namespace) dependents.push({ kind, object });
      return dependents;
    },
    *ownedBy(owner, caches) {
      const isOwner = ({ apiVersion, kind }: OwnerReference): boolean => kind === owner.kind && apiVersion.startsWith(`${owner.group}/`);
      for (const kind of namesIn(caches).kinds)
        for (const object of caches.find(kind)?.list() ?? [])
          if (object.metadata.ownerReferences?.some(isOwner) === true) yield this.keyOf(kind, object);
    },
  };
}

function namesOf(kinds: readonly Kind[]): KindsByName {
  return {
    kinds,
    byResource: new Map(kinds.map((kind) => [groupResourceOf(kind), kind])),
    byKind: new Map(kinds.map((kind) => [`${kind.kind}.${kind.group}`, kind])),
  };
}
