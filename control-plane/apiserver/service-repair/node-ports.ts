import { type Service, ServiceKind } from "@kubets/api";
import { type Action, type Controller, type Decision, event, objectKey, watch } from "@kubets/client";
import type { NodePortRange } from "../registry/services/service-claims.ts";

export interface Observed {
  readonly service: Service;
  readonly range: NodePortRange;
  /** The Services that have a port, oldest first. */
  readonly holdersOf: (port: number) => readonly Service[];
}

const period = 3 * 60 * 1000;

/** Says of a Service that it has a node port which another had before, or which nodes don't give away. */
export function nodePortRepair(range: NodePortRange): Controller<Observed> {
  return {
    name: "portallocator-repair-controller",
    watches: [watch(ServiceKind, { indexes: { nodePort: (service) => portsOf(service).map(String) } })],
    resyncPeriod: period,
    observe(key, caches) {
      const services = caches.of(ServiceKind);
      const service = services.get(key);
      return service && { service, range, holdersOf: (port) => services.byIndex("nodePort", String(port)).toSorted(oldestFirst) };
    },
    reconcile,
  };
}

export function reconcile({ service, range, holdersOf }: Observed): Decision {
  const actions = portsOf(service).flatMap((port): readonly Action[] => {
    const warn = (reason: string, message: string): readonly Action[] => [event(service, "Warning", reason, message)];
    if (port < range.first || port > range.last)
      return warn("PortOutOfRange", `Port ${port} is not within the port range ${range.first}-${range.last}; please recreate service`);
    const [first] = holdersOf(port);
    const isFirst = first === undefined || objectKey(first) === objectKey(service);
    return isFirst ? [] : warn("PortAlreadyAllocated", `Port ${port} was assigned to multiple services; please recreate service`);
  });
  return { actions };
}

/** Each port once, whatever protocols it stands for. */
function portsOf({ spec }: Service): readonly number[] {
  const ports = [...(spec.ports ?? []).map(({ nodePort = 0 }) => nodePort), spec.healthCheckNodePort ?? 0];
  return [...new Set(ports)].filter((port) => port !== 0);
}

function oldestFirst(a: Service, b: Service): number {
  const age = (service: Service): string => `${service.metadata.creationTimestamp} ${objectKey(service)}`;
  return age(a) < age(b) ? -1 : 1;
}
