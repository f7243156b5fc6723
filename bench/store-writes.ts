import {
  inFlights,
  measureWrites,
  withEtcdStore,
  withMemoryStore,
  withSqliteStore,
  type WriteRate,
} from "../control-plane/store/store.bench.ts";
import type { Benchmark, Figure } from "./benchmark.ts";
import { inFolder } from "./processes.ts";

const seconds = 3;

/** Durable creates in each store, by the same writers, beside a real etcd. */
export const storeWrites: Benchmark = {
  name: "store-writes",
  about: "creates of 1.5 kB per second in each store, 1, 64 and 1024 in flight",
  run: () =>
    inFolder(async (directory) => {
      const figures: Figure[] = [];
      for (const inFlight of inFlights) {
        const measure = { inFlight, seconds };
        const etcd = await withEtcdStore(directory, (store) => measureWrites(store, measure));
        const beside = (rate: WriteRate): object =>
          etcd === undefined
            ? {}
            : { peer: "etcd by gRPC", peerValue: etcd.writesPerSecond, ratio: rate.writesPerSecond / etcd.writesPerSecond };
        const sqlite = await withSqliteStore({ directory }, (store) => measureWrites(store, measure));
        const memory = await withMemoryStore((store) => measureWrites(store, measure));
        for (const [name, rate] of [
          ["sqlite, durable", sqlite],
          ["memory", memory],
        ] as const) {
          figures.push({
            name: `${name}, ${inFlight} in flight`,
            value: rate.writesPerSecond,
            unit: "writes/s",
            ...beside(rate),
            goal: "at least etcd",
            met: etcd === undefined || rate.writesPerSecond >= etcd.writesPerSecond,
            note: `p99 ${rate.p99Milliseconds.toFixed(1)} ms, CPU ${rate.cpuMicroseconds.toFixed(0)} µs per write, ${rate.mainThreadMicroseconds.toFixed(0)} of it on the serving thread`,
          });
        }
      }
      return figures;
    }),
};
