import { type Namespace, NamespaceKind } from "@kubets/api";
import { type Caches, type Change, type Controller, watch, watchChanges } from "@kubets/client";
import type { Kind, KubernetesObject } from "@kubets/machinery";
import { customKinds, declaredByDefinitions } from "../custom-resources/custom-kinds.ts";
import { type Observed, reconcile, type Remainder } from "./reconcile.ts";

/** Empties a namespace that is being deleted, and lets it go when nothing is left. `kinds`: those of the program; custom ones come and go. */
export function namespaceController(kinds: readonly Kind[]): Controller<Observed> {
  const builtIn = kinds.filter(isContent);
  const contentKinds = (caches: Caches): readonly Kind[] => [...builtIn, ...customKinds(caches).filter(isContent)];
  const terminating = ({ object, previous }: Change<KubernetesObject>, caches: Caches): readonly string[] => {
    const name = (object ?? previous)!.metadata.namespace ?? "";
    return caches.of(NamespaceKind).get(name)?.metadata.deletionTimestamp === undefined ? [] : [name];
  };
  return {
    name: "namespace",
    watches: [watch(NamespaceKind), ...builtIn.map((kind) => watchChanges(kind, terminating))],
    declaredKinds: declaredByDefinitions((kind) => (isContent(kind) ? [watchChanges(kind, terminating)] : [])),
    observe(key, caches) {
      const namespace: Namespace | undefined = caches.of(NamespaceKind).get(key);
      if (namespace?.metadata.deletionTimestamp === undefined) return undefined;
      const content = contentKinds(caches).map((kind): Remainder => ({ kind, objects: caches.find(kind)?.list({ namespace: key }) ?? [] }));
      return { namespace, content };
    },
    reconcile,
  };
}

/** Kinds whose objects live in namespaces and are stored. */
function isContent({ scope, verbs, storedAs }: Kind): boolean {
  return scope === "Namespaced" && verbs.includes("list") && verbs.includes("delete") && storedAs === undefined;
}
