import { PodKind, ReplicaSetKind, ReplicationControllerKind } from "@kubets/api";
import { expect, test } from "vitest";
import { conformanceCluster } from "../conformance-cluster.ts";

// An image that says the name of its Pod.
const cluster = conformanceCluster({
  nodes: 2,
  programs: [({ container }) => (container.image === "serve-hostname" ? { http: ({ pod }) => ({ body: pod.metadata.name }) } : undefined)],
});

const template = {
  metadata: { labels: { app: "web" } },
  spec: { containers: [{ name: "web", image: "serve-hostname", ports: [{ containerPort: 9376 }] }] },
};

async function said(target: string): Promise<string> {
  const answer = await cluster.client.transport.send({ method: "GET", target, headers: {} }, new AbortController().signal);
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of answer.chunks()) text += decoder.decode(bytes, { stream: true });
  return `${answer.status} ${text}`;
}

async function eachSaysItsName(namespace: string): Promise<void> {
  const names: string[] = [];
  await cluster.until(async () => {
    const { items } = await cluster.client.resource(PodKind).in(namespace).list({ labelSelector: "app=web" });
    expect(items.map(({ status }) => status.phase)).toEqual(["Running", "Running", "Running"]);
    names.splice(0, names.length, ...items.map(({ metadata }) => metadata.name));
  });
  for (const name of names) expect(await said(`/api/v1/namespaces/${namespace}/pods/${name}/proxy/`)).toBe(`200 ${name}`);
}

test("each simulated Pod of a ReplicaSet runs its image and answers through the proxy", async () => {
  const namespace = await cluster.namespace();
  const spec = { replicas: 3, selector: { matchLabels: { app: "web" } }, template };
  await cluster.client
    .resource(ReplicaSetKind)
    .in(namespace)
    .create({ metadata: { name: "web" }, spec });
  await eachSaysItsName(namespace);
});

test("each simulated Pod of a ReplicationController runs its image and answers through the proxy", async () => {
  const namespace = await cluster.namespace();
  const spec = { replicas: 3, selector: { app: "web" }, template };
  await cluster.client
    .resource(ReplicationControllerKind)
    .in(namespace)
    .create({ metadata: { name: "web" }, spec });
  await eachSaysItsName(namespace);
});
