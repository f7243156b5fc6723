import { hostname, networkInterfaces } from "node:os";

/** The name that this machine's node has unless it is told another. */
export function machineNodeName(): string {
  return hostname()
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]/g, "-");
}

/** The first address of this machine that others can reach; there may be none. */
export function machineAddress(): string | undefined {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .find(({ internal, family }) => !internal && family === "IPv4")?.address;
}
