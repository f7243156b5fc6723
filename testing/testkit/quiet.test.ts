import { ConfigMapKind } from "@kubets/api";
import { createClient } from "@kubets/client";
import { createKubeconfigTransport, readKubeconfig, selectContext } from "@kubets/client/node";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTasks, sleep } from "@kubets/machinery";
import { createSystemClock, turn } from "@kubets/machinery/node";
import { expect, onTestFinished, test } from "vitest";
import { startCluster } from "./start-cluster.ts";

// What a program outside does next nobody can know: a cluster counts as settled once it has asked for nothing for a while.
test("settle() waits until nobody outside has asked for anything for a while", async () => {
  const folder = mkdtempSync(join(tmpdir(), "kubets-quiet-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  await using cluster = await startCluster({ nodes: 0 });
  const file = join(folder, "kubeconfig");
  writeFileSync(file, await cluster.kubeconfig);
  const clock = createSystemClock();
  const context = selectContext(await readKubeconfig([file]));
  const transport = await createKubeconfigTransport(context, { tasks: createTasks({ turn }), clock, environment: {} });
  const maps = createClient(transport).resource(ConfigMapKind).in("default");

  let asked = 0;
  let last = 0;
  const outside = (async () => {
    for (; asked < 4; asked++) {
      await maps.create({ metadata: { name: `map-${asked}` } });
      last = clock.monotonic();
      await sleep(clock, 20);
    }
  })();
  await maps.list();
  await cluster.settle({ quiet: 400 });
  expect(asked).toBe(4);
  expect(clock.monotonic() - last).toBeGreaterThan(350);
  // From the cluster's side there is nothing more to wait for.
  const began = clock.monotonic();
  await cluster.settle({ quiet: 0 });
  expect(clock.monotonic() - began).toBeLessThan(300);
  await outside;
  await transport.close();
});
