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
  /** Not there, or another object has its name. */
  | { readonly state: "absent"; readonly kind: Kind; readonly namespace: string | undefined };

/** Who owns whom, read from the caches of all kinds. */
export interface Graph {
  keyOf(kind: Kind, object: KubernetesObject): string;
  find(key: string, caches: Caches): Located | undefined;
  ownerOf(reference: OwnerReference, namespace: string | undefined, caches: Caches): Owner;
  dependentsOf(owner: KubernetesObject, caches: Caches): readonly Located[];
}

export function graphOf(kinds: readonly Kind[]): Graph {
  const byResource = new Map(kinds.map((kind) => [groupResourceOf(kind), kind]));
  const byKind = new Map(kinds.map((kind) => [`${kind.kind}.${kind.group}`, kind]));
  return {
    keyOf: (kind, object) => `${groupResourceOf(kind)} ${objectKey(object)}`,
    find(key, caches) {
      const [resource = "", objectName = ""] = key.split(" ");
      const kind = byResource.get(resource);
      const object = kind === undefined ? undefined : caches.of(kind).get(objectName);
      return kind === undefined || object === undefined ? undefined : { kind, object };
    },
    ownerOf({ apiVersion, kind: kindName, name, uid }, namespace, caches) {
      const group = apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
      const kind = byKind.get(`${kindName}.${group}`);
      // An object of cluster scope can't be owned from within a namespace: such a reference is never resolved, and never deletes.
      if (kind === undefined || (kind.scope === "Namespaced" && namespace === undefined)) return { state: "solid" };
      const within = kind.scope === "Namespaced" ? namespace : undefined;
      const object = caches.of(kind).get(within === undefined ? name : `${within}/${name}`);
      if (object === undefined || object.metadata.uid !== uid) return { state: "absent", kind, namespace: within };
      return isWaitingForDependents(object) ? { state: "waiting", kind, object } : { state: "solid" };
    },
    dependentsOf({ metadata }, caches) {
      return kinds.flatMap((kind) =>
        caches
          .of(kind)
          .byIndex("dependents", metadata.uid)
          .filter((object) => metadata.namespace === undefined || object.metadata.namespace === metadata.namespace)
          .map((object): Located => ({ kind, object })),
      );
    },
  };
}
