// Runs in a process of its own: prints what a fork of a cluster with ten thousand objects takes, until its handle is there and until it
// is settled.
import { enableCompileCache } from "node:module";
import { ConfigMapKind } from "@kubets/api";
import { startCluster } from "@kubets/testkit";

enableCompileCache();
const objects = 10_000;
const forks = 12;

await using cluster = await startCluster({ nodes: 3, seed: 1 });
const maps = cluster.client.resource(ConfigMapKind).in("default");
for (let index = 0; index < objects; index += 100)
  await Promise.all(
    Array.from({ length: 100 }, (_, offset) => maps.create({ metadata: { name: `map-${index + offset}` }, data: { a: "b".repeat(100) } })),
  );
await cluster.settle();
const handles: number[] = [];
const settled: number[] = [];
for (let run = 0; run < forks; run++) {
  const before = performance.now();
  const fork = await cluster.fork();
  const there = performance.now();
  await fork.settle();
  const rested = performance.now();
  await fork[Symbol.asyncDispose]();
  // The first two warm up.
  if (run < 2) continue;
  handles.push(there - before);
  settled.push(rested - before);
}
console.log(JSON.stringify({ handles, settled }));
