import { defaultServiceCIDR, type ServiceCIDR, ServiceCIDRKind } from "@kubets/api";
import { type Controller, create, type Decision, event, nothing, patch, watch } from "@kubets/client";
import { formatTime, type Instant, sameJson } from "@kubets/machinery";
import { kubernetesServiceCIDR } from "../default-objects/index.ts";

export interface Observed {
  /** The ServiceCIDR `kubernetes`, unless it is gone. */
  readonly range: ServiceCIDR | undefined;
  /** What the server was given. */
  readonly configured: readonly string[];
}

/**
 * Keeps the ServiceCIDR `kubernetes`: makes it anew when it is gone, says that it is ready where nobody has said anything of it, and tells of it
 * when it isn't what the server was given. Everything else about it is the controller manager's.
 */
export function defaultRangeKeeper(configured: readonly string[]): Controller<Observed> {
  return {
    name: "kubernetes-service-cidr-controller",
    watches: [watch(ServiceCIDRKind, { keys: ({ metadata: { name } }) => (name === defaultServiceCIDR ? [name] : []) })],
    observe: (key, caches) => ({ range: caches.of(ServiceCIDRKind).get(key), configured }),
    reconcile,
  };
}

export function reconcile({ range, configured }: Observed, now: Instant): Decision {
  if (range === undefined) return { actions: [create(ServiceCIDRKind, kubernetesServiceCIDR(configured))] };
  const { metadata, spec, status } = range;
  if (metadata.deletionTimestamp !== undefined) return nothing;
  const warn = (reason: string, message: string): Decision => ({ actions: [event(range, "Warning", reason, message)] });
  if (!sameJson(spec.cidrs, configured)) {
    const [declared, given] = [spec.cidrs ?? [], configured].map((ranges) => `[${ranges.join(" ")}]`);
    const message = `The default ServiceCIDR ${declared} does not match the controller flag configurations ${given}`;
    return warn("KubernetesDefaultServiceCIDRInconsistent", message);
  }
  const ready = status.conditions?.find(({ type }) => type === "Ready");
  if (ready?.status === "True") return nothing;
  // Whoever says so knows why; it takes an administrator to change it.
  if (ready?.status === "False") return warn(ready.reason, `Configuration matches, but ${ready.message}`);
  const message = "Kubernetes default Service CIDR is ready";
  const condition = { type: "Ready", status: "True", reason: "", message, lastTransitionTime: formatTime(now) };
  const change = { metadata: { uid: metadata.uid }, status: { conditions: [condition] } };
  return { actions: [patch(ServiceCIDRKind, range, change, { type: "strategic", subresource: "status" })] };
}
