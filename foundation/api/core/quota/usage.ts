import { addQuantities, formatQuantity, type Kind, type KubernetesObject, type Quantity, zeroQuantity } from "@kubets/machinery";
import type { Pod } from "../pod/pod.ts";
import { amountsOf, type ResourceAmounts } from "../pod/resource-amounts.ts";
import type { ResourceQuota } from "../resource-quota.ts";
import { computeCharge, isChargedTo, quotaCharge } from "./charges.ts";
import { isInQuota } from "./scopes.ts";

/** What is limited, and by which objects it is taken. */
export interface ChargedObjects {
  readonly kind: Kind;
  readonly objects: Iterable<KubernetesObject>;
}

// A charge is asked for at every change in the namespace; objects never change.
const charges = new WeakMap<KubernetesObject, ResourceAmounts>();

function chargeOf(kind: Kind, object: KubernetesObject): ResourceAmounts {
  let charge = charges.get(object);
  if (charge === undefined) charges.set(object, (charge = quotaCharge(kind, object)));
  return charge;
}

/** How much of each resource that the quota limits objects of these kinds take; zero of what none of them takes. */
export function quotaUsage(quota: Pick<ResourceQuota, "spec">, charged: readonly ChargedObjects[]): ResourceAmounts {
  const limited = Object.keys(quota.spec.hard ?? {});
  const used = new Map(limited.filter((name) => charged.some(({ kind }) => isChargedTo(name, kind))).map((name) => [name, zeroQuantity]));
  for (const { kind, objects } of charged) {
    for (const object of objects) {
      if (!isInQuota(quota, kind, object)) continue;
      for (const [name, amount] of chargeOf(kind, object)) {
        const before = used.get(name);
        if (before !== undefined) used.set(name, addQuantities(before, amount));
      }
    }
  }
  return used;
}

/** Amounts as an object's field has them. */
export function quantitiesOf(amounts: ResourceAmounts): Readonly<Record<string, Quantity>> {
  return Object.fromEntries([...amounts].map(([name, amount]) => [name, formatQuantity(amount)]));
}

const mustBeGiven: ReadonlySet<string> = new Set(["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"]);

/**
 * Where cpu or memory is limited, every container must say how much it takes: what is missing, as upstream says it
 * (`limits.cpu for: web`), or `undefined`. Resources of the whole Pod say it for all of its containers.
 */
export function missingForQuota({ spec }: Pick<ResourceQuota, "spec">, pod: Pod): string | undefined {
  const { resources } = pod.spec;
  if (Object.keys(resources?.requests ?? {}).length > 0 || Object.keys(resources?.limits ?? {}).length > 0) return undefined;
  const wanted = Object.keys(spec.hard ?? {}).filter((name) => mustBeGiven.has(name));
  const missing = wanted.toSorted().flatMap((name) => {
    const silent = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].filter(
      (container) => !computeCharge(amountsOf(container.resources.requests), amountsOf(container.resources.limits)).has(name),
    );
    return silent.length === 0 ? [] : [`${name} for: ${[...new Set(silent.map((container) => container.name))].toSorted().join(",")}`];
  });
  return missing.length === 0 ? undefined : missing.join("; ");
}
