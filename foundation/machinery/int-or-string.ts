import type { IntOrString } from "./meta.ts";

/**
 * The number that a number or a percentage stands for; `undefined` when it is neither.
 *
 * @example
 * resolvePercent("25%", 10, "up"); // => 3
 * resolvePercent("25%", 10, "down"); // => 2
 * resolvePercent(4, 10, "up"); // => 4
 */
export function resolvePercent(value: IntOrString, total: number, round: "up" | "down"): number | undefined {
  if (typeof value === "number") return value;
  if (!/^[+-]?[0-9]+%$/.test(value)) return undefined;
  const share = (Number(value.slice(0, -1)) * total) / 100;
  return round === "up" ? Math.ceil(share) : Math.floor(share);
}

/** Whether a value is written as a percentage, such as `25%`. */
export function isPercentage(value: IntOrString): boolean {
  return typeof value === "string" && value.endsWith("%");
}
