import type { Container } from "./container.ts";
import type { ContainerPort } from "./ports.ts";

interface PortAt {
  readonly field: string;
  readonly port: ContainerPort;
}

/** Ports that are there twice in one Pod, or half said. */
export function portWarnings(containers: readonly (readonly [field: string, container: Container])[]): readonly string[] {
  const all = containers.flatMap(([field, { ports = [] }]) =>
    ports.map((port, index): PortAt => ({ field: `${field}.ports[${index}]`, port })),
  );
  const before = new Map<string, PortAt[]>();
  return all.flatMap((each) => {
    const key = `${each.port.containerPort}/${each.port.protocol}`;
    const earlier = before.get(key) ?? [];
    before.set(key, earlier);
    const overlaps = earlier.flatMap(({ field, port }) => {
      const overlap = overlapOf(each.port, port);
      return overlap === undefined ? [] : [`${each.field}: ${overlap} port definition with ${field}`];
    });
    // Of one port there may be ten thousand definitions; warnings of so many are for nobody.
    if (earlier.length < mostCompared) earlier.push(each);
    return [...halfSaid(each), ...overlaps];
  });
}

const mostCompared = 100;

function halfSaid({ field, port }: PortAt): readonly string[] {
  const { name = "", hostPort = 0, containerPort, protocol, hostIP = "" } = port;
  if (hostIP === "" || hostPort !== 0) return [];
  const shown = `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`;
  return [`${field}: hostIP set without hostPort: ${shown}`];
}

function overlapOf(a: ContainerPort, b: ContainerPort): string | undefined {
  const { hostIP: ipA = "", hostPort: portA = 0 } = a;
  const { hostIP: ipB = "", hostPort: portB = 0 } = b;
  if (ipA === ipB && portA === portB) return "duplicate";
  if (portA === 0 || portB === 0) return "overlapping";
  return portA === portB && (ipA === "") !== (ipB === "") ? "dangerously ambiguous" : undefined;
}
