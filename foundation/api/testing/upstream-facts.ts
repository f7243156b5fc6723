import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Upstream's facts, which may lie beside the checkout; tests that need them say so and are skipped where they don't. */
const facts: string = join(import.meta.dirname, "../../../../shared/api");

export const factsArePresent: boolean = existsSync(facts);

export function readFact(path: string): unknown {
  return JSON.parse(readFileSync(join(facts, path), "utf8"));
}

export function hasFact(path: string): boolean {
  return existsSync(join(facts, path));
}
