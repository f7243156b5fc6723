import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PodKind } from "@kubets/api";
import type { Instant } from "@kubets/machinery";
import { expect, onTestFinished, test } from "vitest";
import type { Cluster } from "./cluster.ts";
import { startCluster } from "./start-cluster.ts";

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

/** Another process, which knows of the cluster what stands in the file: it tells what it finds, and goes on with it. */
const program = (file: string): string => `
  import { PodKind } from "@kubets/api";
  import { startCluster } from "@kubets/testkit";
  await using cluster = await startCluster({ snapshot: ${JSON.stringify(file)} });
  const pods = () => cluster.client.resource(PodKind).list();
  const widgets = await cluster.client.transport.send({ method: "GET", target: "/apis/example.com/v1/widgets", headers: {} }, new AbortController().signal);
  const told = { now: cluster.clock.now(), seed: cluster.seed, pods: (await pods()).items, widgets: (await widgets.object()).items };
  cluster.controlPlane.simulatedNodes.node("simulated-0").fail();
  await cluster.clock.advance("10m");
  console.log(JSON.stringify({ ...told, later: (await pods()).items, failures: cluster.failures.length }));
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
  // What follows from it here follows from it there.
  await using fork = await cluster.fork();
  fork.controlPlane.simulatedNodes!.node("simulated-0").fail();
  await fork.clock.advance("10m");

  const args = ["--conditions=source", "--input-type=module", "--eval", program(file)];
  const told = JSON.parse(execFileSync(process.execPath, args, { cwd: import.meta.dirname, encoding: "utf8" })) as object;
  const podsOf = async (of: Cluster): Promise<unknown> => plain((await of.client.resource(PodKind).list()).items);
  expect(told).toEqual({
    now: cluster.clock.now(),
    seed: 3,
    pods: await podsOf(cluster),
    widgets: [expect.objectContaining({ kind: "Widget", size: 3 })],
    later: await podsOf(fork),
    failures: 0,
  });
});

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
