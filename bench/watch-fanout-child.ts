// Runs in a process of its own: prints how many events a second reach a thousand watchers in the API server's own process while ConfigMaps of
// 1.5 kB are updated 64 at a time, and the microseconds of CPU that an event takes, the updates included.
import { enableCompileCache } from "node:module";
import { setImmediate } from "node:timers/promises";
import { ConfigMapKind } from "@kubets/api";
import { startCluster } from "@kubets/testkit";

enableCompileCache();
const watchers = 1000;
const objects = 100;
const inFlight = 64;
const [warmUp, measured] = [1000, 3000];

await using cluster = await startCluster({ nodes: 0, seed: 1 });
const maps = cluster.client.resource(ConfigMapKind).in("default");
const text = "x".repeat(1200);
for (let index = 0; index < objects; index++) await maps.create({ metadata: { name: `map-${index}` }, data: { text } });
await cluster.settle();
const { resourceVersion } = (await maps.list()).metadata;
const stop = new AbortController();
let events = 0;
let seen = 0;
const watching = Array.from({ length: watchers }, () =>
  maps
    .watch({ resourceVersion, signal: stop.signal })
    .forEach((batch) => {
      events += batch.length;
      // Whoever watches looks at what it is told.
      for (const { object } of batch) seen += object.metadata.name.length;
    })
    .catch(() => {}),
);
let version = 0;
const until = async (end: number): Promise<void> => {
  while (performance.now() < end) {
    const number = version++;
    await maps.update({ metadata: { name: `map-${number % objects}` }, data: { text, version: String(number) } });
    // As requests from a socket would: each in a turn of its own.
    await setImmediate();
  }
};
const load = (milliseconds: number): Promise<unknown> => {
  const end = performance.now() + milliseconds;
  return Promise.all(Array.from({ length: inFlight }, () => until(end)));
};
await load(warmUp);
const before = { events, version, at: performance.now(), cpu: process.cpuUsage() };
await load(measured);
const { user, system } = process.cpuUsage(before.cpu);
const seconds = (performance.now() - before.at) / 1000;
const told = events - before.events;
stop.abort();
await Promise.all(watching);
if (seen === 0) throw new Error("Cannot measure: nobody was told anything");
console.log(
  JSON.stringify({
    eventsPerSecond: told / seconds,
    microseconds: (user + system) / told,
    updatesPerSecond: (version - before.version) / seconds,
  }),
);
