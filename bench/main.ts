/** `npm run bench [-- NAME…]`: prints a table, writes bench/results.json. Figures are ratios to a peer first, rates second. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../tools/root.ts";
import type { Figure } from "./benchmark.ts";
import { benchmarks } from "./benchmarks.ts";
import { syncLatency } from "./sync-latency.ts";

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !benchmarks.some((benchmark) => benchmark.name === name));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(", ")}. There are: ${benchmarks.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}

const disk = await syncLatency();
console.log(`disk: append of 2 KiB with fdatasync, median ${disk.median.toFixed(2)} ms, p99 ${disk.p99.toFixed(2)} ms\n`);

const figures: Figure[] = [];
for (const benchmark of benchmarks) {
  if (wanted.length > 0 && !wanted.includes(benchmark.name)) continue;
  console.log(`${benchmark.name}: ${benchmark.about}`);
  for (const figure of await benchmark.run()) {
    figures.push(figure);
    console.log(`  ${describe(figure)}`);
  }
}
writeFileSync(join(root, "bench/results.json"), `${JSON.stringify(figures, undefined, 2)}\n`);
console.log(`\n${figures.filter(({ met }) => met).length} of ${figures.length} goals met; written to bench/results.json`);

function describe({ name, value, unit, peer, peerValue, ratio, goal, met, note }: Figure): string {
  const shown = `${name.padEnd(44)} ${number(value).padStart(9)} ${unit.padEnd(8)}`;
  const beside =
    peer === undefined
      ? ""
      : ` | ${peer}: ${number(peerValue ?? Number.NaN)} ${unit}${ratio === undefined ? "" : ` (× ${ratio.toFixed(2)})`}`;
  return `${met ? "met   " : "MISSED"} ${shown} | goal ${goal}${beside}${note === undefined ? "" : ` | ${note}`}`;
}

function number(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2);
}
