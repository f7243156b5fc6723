import type { Instant } from "@kubets/machinery";
import { expect, test } from "vitest";
import { createStats } from "./stats.ts";

test("a node says how busy it was since it was last asked, and what memory it can't take back at once", async () => {
  let [now, cpuNanoseconds] = [1_000_000, 5e9];
  const memory = { usageBytes: 3000, workingSetBytes: 2000, availableBytes: 6000 };
  const stats = createStats({
    runtime: { listPodSandboxStats: async () => [] },
    machine: { usage: async () => ({ bootedAt: 0 as Instant, cpuNanoseconds, memory }) },
    clock: { now: () => now as Instant },
    nodeName: "n1",
  });
  const asked = async (): Promise<unknown> => stats.summary(new AbortController().signal);
  await stats.begin();
  [now, cpuNanoseconds] = [now + 10_000, cpuNanoseconds + 2.5e9];
  const first = await asked();
  [now, cpuNanoseconds] = [now + 100, cpuNanoseconds + 1e9];
  const [second, time] = [await asked(), (at: number) => new RegExp(`^1970-01-01T00:16:${at}Z$`)];
  expect([first, second]).toEqual([
    {
      node: {
        nodeName: "n1",
        startTime: "1970-01-01T00:00:00Z",
        cpu: { time: expect.stringMatching(time(50)), usageNanoCores: 250_000_000, usageCoreNanoSeconds: 7.5e9 },
        memory: { time: expect.stringMatching(time(50)), ...memory },
      },
      pods: [],
    },
    expect.objectContaining({
      node: expect.objectContaining({ cpu: expect.objectContaining({ usageNanoCores: 250_000_000, usageCoreNanoSeconds: 8.5e9 }) }),
    }),
  ]);
});
