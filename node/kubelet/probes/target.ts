import type { Container } from "@kubets/api";
import type { IntOrString } from "@kubets/machinery";

/** The number of a port that may be named. Throws for a name that the container doesn't have. */
export function numberOfPort(port: IntOrString, { ports = [] }: Pick<Container, "ports">): number {
  if (typeof port === "number") return port;
  const named = ports.find(({ name }) => name === port)?.containerPort ?? (/^\d+$/.test(port) ? Number(port) : undefined);
  if (named === undefined) throw new Error(`couldn't find port: ${port}`);
  return named;
}
