/** The fast gate: `npm run ok`. Format, lint, layers, types, browser bundles, docs, unit tests; stops at the first that fails. */
import { spawnSync } from "node:child_process";
import { checkBrowserBundles } from "./browser-bundles.ts";
import { checkDocs } from "./docs.ts";
import { checkLayers } from "./layers.ts";
import { root } from "./root.ts";

type Check = readonly [name: string, check: () => Promise<readonly string[]>];

const checks: readonly Check[] = [
  ["format", () => command("oxfmt", ["--check"])],
  ["lint", () => command("oxlint", ["--type-aware", "--deny-warnings"])],
  ["layers", checkLayers],
  ["types", () => command("tsc", ["--pretty"])],
  ["browser", checkBrowserBundles],
  ["docs", checkDocs],
  ["unit", () => command("vitest", ["run", "--project", "unit", "--reporter", "dot"])],
];

for (const [name, check] of checks) {
  const began = performance.now();
  const wrong = await check();
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${wrong.length === 0 ? "ok  " : "FAIL"} ${name.padEnd(8)} ${seconds.padStart(6)} s`);
  if (wrong.length > 0) {
    for (const line of wrong) console.error(`  ${line}`);
    process.exit(1);
  }
}

/** Runs a tool of node_modules/.bin; what it prints is shown when it fails. */
async function command(tool: string, args: readonly string[]): Promise<readonly string[]> {
  const { status, stdout, stderr } = spawnSync(`${root}/node_modules/.bin/${tool}`, args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status === 0) return [];
  return `${stdout}${stderr}`.trimEnd().split("\n");
}
