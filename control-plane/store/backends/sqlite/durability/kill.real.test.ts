import { join } from "node:path";
import { expect, test } from "vitest";
import { seededRandom } from "@kubets/machinery";
import { expectKept, nothingYet } from "./kept.ts";
import { runWriter } from "./run-writer.ts";
import { temporaryFiles } from "../testing/temporary-files.ts";

const kills = Number(process.env["KUBETS_KILLS"] ?? 20);
const seed = Number(process.env["KUBETS_SEED"] ?? 1);
const { directory } = temporaryFiles();

test(`kill -9 at ${kills} points loses nothing that was acknowledged (seed ${seed})`, { timeout: 30_000 + kills * 10_000 }, async () => {
  await killManyTimes({ kills });
});

test("kill -9 while old revisions are being deleted loses nothing either", { timeout: 120_000 }, async () => {
  const compacted = await killManyTimes({ kills: Math.ceil(kills / 4), historyBytes: 100_000 });
  expect(compacted).toBeGreaterThan(0);
});

/** Runs a writer and kills it, again and again on one file, which is read each time. Answers the oldest revision kept in the end. */
async function killManyTimes({
  kills,
  historyBytes = 2 ** 30,
}: {
  readonly kills: number;
  readonly historyBytes?: number;
}): Promise<number> {
  const random = seededRandom(seed);
  const path = join(directory, `${historyBytes}.db`);
  let acknowledged = 0;
  let progress = nothingYet;
  for (let round = 0; round < kills; round++) {
    // Early kills come in the middle of opening and of the first batches, late ones among checkpoints.
    const after = Math.floor(random.fraction() ** 2 * 1000);
    const heard = await runWriter({ path, seed: seed + round, inFlight: 16, writes: 1e9, historyBytes }, (count, child) => {
      if (count > after) child.kill("SIGKILL");
    });
    progress = await expectKept(path, { acknowledged: heard, since: progress, round });
    acknowledged += heard.length;
  }
  expect(acknowledged).toBeGreaterThan(kills);
  return progress.compacted;
}
