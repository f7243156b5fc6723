import { DeploymentKind } from "@kubets/api";
import { expect, test } from "vitest";
import { startCluster } from "./start-cluster.ts";

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 1
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: web, image: "web:1" }] }
`;
const greedy = `
apiVersion: v1
kind: Pod
metadata: { name: greedy }
spec: { containers: [{ name: web, image: "web:1", resources: { requests: { cpu: 100 } } }] }
`;

test("an object is explained by what wrote it, and because of what", async () => {
  await using cluster = await startCluster({ nodes: 1, seed: 1 });
  await cluster.apply(deployment);
  await cluster.settle();
  await cluster.client
    .resource(DeploymentKind)
    .in("default")
    .patch("web", { spec: { replicas: 2 } }, { type: "merge" });
  await cluster.settle();
  const account = await cluster.explain("deploy/web");
  expect(account).toMatch(/^Deployment default\/web: 0s old$/m);
  expect(account).toMatch(/^ {2}\d+ {2}created by kubernetes-admin$/m);
  expect(account).toMatch(/^ {2}\d+ {2}spec\.replicas changed by kubernetes-admin$/m);
  expect(account).toMatch(/changed by deployment because of replicasets\/default\/web-\w+ at revision \d+$/m);
  expect(account).toContain("Normal ScalingReplicaSet deployment/web: Scaled up replica set");
});

test("a Pod that nothing can run says why, and one that is gone who removed it", async () => {
  await using cluster = await startCluster({ nodes: 1 });
  await cluster.apply(greedy);
  await cluster.settle();
  const account = await cluster.explain("pod/greedy");
  expect(account).toContain("Held up by:\n  PodScheduled is False: Unschedulable: 0/1 nodes are available: 1 Insufficient cpu");
  expect(account).toContain("Warning FailedScheduling pod/greedy: 0/1 nodes are available");
  await cluster.apply(deployment);
  await cluster.client.resource(DeploymentKind).in("default").delete("web");
  await cluster.settle();
  expect(await cluster.explain("deployment/web")).toMatch(/^Deployment default\/web: deleted$/m);
  expect(await cluster.explain("deployment/web")).toMatch(/removed by kubernetes-admin$/m);
});

test("what can't be explained is said", async () => {
  await using cluster = await startCluster({ nodes: 0 });
  await expect(cluster.explain("web")).rejects.toThrow('Cannot explain "web": expected a kind and a name, such as deployment/web');
  await expect(cluster.explain("widget/web")).rejects.toThrow('Cannot explain "widget/web": this cluster serves no widget');
  await expect(cluster.explain("pod/web")).rejects.toThrow('Cannot explain Pod "web" in default: there is none, nor was there one');
});
