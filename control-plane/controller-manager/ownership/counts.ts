/** A count as the status of a workload writes it: zero is left out. */
export function some(count: number): number | undefined {
  return count === 0 ? undefined : count;
}
