import { CelCostError } from "./errors.ts";

/**
 * What upstream's costs don't see: comparing values that contain one another many times over takes exponential time at the price of
 * one comparison. So the elements compared are counted as well, and an evaluation that compares too many ends like one that costs
 * too much. Evaluation is synchronous, so one counter does; {@link metered} begins anew and puts back what was.
 */
let spent = 0;
const most = 20_000_000;

export function metered<T>(evaluate: () => T): T {
  const before = spent;
  spent = 0;
  try {
    return evaluate();
  } finally {
    spent = before;
  }
}

export function countStep(): void {
  if (++spent > most) throw new CelCostError(spent);
}
