import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { seededRandom } from "@kubets/machinery";
import { describe, expect, test } from "vitest";
import { temporaryFiles } from "../testing/temporary-files.ts";
import { expectKept, nothingYet } from "./kept.ts";
import { createMachine, whyNoMachine } from "./machine.ts";

const cuts = Number(process.env["KUBETS_POWER_CUTS"] ?? 20);
const seed = Number(process.env["KUBETS_SEED"] ?? 1);
const { directory } = temporaryFiles();

const obstacle = whyNoMachine();
if (obstacle !== undefined) console.warn(`No machine lost its power: ${obstacle}`);

describe.skipIf(obstacle !== undefined)("a machine that loses its power", () => {
  test(`keeps all that was acknowledged, ${cuts} times (seed ${seed})`, { timeout: 60_000 + cuts * 30_000 }, async () => {
    const acknowledged = await cutThePower({ cuts, synchronous: "FULL" });
    expect(acknowledged).toBeGreaterThan(cuts * 50);
  });

  test("loses acknowledged writes when the store doesn't sync: this test can fail", { timeout: 60_000 }, async () => {
    await expect(cutThePower({ cuts: 1, synchronous: "OFF" })).rejects.toThrow("the revision went back");
  });
});

/** Runs a writer on one machine, whose power is cut again and again; its disk is looked at each time. Answers how much was acknowledged. */
async function cutThePower({ cuts, synchronous }: { readonly cuts: number; readonly synchronous: "FULL" | "OFF" }): Promise<number> {
  const random = seededRandom(seed);
  const place = join(directory, synchronous);
  mkdirSync(place);
  const machine = createMachine(place);
  let acknowledged = 0;
  let progress = nothingYet;
  for (let round = 0; round < cuts; round++) {
    const after = 50 + Math.floor(random.fraction() ** 2 * 1500);
    // Few writes in flight make small batches, which fill the log sooner than many writes do: some cuts come among checkpoints.
    const inFlight = 1 + Math.floor(random.fraction() * 16);
    const heard = await machine.write({ seed: seed + round, inFlight, writes: 1e9, synchronous }, (count) => count > after);
    progress = await expectKept(machine.copyStore(), { acknowledged: heard, since: progress, round });
    acknowledged += heard.length;
  }
  return acknowledged;
}
