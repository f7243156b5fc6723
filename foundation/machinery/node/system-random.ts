import { randomFillSync } from "node:crypto";
import type { Random } from "../random.ts";

/** How many bytes are fetched at once: a call into the system costs far more than the few bytes of a uuid. */
const poolSize = 4096;

/** Chance from the system, fit for secrets. */
export function createSystemRandom(): Random {
  const pool = new Uint8Array(poolSize);
  let used = poolSize;
  const bytes = (length: number): Uint8Array => {
    if (length > poolSize) return randomFillSync(new Uint8Array(length));
    if (used + length > poolSize) {
      randomFillSync(pool);
      used = 0;
    }
    const taken = pool.slice(used, used + length);
    // What was given away is not kept: it may have become a secret.
    pool.fill(0, used, used + length);
    used += length;
    return taken;
  };
  return {
    bytes,
    fraction() {
      const view = new DataView(bytes(8).buffer);
      return (view.getUint32(0) * 2 ** 21 + (view.getUint32(4) >>> 11)) / 2 ** 53;
    },
  };
}
