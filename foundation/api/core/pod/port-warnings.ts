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
  return all.flatMap((each, index) => [
    ...halfSaid(each),
    ...all
      .slice(0, index)
      .filter(({ port }) => port.containerPort === each.port.containerPort && port.protocol === each.port.protocol)
      .flatMap((earlier) => {
        const overlap = overlapOf(each.port, earlier.port);
        return overlap === undefined ? [] : [`${each.field}: ${overlap} port definition with ${earlier.field}`];
      }),
  ]);
}

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
