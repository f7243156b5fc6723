import type { PodStatus } from "@kubets/api";
import { sameJson } from "@kubets/machinery";

/** Whether there is nothing to write: what was computed stands there already. */
export function sameStatus(computed: PodStatus, shown: PodStatus): boolean {
  return sameJson(computed, shown);
}

interface StatusPatch {
  readonly metadata: { readonly uid: string };
  readonly status: Readonly<Record<string, unknown>>;
}

/** The strategic merge patch that brings the shown status to the computed one: what differs, and of the conditions those that do. */
export function statusPatch(computed: PodStatus, shown: PodStatus, uid: string): StatusPatch {
  const status: Record<string, unknown> = {};
  const fields = new Set([...Object.keys(computed), ...Object.keys(shown)] as (keyof PodStatus & string)[]);
  for (const field of fields) {
    if (sameJson(computed[field], shown[field])) continue;
    if (field === "conditions") status[field] = changedConditions(computed, shown);
    else if (field === "podIPs" || field === "hostIPs") status[field] = changedAddresses(computed[field], shown[field]);
    else status[field] = computed[field] ?? null;
  }
  return { metadata: { uid }, status };
}

function changedConditions(computed: PodStatus, shown: PodStatus): readonly unknown[] {
  const { conditions = [] } = computed;
  const changed = conditions
    .filter((condition) => {
      const before = shown.conditions?.find(({ type }) => type === condition.type);
      return !sameJson(before, condition);
    })
    .map(({ reason, message, ...condition }) => ({ ...condition, reason: reason ?? null, message: message ?? null }));
  const gone = (shown.conditions ?? []).filter(({ type }) => conditions.every((each) => each.type !== type));
  return [...changed, ...gone.map(({ type }) => ({ type, $patch: "delete" }))];
}

function changedAddresses(computed: PodStatus["podIPs"] = [], shown: PodStatus["podIPs"] = []): readonly unknown[] {
  const gone = shown.filter(({ ip }) => computed.every((each) => each.ip !== ip));
  return [...computed, ...gone.map(({ ip }) => ({ ip, $patch: "delete" }))];
}
