import {
  isCountedByQuotas,
  isInQuota,
  missingForQuota,
  type Pod,
  PodKind,
  quantitiesOf,
  quotaCharge,
  type ResourceQuota,
  ResourceQuotaKind,
} from "@kubets/api";
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  groupResourceOf,
  isStatus,
  type KubernetesObject,
  type ParsedQuantity,
  parseQuantity,
  subtractQuantities,
  zeroQuantity,
} from "@kubets/machinery";
import type { AdmissionAttributes, AdmissionPlugin, Now, ObjectReader, ObjectWriter } from "../../contracts.ts";
import { onceReady } from "../once-ready.ts";
import { isAbout, refusal } from "../refusal.ts";
import { createReservations, type Reservations } from "./reservations.ts";

export interface ResourceQuotaOptions {
  readonly reader: ObjectReader;
  readonly writer: ObjectWriter;
  readonly clock: Now;
}

/**
 * Refuses what would go beyond a quota of the namespace, and reserves the rest in the quota's status. A status is changed only from
 * its newest revision, so that servers beside each other can't both give away the last of something.
 */
export function resourceQuota({ reader, writer, clock }: ResourceQuotaOptions): AdmissionPlugin {
  const reservations = createReservations({ reader, clock });
  const whenReady = onceReady(reader, ResourceQuotaKind);
  return {
    name: "ResourceQuota",
    validate(attributes) {
      const { previous, namespace, kind, object } = attributes;
      // Whoever changes or deletes an object has seen it.
      if (previous !== undefined) reservations.drop(previous.metadata.uid);
      if (object === undefined || namespace === "" || !isCharged(attributes)) return;
      return whenReady(() => {
        // The store will refuse a second object of the name: there is nothing to reserve.
        if (previous === undefined && reader.get(kind, namespace, object.metadata.name) !== undefined) return;
        const quotas = reader.list(ResourceQuotaKind, namespace).filter((quota) => isInQuota(limitsInForce(quota), kind, object));
        return quotas.length === 0 ? undefined : take(attributes, object, quotas);
      });
    },
  };

  /** Refuses what doesn't fit the quotas, and reserves in each what does. */
  async function take(attributes: AdmissionAttributes, object: KubernetesObject, quotas: readonly ResourceQuota[]): Promise<void> {
    const { previous, namespace, kind, dryRun } = attributes;
    const charges = quotas.map((quota) => ({ quota, charge: chargeFor(attributes, quota, object) }));
    for (const { quota, charge } of charges) mustFit(attributes, quota, charge, reservations);
    if (dryRun) return;
    for (const { quota, charge } of charges) {
      if (charge.size === 0) continue;
      await reserve(quota.metadata.name, (current) => {
        const used = mustFit(attributes, current, charge, reservations);
        return { ...current, status: { ...current.status, used: { ...current.status.used, ...used } } };
      });
      if (previous === undefined) reservations.add(kind, object);
    }

    async function reserve(name: string, change: (current: ResourceQuota) => ResourceQuota): Promise<void> {
      try {
        await writer.changeStatus(ResourceQuotaKind, { namespace, name }, change);
      } catch (error) {
        // A quota that went meanwhile limits nothing.
        if (!isStatus(error, "NotFound")) throw error;
      }
    }
  }
}

/** Creations; of changes, those that can make an object take more. */
function isCharged(attributes: AdmissionAttributes): boolean {
  const { operation, subresource, kind } = attributes;
  if (!isCountedByQuotas(kind)) return false;
  if (operation === "CREATE") return subresource === "";
  if (operation !== "UPDATE") return false;
  if (groupResourceOf(kind) === "pods") return subresource === "resize";
  return isAbout(attributes, "", "services") || isAbout(attributes, "", "persistentvolumeclaims");
}

/** A quota limits what its status says, which follows its spec as soon as what is used has been counted. */
function limitsInForce({ spec, status }: ResourceQuota): Pick<ResourceQuota, "spec"> {
  return { spec: { ...spec, hard: status.hard ?? {} } };
}

type Amounts = ReadonlyMap<string, ParsedQuantity>;

/** What the write takes of what the quota limits. Throws for Pods that don't say how much they take. */
function chargeFor(attributes: AdmissionAttributes, quota: ResourceQuota, object: KubernetesObject): Amounts {
  const { kind, previous } = attributes;
  if (groupResourceOf(kind) === groupResourceOf(PodKind)) {
    const missing = missingForQuota(limitsInForce(quota), object as Pod);
    if (missing !== undefined) throw refusal(attributes, `failed quota: ${quota.metadata.name}: must specify ${missing}`);
  }
  const hard = quota.status.hard ?? {};
  const before: Amounts =
    previous !== undefined && isInQuota(limitsInForce(quota), kind, previous)
      ? quotaCharge(kind, previous)
      : new Map<string, ParsedQuantity>();
  const charge = [...quotaCharge(kind, object)].map(([name, amount]) => {
    const earlier = before.get(name);
    return [name, earlier === undefined ? amount : subtractQuantities(amount, earlier)] as const;
  });
  return new Map(charge.filter(([name, { nanos }]) => hard[name] !== undefined && nanos > 0n));
}

/**
 * What is used with the charge added, as the status is to say it. Throws the refusal when that is more than the quota allows.
 * What the status says may be behind what is there: the larger of the two counts.
 */
function mustFit(
  attributes: AdmissionAttributes,
  quota: ResourceQuota,
  charge: Amounts,
  reservations: Reservations,
): Readonly<Record<string, string>> {
  const { hard = {}, used: counted = {} } = quota.status;
  const present = reservations.usage(quota, attributes.kind, attributes.object?.metadata.uid ?? "");
  const used = new Map([...charge.keys()].map((name) => [name, larger(parseQuantity(counted[name] ?? "0"), present.get(name))]));
  const next = new Map([...charge].map(([name, amount]) => [name, addQuantities(used.get(name)!, amount)]));
  const exceeded = [...charge.keys()].filter((name) => hard[name] !== undefined && compareQuantities(next.get(name)!, hard[name]) > 0);
  // What the controller doesn't count (custom resources) is held against what is there alone.
  if (exceeded.length === 0) return quantitiesOf(new Map([...next].filter(([name]) => counted[name] !== undefined)));
  const written = (amounts: (name: string) => string): string =>
    exceeded
      .toSorted()
      .map((name) => `${name}=${amounts(name)}`)
      .join(",");
  throw refusal(
    attributes,
    `exceeded quota: ${quota.metadata.name}, requested: ${written((name) => formatQuantity(charge.get(name)!))}, ` +
      `used: ${written((name) => formatQuantity(used.get(name)!))}, limited: ${written((name) => hard[name]!)}`,
  );
}

function larger(one: ParsedQuantity, other: ParsedQuantity = zeroQuantity): ParsedQuantity {
  return compareQuantities(one, other) < 0 ? other : one;
}
