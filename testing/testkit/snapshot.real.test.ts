import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Instant } from "@kubets/machinery";
import { expect, onTestFinished, test } from "vitest";
import { startCluster } from "./start-cluster.ts";
import { liveOn } from "./testing/live-on.ts";

const definition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.example.com }
spec:
  group: example.com
  scope: Namespaced
  names: { plural: widgets, singular: widget, kind: Widget, listKind: WidgetList }
  versions:
  - name: v1
    served: true
    storage: true
    schema: { openAPIV3Schema: { type: object, properties: { size: { type: integer } } } }
`;
const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: "web:1" }] }
`;
const widget = `
apiVersion: example.com/v1
kind: Widget
metadata: { name: mine }
size: 3
`;

/** Another process, which knows of the cluster what stands in the file. */
const program = (file: string): string => `
  import { startCluster } from "@kubets/testkit";
  import { liveOn } from "./testing/live-on.ts";
  await using cluster = await startCluster({ snapshot: ${JSON.stringify(file)} });
  console.log(JSON.stringify(await liveOn(cluster)));
`;

test("a snapshot is a file that another process opens: objects, definitions, nodes, time and chance are as they were, and go on alike", async () => {
  const folder = mkdtempSync(join(tmpdir(), "kubets-snapshot-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  await using cluster = await startCluster({ nodes: 2, seed: 3, startTime: Date.UTC(2027, 0, 1) as Instant });
  await cluster.apply(definition);
  await cluster.settle();
  await cluster.apply(`${deployment}---${widget}`);
  await cluster.settle();
  const file = join(folder, "cluster");
  (await cluster.snapshot()).save(file);

  const args = ["--conditions=source", "--input-type=module", "--eval", program(file)];
  const there = JSON.parse(execFileSync(process.execPath, args, { cwd: import.meta.dirname, encoding: "utf8" })) as object;
  await using here = await cluster.fork();
  expect(there).toEqual(await liveOn(here));
  expect(there).toMatchObject({ now: cluster.clock.now(), seed: 3, widgets: { items: [{ size: 3 }] }, failures: [] });
  // Those of the node that failed stay where they were until somebody says that it is gone; others have taken their place.
  const { pods, later } = there as { readonly pods: readonly unknown[]; readonly later: readonly unknown[] };
  expect([pods.length, later.length > pods.length]).toEqual([3, true]);
});
