import { type ChargedObjects, quotaUsage, type ResourceQuota } from "@kubets/api";
import { addQuantities, groupResourceOf, type Instant, type Kind, type KubernetesObject } from "@kubets/machinery";
import type { Now, ObjectReader } from "../../contracts.ts";

/** What was let in and isn't seen yet: between its admission and its commit, nothing else knows of an object. */
export interface Reservations {
  add(kind: Kind, object: KubernetesObject): void;
  /** The object is known to be there, or gone. */
  drop(uid: string): void;
  /** What the objects of a kind take of a quota: those that are there, and those on their way but for the one of a uid. */
  usage(quota: ResourceQuota, kind: Kind, exceptFor: string): ReturnType<typeof quotaUsage>;
}

/** A write that takes longer has failed: what it reserved is given back. */
const longestWrite = 10_000;

export function createReservations({ reader, clock }: { readonly reader: ObjectReader; readonly clock: Now }): Reservations {
  const underWay = new Map<string, { readonly kind: Kind; readonly object: KubernetesObject; readonly until: number }>();
  const isOver = (kind: Kind, { metadata }: KubernetesObject, until: number, now: Instant): boolean =>
    until <= now || reader.get(kind, metadata.namespace ?? "", metadata.name)?.metadata.uid === metadata.uid;
  return {
    add(kind, object) {
      underWay.set(object.metadata.uid, { kind, object, until: clock.now() + longestWrite });
    },
    drop: (uid) => void underWay.delete(uid),
    usage(quota, kind, exceptFor) {
      const now = clock.now();
      const namespace = quota.metadata.namespace ?? "";
      const coming: KubernetesObject[] = [];
      for (const [uid, { kind: its, object, until }] of underWay) {
        if (isOver(its, object, until, now)) underWay.delete(uid);
        else if (uid !== exceptFor && object.metadata.namespace === namespace && groupResourceOf(its) === groupResourceOf(kind))
          coming.push(object);
      }
      const charged: ChargedObjects = { kind, objects: reader.list(kind, namespace) };
      const present = quotaUsage(quota, [charged]);
      if (coming.length === 0) return present;
      const total = new Map(present);
      for (const [name, amount] of quotaUsage(quota, [{ kind, objects: coming }])) total.set(name, addQuantities(total.get(name)!, amount));
      return total;
    },
  };
}
