/**
 * Heartbeats are no history: what a Lease was, or the Lease of a node, is forgotten after five minutes. Answers milliseconds, or
 * `undefined` for what is kept as long as everything.
 */
export function heartbeatRetention(key: string): number | undefined {
  return key.startsWith("/registry/leases.coordination.k8s.io/") ? 5 * 60 * 1000 : undefined;
}
