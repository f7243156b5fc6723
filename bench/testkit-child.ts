// Runs in a process of its own, where nothing is imported yet: prints what importing and starting the testkit takes.
import { enableCompileCache } from "node:module";
import type { ConfigMap } from "@kubets/api";

enableCompileCache();
const began = performance.now();
const { startCluster } = await import("@kubets/testkit");
const imported = performance.now() - began;

const starts: number[] = [];
for (let run = 0; run < 11; run++) {
  const before = performance.now();
  const cluster = await startCluster();
  starts.push(performance.now() - before);
  await cluster[Symbol.asyncDispose]();
}

const { ConfigMapKind } = await import("@kubets/api");
await using cluster = await startCluster({ clock: "system" });
const configMaps = cluster.client.resource(ConfigMapKind).in("default");
const events: number[] = [];
const stop = new AbortController();
const seen = new Map<string, (at: number) => void>();
const { metadata } = await configMaps.list();
const watching = watch();
for (let count = 0; count < 300; count++) {
  const arrived = Promise.withResolvers<number>();
  seen.set(`map-${count}`, arrived.resolve);
  const before = performance.now();
  const [at] = await Promise.all([arrived.promise, configMaps.create({ metadata: { name: `map-${count}` }, data: { a: "b" } })]);
  if (count >= 100) events.push(at - before);
}
stop.abort();
await watching;
console.log(JSON.stringify({ imported, starts, events }));

async function watch(): Promise<void> {
  try {
    for await (const batch of configMaps.watch({ resourceVersion: metadata.resourceVersion ?? "0", signal: stop.signal })) {
      for (const event of batch) seen.get((event.object as ConfigMap).metadata.name)?.(performance.now());
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  }
}
