import { AppsV1Api, CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { testCluster } from "@kubets/testkit/vitest";
import { expect, test } from "vitest";

test("the official JavaScript client deploys over HTTPS, and settle() waits for what follows", async () => {
  const cluster = await testCluster({ nodes: 2 });
  const config = new KubeConfig();
  config.loadFromString(await cluster.kubeconfig);
  const labels = { app: "web" };
  await config.makeApiClient(AppsV1Api).createNamespacedDeployment({
    namespace: "default",
    body: {
      metadata: { name: "web" },
      spec: {
        replicas: 3,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: "web", image: "web:1" }] } },
      },
    },
  });
  await cluster.settle();
  const { items } = await config.makeApiClient(CoreV1Api).listNamespacedPod({ namespace: "default", labelSelector: "app=web" });
  expect(items.map(({ status }) => status?.phase)).toEqual(["Running", "Running", "Running"]);
});
