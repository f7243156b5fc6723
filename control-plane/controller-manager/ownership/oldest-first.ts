import type { KubernetesObject } from "@kubets/machinery";

/** Compares by age, and by name what was made in the same second: the oldest first. */
export function oldestFirst({ metadata: a }: KubernetesObject, { metadata: b }: KubernetesObject): number {
  return compare(a.creationTimestamp, b.creationTimestamp) || compare(a.name, b.name);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
