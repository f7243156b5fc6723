import type { Service } from "@kubets/api";

/** The variables that tell of Services: of `kubernetes` always, of those of the Pod's own namespace if it wants links. */
export function serviceVariables(services: readonly Service[], namespace: string, links: boolean): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  const chosen = new Map<string, Service>();
  for (const service of services) {
    const { name, namespace: own } = service.metadata;
    const { clusterIP = "" } = service.spec;
    if (clusterIP === "" || clusterIP === "None") continue;
    if (own === "default" && name === "kubernetes" && !chosen.has(name)) chosen.set(name, service);
    else if (own === namespace && links) chosen.set(name, service);
  }
  for (const [name, service] of [...chosen].sort(([a], [b]) => (a < b ? -1 : 1))) addService(variables, name, service);
  return variables;
}

function addService(variables: Map<string, string>, name: string, { spec }: Service): void {
  const prefix = variableName(name);
  const host = spec.clusterIP ?? "";
  const ports = spec.ports ?? [];
  const first = ports[0];
  if (first === undefined) return;
  variables.set(`${prefix}_SERVICE_HOST`, host);
  variables.set(`${prefix}_SERVICE_PORT`, String(first.port));
  for (const port of ports) {
    if ((port.name ?? "") !== "") variables.set(`${prefix}_SERVICE_PORT_${variableName(port.name!)}`, String(port.port));
  }
  const address = host.includes(":") ? `[${host}]` : host;
  for (const [index, { protocol, port }] of ports.entries()) {
    const url = `${protocol.toLowerCase()}://${address}:${port}`;
    const portPrefix = `${prefix}_PORT_${port}_${protocol}`;
    if (index === 0) variables.set(`${prefix}_PORT`, url);
    variables.set(portPrefix, url);
    variables.set(`${portPrefix}_PROTO`, protocol.toLowerCase());
    variables.set(`${portPrefix}_PORT`, String(port));
    variables.set(`${portPrefix}_ADDR`, host);
  }
}

function variableName(name: string): string {
  return name.toUpperCase().replaceAll("-", "_");
}
