import { duplicate, type FieldError, invalid } from "@kubets/machinery";
import type { Container } from "../container.ts";
import type { PodSpec } from "../pod-spec.ts";
import type { ContainerPort } from "../ports.ts";
import { validatePortName } from "./formats.ts";
import { validatePortNumber } from "./ranges.ts";

export function validatePorts(ports: readonly ContainerPort[], field: string): readonly FieldError[] {
  const names = new Set<string>();
  return ports.flatMap(({ name = "", hostPort = 0 }, index) => {
    const at = `${field}[${index}]`;
    const problems = name === "" ? [] : validatePortName(name, `${at}.name`);
    const repeated = problems.length === 0 && names.has(name);
    if (name !== "" && problems.length === 0) names.add(name);
    return [
      ...problems,
      ...(repeated ? [duplicate(`${at}.name`, name)] : []),
      ...(hostPort === 0 ? [] : validatePortNumber(hostPort, `${at}.hostPort`)),
    ];
  });
}

/** Containers that run at the same time can't take the same port of the node. */
export function validateHostPortsAreUnique(containers: readonly Container[], field: string): readonly FieldError[] {
  const taken = new Set<string>();
  return containers.flatMap(({ ports = [] }, containerIndex) =>
    ports.flatMap(({ protocol, hostIP = "", hostPort = 0 }, index) => {
      if (hostPort === 0) return [];
      const port = `${protocol}/${hostIP}/${hostPort}`;
      if (taken.has(port)) return [duplicate(`${field}[${containerIndex}].ports[${index}].hostPort`, port)];
      taken.add(port);
      return [];
    }),
  );
}

/** On the node's network a container's port is the node's. A template may leave it open: it is filled in when a Pod is made. */
export function validateHostNetworkPorts(
  { hostNetwork, containers }: PodSpec,
  field: string,
  { inTemplate }: { readonly inTemplate: boolean },
): readonly FieldError[] {
  if (hostNetwork !== true) return [];
  return (containers ?? []).flatMap(({ ports = [] }, containerIndex) =>
    ports.flatMap(({ hostPort = 0, containerPort }, index) => {
      if (hostPort === containerPort || (inTemplate && hostPort === 0)) return [];
      const at = `${field}[${containerIndex}].ports[${index}].hostPort`;
      return [invalid(at, hostPort, "must match `containerPort` when `hostNetwork` is true")];
    }),
  );
}
