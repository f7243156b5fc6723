import { PodKind } from "@kubets/api";
import { type Plugin, rejection } from "@kubets/testkit";
import { testCluster } from "@kubets/testkit/vitest";
import { expect, test } from "vitest";

/** Nothing runs that nobody pays for. */
const costCentre: Plugin = {
  name: "CostCentre",
  preEnqueue: ({ metadata }) =>
    metadata.labels?.["cost-centre"] === undefined ? rejection("CostCentre", false, "waiting for the label cost-centre") : undefined,
};

test("a Pod waits until somebody pays for it", async () => {
  const cluster = await testCluster({ nodes: 1, plugins: [{ plugin: costCentre }] });
  const pods = cluster.client.resource(PodKind).in("default");
  await pods.create({ metadata: { name: "web" }, spec: { containers: [{ name: "web", image: "web:1" }] } });
  await cluster.settle();
  expect((await pods.get("web")).status.phase).toBe("Pending");
  await pods.patch("web", { metadata: { labels: { "cost-centre": "42" } } }, { type: "merge" });
  await cluster.settle();
  expect((await pods.get("web")).status.phase).toBe("Running");
});
