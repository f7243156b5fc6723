import { isChargedTo, isCountedByQuotas, type ResourceQuota, ResourceQuotaKind } from "@kubets/api";
import { type Caches, type Controller, objectKey, watch } from "@kubets/client";
import type { Kind, KubernetesObject } from "@kubets/machinery";
import { type Observed, reconcile } from "./reconcile.ts";

/**
 * Says of each ResourceQuota how much of it is used. What is created is reserved by admission beforehand; this makes good what
 * it couldn't know: that objects went, or never came to be. `kinds`: all that are served.
 */
export function resourceQuotaController(kinds: readonly Kind[]): Controller<Observed> {
  const counted = kinds.filter((kind) => isCountedByQuotas(kind) && kind.storedAs === undefined && !isQuota(kind));
  return {
    name: "resourcequota",
    watches: [
      // A quota may limit how many quotas there are.
      watch(ResourceQuotaKind, {
        keys: (quota, caches) => [objectKey(quota), ...limiting(ResourceQuotaKind as unknown as Kind)(quota, caches)],
      }),
      ...counted.map((kind) => watch(kind, { keys: limiting(kind) })),
    ],
    observe(key, caches) {
      const quota = caches.of(ResourceQuotaKind).get(key);
      if (quota === undefined) return undefined;
      const namespace = quota.metadata.namespace ?? "";
      const limited = [...counted, ResourceQuotaKind as unknown as Kind].filter((kind) => limits(quota, kind));
      return { quota, charged: limited.map((kind) => ({ kind, objects: caches.of(kind).list({ namespace }) })) };
    },
    reconcile,
  };
}

function isQuota({ group, resource }: Kind): boolean {
  return group === ResourceQuotaKind.group && resource === ResourceQuotaKind.resource;
}

function limits({ spec }: ResourceQuota, kind: Kind): boolean {
  return Object.keys(spec.hard ?? {}).some((resource) => isChargedTo(resource, kind));
}

/** The quotas of the namespace that limit objects of the kind. */
function limiting(kind: Kind): (object: KubernetesObject, caches: Caches) => readonly string[] {
  return ({ metadata }, caches) =>
    caches
      .of(ResourceQuotaKind)
      .list({ namespace: metadata.namespace ?? "" })
      .filter((quota) => limits(quota, kind))
      .map(objectKey);
}
