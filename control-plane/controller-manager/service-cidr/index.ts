import {
  type IPAddress,
  IPAddressKind,
  isAddressWithin,
  isKeptForServices,
  isWithinRange,
  type ServiceCIDR,
  ServiceCIDRKind,
} from "@kubets/api";
import { type Action, type Controller, type Decision, nothing, objectKey, patch, watch } from "@kubets/client";
import { type Condition, formatTime, type Instant, parseTime } from "@kubets/machinery";

export interface Observed {
  readonly range: ServiceCIDR;
  readonly others: readonly ServiceCIDR[];
  /** The addresses of Services; looked at only while the range is on its way out. */
  readonly addresses: () => readonly IPAddress[];
}

const finalizer = "networking.k8s.io/service-cidr-finalizer";
/** For so long servers may not know yet that a range is on its way out, and give addresses of it away. */
const grace = 10_000;

/**
 * Says of ranges of Service addresses that they are ready, and keeps those that are deleted until no Service has an address that isn't in
 * another range as well.
 */
export const serviceCidrController: Controller<Observed> = {
  name: "service-cidr",
  watches: [
    // What is said of one may depend on any other: there are few.
    watch(ServiceCIDRKind, {
      keys: (range, caches) => [objectKey(range), ...leaving(caches.of(ServiceCIDRKind).list()).map(objectKey)],
    }),
    watch(IPAddressKind, {
      keys: (address, caches) =>
        leaving(caches.of(ServiceCIDRKind).list())
          .filter((range) => contains(range, address))
          .map(objectKey),
    }),
  ],
  observe(key, caches) {
    const ranges = caches.of(ServiceCIDRKind);
    const range = ranges.get(key);
    if (range === undefined) return undefined;
    const others = ranges.list().filter(({ metadata }) => metadata.name !== range.metadata.name);
    return { range, others, addresses: () => caches.of(IPAddressKind).list().filter(isKeptForServices) };
  },
  reconcile,
};

export function reconcile({ range, others, addresses }: Observed, now: Instant): Decision {
  const { deletionTimestamp, finalizers = [], uid, resourceVersion } = range.metadata;
  if (deletionTimestamp === undefined) {
    const held = { metadata: { uid, resourceVersion, finalizers: [...finalizers, finalizer] } };
    return {
      actions: [
        ...(finalizers.includes(finalizer) ? [] : [patch(ServiceCIDRKind, range, held)]),
        ...conditionActions(range, { type: "Ready", status: "True", reason: "", message: "Kubernetes Service CIDR is ready" }, now),
      ],
    };
  }
  if (!finalizers.includes(finalizer)) return nothing;
  const staying = others.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  if (!mayGo(range, staying, addresses)) {
    const message = "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR";
    return { actions: conditionActions(range, { type: "Ready", status: "False", reason: "Terminating", message }, now) };
  }
  const left = (parseTime(deletionTimestamp) ?? now) + grace - now;
  if (left > 0) return { actions: [], requeueAfter: left };
  const released = { metadata: { uid, resourceVersion, finalizers: finalizers.filter((each) => each !== finalizer) } };
  return { actions: [patch(ServiceCIDRKind, range, released)] };
}

/** Whether every address of the range that a Service has is one of another range as well. */
function mayGo(range: ServiceCIDR, staying: readonly ServiceCIDR[], addresses: () => readonly IPAddress[]): boolean {
  const rangesOf = ({ spec }: ServiceCIDR): readonly string[] => spec.cidrs ?? [];
  const others = staying.flatMap(rangesOf);
  if (rangesOf(range).every((own) => others.some((other) => own === other || isWithinRange(own, other)))) return true;
  return !addresses().some((address) => contains(range, address) && !staying.some((other) => contains(other, address)));
}

function contains({ spec: { cidrs = [] } }: ServiceCIDR, { metadata }: IPAddress): boolean {
  return cidrs.some((range) => isAddressWithin(metadata.name, range));
}

function leaving(ranges: readonly ServiceCIDR[]): readonly ServiceCIDR[] {
  return ranges.filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
}

type ConditionText = Pick<Condition, "type" | "status" | "reason" | "message">;

function conditionActions(range: ServiceCIDR, wanted: ConditionText, now: Instant): readonly Action[] {
  const { conditions = [] } = range.status;
  const present = conditions.find(({ type }) => type === wanted.type);
  if (present?.status === wanted.status && present.reason === wanted.reason && present.message === wanted.message) return [];
  const lastTransitionTime = present?.status === wanted.status ? present.lastTransitionTime : formatTime(now);
  // Strategic: the conditions of others stay.
  const change = { metadata: { uid: range.metadata.uid }, status: { conditions: [{ ...wanted, lastTransitionTime }] } };
  return [patch(ServiceCIDRKind, range, change, { type: "strategic", subresource: "status" })];
}
