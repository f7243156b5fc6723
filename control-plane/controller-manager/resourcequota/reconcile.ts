import { type ChargedObjects, quantitiesOf, quotaUsage, type ResourceQuota, ResourceQuotaKind } from "@kubets/api";
import { type Decision, nothing, updateStatus } from "@kubets/client";
import { compareQuantities, type Quantity } from "@kubets/machinery";

export interface Observed {
  readonly quota: ResourceQuota;
  /** All objects of its namespace that are of a kind that it limits. */
  readonly charged: readonly ChargedObjects[];
}

/** Counts what is used of a quota. Limits hold once its status says them: then it is known what they are held against. */
export function reconcile({ quota, charged }: Observed): Decision {
  if (quota.metadata.deletionTimestamp !== undefined) return nothing;
  const hard = quota.spec.hard ?? {};
  const used = quantitiesOf(quotaUsage(quota, charged));
  if (sameAmounts(quota.status.hard, hard) && sameAmounts(quota.status.used, used)) return nothing;
  return { actions: [updateStatus(ResourceQuotaKind, { ...quota, status: { hard, used } })] };
}

type Amounts = Readonly<Record<string, Quantity>>;

/** The same numbers, however they are written: sums are written as their first part is, and that depends on the order. */
function sameAmounts(left: Amounts | undefined, right: Amounts): boolean {
  if (left === undefined) return false;
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return false;
  return names.every((name) => right[name] !== undefined && compareQuantities(left[name]!, right[name]) === 0);
}
