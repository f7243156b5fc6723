import { type Benchmark, type Figure, median, spread } from "./benchmark.ts";
import { bundledChild } from "./child.ts";
import { inFolder, startEtcd } from "./processes.ts";

const runs = 5;

interface Child {
  readonly imported: number;
  readonly starts: readonly number[];
  readonly events: readonly number[];
}

/** What a test pays for a cluster. Any other real API server begins with an etcd: that alone is the peer. */
export const testkit: Benchmark = {
  name: "testkit",
  about: "importing the testkit, the first and the next startCluster(), a create to its watch event in the process",
  run: () =>
    inFolder(async (folder) => {
      const child = await bundledChild<Child>("bench/testkit-child.ts", folder);
      await child();
      const children: Child[] = [];
      const etcds: number[] = [];
      for (let run = 0; run < runs; run++) {
        children.push(await child());
        await using etcd = await startEtcd(folder);
        if (etcd !== undefined) etcds.push(etcd.readyAfter);
      }
      const figure = (name: string, values: readonly number[], below: number, besideEtcd: boolean): Figure => {
        const value = median(values);
        const peerValue = median(etcds);
        return {
          name,
          value,
          unit: "ms",
          ...(besideEtcd && etcds.length > 0 ? { peer: "etcd alone, exec to serving", peerValue, ratio: value / peerValue } : {}),
          goal: `under ${below} ms`,
          met: value < below,
          note: spread(values, "ms"),
        };
      };
      const later = children.flatMap(({ starts }) => starts.slice(1));
      return [
        figure(
          "import of the testkit, compile cache warm",
          children.map(({ imported }) => imported),
          250,
          false,
        ),
        figure(
          "startCluster(), the first",
          children.map(({ starts }) => starts[0]!),
          100,
          true,
        ),
        figure("startCluster(), the next", later, 20, true),
        figure(
          "create to its watch event, in process",
          children.flatMap(({ events }) => events),
          0.5,
          false,
        ),
      ];
    }),
};
