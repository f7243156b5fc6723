import type { ContainerPort } from "./ports.ts";
import type { Pod } from "./pod.ts";
import { isSidecar } from "./sidecars.ts";

/** A port of the node that a Pod takes. `hostIP` is `0.0.0.0` when it takes the port on every address. */
export interface HostPort {
  readonly hostIP: string;
  readonly protocol: ContainerPort["protocol"];
  readonly port: number;
}

/** The ports of the node that the Pod's containers and sidecars take. */
export function podHostPorts({ spec }: Pick<Pod, "spec">): readonly HostPort[] {
  return [...(spec.initContainers ?? []).filter(isSidecar), ...spec.containers]
    .flatMap(({ ports = [] }) => ports)
    .filter(({ hostPort = 0 }) => hostPort > 0)
    .map(({ hostIP, protocol, hostPort = 0 }) => ({
      hostIP: hostIP === undefined || hostIP === "" ? "0.0.0.0" : hostIP,
      protocol,
      port: hostPort,
    }));
}
