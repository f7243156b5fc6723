import { PodKind, ReplicaSetKind, ReplicationControllerKind } from "@kubets/api";
import { expect } from "vitest";
import { test } from "../real-node.ts";
import { wholeCluster } from "../whole-cluster.ts";

const cluster = wholeCluster();

/** Each replica answers with its name, asked through the API server. */
async function allAnswer(make: (namespace: string, template: object) => Promise<unknown>): Promise<void> {
  const namespace = await cluster.namespace();
  const template = {
    metadata: { labels: { app: "web" } },
    spec: { terminationGracePeriodSeconds: 1, containers: [{ name: "web", image: cluster.images.echo, ports: [{ containerPort: 8080 }] }] },
  };
  await make(namespace, template);
  await cluster.until(async () => {
    const { items } = await cluster.client.resource(PodKind).in(namespace).list({ labelSelector: "app=web" });
    expect(items).toHaveLength(2);
    for (const { metadata } of items) {
      const { status, text } = await cluster.get(`/api/v1/namespaces/${namespace}/pods/${metadata.name}:8080/proxy/hostname`);
      expect([status, text.trim()]).toEqual([200, metadata.name]);
    }
  });
}

test("AP-045 every Pod of a ReplicaSet runs and answers", () =>
  allAnswer((namespace, template) =>
    cluster.client
      .resource(ReplicaSetKind)
      .in(namespace)
      .create({ metadata: { name: "web" }, spec: { replicas: 2, selector: { matchLabels: { app: "web" } }, template } } as never),
  ));

test("AP-050 every Pod of a ReplicationController runs and answers", () =>
  allAnswer((namespace, template) =>
    cluster.client
      .resource(ReplicationControllerKind)
      .in(namespace)
      .create({ metadata: { name: "web" }, spec: { replicas: 2, selector: { app: "web" }, template } } as never),
  ));
