import { PodKind, type Service, ServiceKind } from "@kubets/api";
import { expect } from "vitest";
import { test } from "../real-node.ts";
import { wholeCluster } from "../whole-cluster.ts";
import { asker, isAnsweredBy, isUnanswered, peer, service } from "./peers.ts";

const cluster = wholeCluster();
const servicesIn = (namespace: string) => cluster.client.resource(ServiceKind).in(namespace);

/** A Service that the machine, as the cloud, has given an address. */
async function balanced(namespace: string, spec: object = {}): Promise<{ readonly address: string; readonly made: Service }> {
  const made = await service(cluster, namespace, "web", { type: "LoadBalancer", ...spec });
  let address = "";
  await cluster.until(async () => {
    address = (await servicesIn(namespace).get("web")).status.loadBalancer.ingress?.[0]?.ip ?? "";
    expect(address).not.toBe("");
  });
  return { address, made };
}

test("a LoadBalancer's address leads Pods and the node to its Pods, and to nobody once it is no LoadBalancer any more", async () => {
  const namespace = await cluster.namespace();
  const [ask, onNode] = [await asker(cluster, namespace), await asker(cluster, namespace, { hostNetwork: true })];
  for (const name of ["one", "two"]) await peer(cluster, namespace, name, { labels: { app: "web" } });
  const { address } = await balanced(namespace);
  await isAnsweredBy(cluster, () => ask.http(address, 80), ["one", "two"]);
  await isAnsweredBy(cluster, () => onNode.http(address, 80), ["one", "two"]);
  await servicesIn(namespace).patch("web", { spec: { type: "ClusterIP" } }, { type: "merge" });
  await isUnanswered(cluster, () => onNode.http(address, 80));
  await cluster.until(async () => expect((await servicesIn(namespace).get("web")).status.loadBalancer.ingress ?? []).toEqual([]));
});

test("a LoadBalancer answers those only who come from its source ranges", async () => {
  const namespace = await cluster.namespace();
  const ask = await asker(cluster, namespace);
  await peer(cluster, namespace, "one", { labels: { app: "web" } });
  const { address } = await balanced(namespace, { loadBalancerSourceRanges: ["192.0.2.0/24"] });
  const once = (): Promise<string> => ask.http(address, 80);
  await isUnanswered(cluster, once);
  const { status } = await cluster.client.resource(PodKind).in(namespace).get("asker");
  await servicesIn(namespace).patch("web", { spec: { loadBalancerSourceRanges: [`${status.podIP}/32`] } }, { type: "merge" });
  await isAnsweredBy(cluster, once, ["one"]);
});

test("with the policy Local, the health-check port says whether the node has Pods of the Service", async () => {
  const namespace = await cluster.namespace();
  const onNode = await asker(cluster, namespace, { hostNetwork: true });
  const { address, made } = await balanced(namespace, { externalTrafficPolicy: "Local" });
  const health = (): Promise<string> =>
    onNode.sh(`timeout 2 wget -S -O - http://${cluster.nodeAddress}:${made.spec.healthCheckNodePort}/healthz 2>&1 || true`);
  await cluster.until(async () => expect(await health()).toContain("503 Service Unavailable"));
  await peer(cluster, namespace, "one", { labels: { app: "web" } });
  await cluster.until(async () => expect(await health()).toMatch(/200 OK[^]*"localEndpoints":1/));
  await isAnsweredBy(cluster, () => onNode.http(address, 80), ["one"]);
});
