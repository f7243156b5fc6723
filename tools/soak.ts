/**
 * `npm run soak [-- COUNT [FIRST]]`: the seeded scenario under a thousand seeds, or COUNT of them from FIRST on. Names the seeds that fail;
 * each replays by `FIRST_SEED=N SEEDS=1`.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root } from "./root.ts";

const [count = "1000", first = "1"] = process.argv.slice(2);
if (![count, first].every((word) => /^[1-9]\d*$/.test(word))) {
  console.error(`Cannot soak with ${[count, first].join(" ")}: expected how many seeds, and from which one on`);
  process.exit(2);
}
const { status } = spawnSync(join(root, "node_modules/.bin/vitest"), ["run", "--project", "real", "testing/testkit/seeds.real.test.ts"], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, SEEDS: count, FIRST_SEED: first },
});
process.exitCode = status ?? 1;
