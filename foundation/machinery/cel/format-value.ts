import { toText } from "./conversions.ts";
import { CelDouble, CelUint, type CelValue } from "./values.ts";

/** A key as errors show it. */
export function quoteKey(key: CelValue): string {
  if (typeof key === "string" || typeof key === "number" || typeof key === "bigint" || typeof key === "boolean") return String(key);
  return key instanceof CelUint || key instanceof CelDouble ? toText(key) : "value";
}
