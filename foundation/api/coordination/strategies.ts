import { type FieldError, invalid, isQualifiedName, notSupported } from "@kubets/machinery";

/** The strategy of a coordinated election by which the candidate with the oldest emulated version wins. */
export const oldestEmulationVersion = "OldestEmulationVersion";

/** A strategy of Kubernetes' own, or one with somebody's domain. The path ends twice in `strategy`, as upstream's does. */
export function validateStrategy(strategy: string): readonly FieldError[] {
  const field = "spec.strategy.strategy";
  if (strategy.includes("/")) return isQualifiedName(strategy).map((message) => invalid(field, strategy, message));
  return strategy === oldestEmulationVersion ? [] : [notSupported(field, strategy, [oldestEmulationVersion])];
}
