import { type Namespace, NamespaceKind, type ServiceAccount, ServiceAccountKind } from "@kubets/api";
import { type Controller, create, type Decision, nothing, watch } from "@kubets/client";

/** What a Pod runs as when it doesn't say. */
const defaultName = "default";

export interface Observed {
  readonly namespace: Namespace;
  readonly serviceAccount: ServiceAccount | undefined;
}

/** Gives every namespace the service account `default`. */
export const serviceAccountController: Controller<Observed> = {
  name: "serviceaccount",
  watches: [
    watch(NamespaceKind),
    watch(ServiceAccountKind, {
      keys: ({ metadata }) => (metadata.name === defaultName && metadata.namespace !== undefined ? [metadata.namespace] : []),
    }),
  ],
  observe(key, caches) {
    const namespace = caches.of(NamespaceKind).get(key);
    return namespace === undefined ? undefined : { namespace, serviceAccount: caches.of(ServiceAccountKind).get(`${key}/${defaultName}`) };
  },
  reconcile,
};

export function reconcile({ namespace, serviceAccount }: Observed): Decision {
  if (namespace.status.phase === "Terminating" || serviceAccount !== undefined) return nothing;
  return { actions: [create(ServiceAccountKind, { metadata: { name: defaultName, namespace: namespace.metadata.name } })] };
}
