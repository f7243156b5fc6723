import { type Namespace, NamespaceKind } from "@kubets/api";
import { type Caches, type Controller, watch } from "@kubets/client";
import type { Kind, KubernetesObject } from "@kubets/machinery";
import { type Observed, reconcile, type Remainder } from "./reconcile.ts";

/** Empties a namespace that is being deleted, and lets it go when nothing is left. `kinds`: all that are served. */
export function namespaceController(kinds: readonly Kind[]): Controller<Observed> {
  const contentKinds = kinds.filter(isContent);
  const terminating = ({ metadata }: KubernetesObject, caches: Caches): readonly string[] => {
    const name = metadata.namespace ?? "";
    return caches.of(NamespaceKind).get(name)?.metadata.deletionTimestamp === undefined ? [] : [name];
  };
  return {
    name: "namespace",
    watches: [watch(NamespaceKind), ...contentKinds.map((kind) => watch(kind, { keys: terminating }))],
    observe(key, caches) {
      const namespace: Namespace | undefined = caches.of(NamespaceKind).get(key);
      if (namespace?.metadata.deletionTimestamp === undefined) return undefined;
      const content = contentKinds.map((kind): Remainder => ({ kind, objects: caches.of(kind).list({ namespace: key }) }));
      return { namespace, content };
    },
    reconcile,
  };
}

/** Kinds whose objects live in namespaces and are stored. */
function isContent({ scope, verbs, storedAs }: Kind): boolean {
  return scope === "Namespaced" && verbs.includes("list") && verbs.includes("delete") && storedAs === undefined;
}
