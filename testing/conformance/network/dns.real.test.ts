import { ServiceKind } from "@kubets/api";
import { expect } from "vitest";
import { test } from "../real-node.ts";
import { wholeCluster } from "../whole-cluster.ts";
import { asker, peer, service } from "./peers.ts";

const cluster = wholeCluster();
const domain = (namespace: string): string => `${namespace}.svc.cluster.local`;

/** Asks in a Pod until the answer holds this. */
async function answers(ask: (script: string) => Promise<string>, question: string, ...words: readonly string[]): Promise<void> {
  await cluster.until(async () => {
    const answer = await ask(`${question} 2>&1 || true`);
    for (const word of words) expect(answer).toContain(word);
  });
}

test("NE-003 a Pod finds its own names in its hosts file", async () => {
  const namespace = await cluster.namespace();
  await service(cluster, namespace, "sub", { clusterIP: "None", selector: { app: "none" } });
  const { status } = await cluster.runReady(namespace, "own", { script: "sleep 1000", hostname: "querier", subdomain: "sub" });
  for (const name of ["querier", `querier.sub.${domain(namespace)}`]) {
    expect(await cluster.sh(namespace, "own", `ping -c 1 -W 1 ${name} | head -1`)).toContain(`(${status.podIP})`);
  }
});

test("NE-004 the name of an ExternalName leads where it says, also when that changes, and to an address when it becomes a Service", async () => {
  const namespace = await cluster.namespace();
  const { sh } = await asker(cluster, namespace);
  const question = (type: string): string => `nslookup -type=${type} web.${domain(namespace)}`;
  await service(cluster, namespace, "web", { type: "ExternalName", externalName: "foo.example.com" });
  await answers(sh, question("cname"), "canonical name = foo.example.com");
  const services = cluster.client.resource(ServiceKind).in(namespace);
  await services.patch("web", { spec: { externalName: "bar.example.com" } }, { type: "merge" });
  await answers(sh, question("cname"), "canonical name = bar.example.com");
  const { spec } = await services.patch("web", { spec: { type: "ClusterIP", externalName: null } }, { type: "merge" });
  await answers(sh, question("a"), `Address: ${spec.clusterIP}`);
});

test("NE-005 a Pod with host name and subdomain has a name", async () => {
  const namespace = await cluster.namespace();
  const { sh } = await asker(cluster, namespace);
  await service(cluster, namespace, "sub", { clusterIP: "None" });
  const ip = await peer(cluster, namespace, "named", { labels: { app: "sub" }, spec: { hostname: "querier", subdomain: "sub" } });
  await answers(sh, `nslookup -type=a querier.sub.${domain(namespace)}`, `Address: ${ip}`);
});

test("NE-006 the subdomain of a Pod is a name that leads to it", async () => {
  const namespace = await cluster.namespace();
  const { sh } = await asker(cluster, namespace);
  await service(cluster, namespace, "sub", { clusterIP: "None" });
  const ip = await peer(cluster, namespace, "named", { labels: { app: "sub" }, spec: { hostname: "querier", subdomain: "sub" } });
  await answers(sh, `nslookup -type=a sub.${domain(namespace)}`, `Address: ${ip}`);
});

test("NE-007 Services, headless ones too, have addresses, ports and names for their addresses", async () => {
  const namespace = await cluster.namespace();
  const { sh } = await asker(cluster, namespace);
  const ports = [{ name: "http", port: 80, targetPort: 8080 }];
  await service(cluster, namespace, "headless", { clusterIP: "None", ports });
  const { spec } = await service(cluster, namespace, "web", { selector: { app: "headless" }, ports });
  const ip = await peer(cluster, namespace, "backend", { labels: { app: "headless" } });
  await answers(sh, `nslookup -type=a headless.${domain(namespace)}`, `Address: ${ip}`);
  await answers(sh, `nslookup -type=a web.${domain(namespace)}`, `Address: ${spec.clusterIP}`);
  await answers(sh, `nslookup -type=srv _http._tcp.headless.${domain(namespace)}`, " 8080 ", `headless.${domain(namespace)}`);
  await answers(sh, `nslookup -type=srv _http._tcp.web.${domain(namespace)}`, `80 web.${domain(namespace)}`);
  await answers(sh, `nslookup ${spec.clusterIP}`, `name = web.${domain(namespace)}`);
});

test("NE-008 the API server has its names", async () => {
  const namespace = await cluster.namespace();
  const { sh } = await asker(cluster, namespace);
  const { spec } = await cluster.client.resource(ServiceKind).in("default").get("kubernetes");
  await answers(sh, "nslookup -type=a kubernetes.default.svc.cluster.local", `Address: ${spec.clusterIP}`);
  for (const name of ["kubernetes.default", "kubernetes.default.svc"]) {
    await answers(sh, `ping -c 1 -W 1 ${name} | head -1`, `(${spec.clusterIP})`);
  }
});

test("NE-009 short names of Services lead to them", async () => {
  const namespace = await cluster.namespace();
  const { sh } = await asker(cluster, namespace);
  const { spec } = await service(cluster, namespace, "web", {});
  for (const name of ["web", `web.${namespace}`, `web.${namespace}.svc`]) {
    await answers(sh, `ping -c 1 -W 1 ${name} | head -1`, `(${spec.clusterIP})`);
  }
});

test("NE-010 a Pod that brings its own resolvers asks those and no others", async () => {
  const text = await cluster.output(await cluster.namespace(), {
    script: "cat /etc/resolv.conf",
    dnsPolicy: "None",
    dnsConfig: { nameservers: ["1.1.1.1"], searches: ["resolv.conf.local"] },
  });
  expect(text.split("\n").filter((line) => line !== "")).toEqual(["search resolv.conf.local", "nameserver 1.1.1.1"]);
});
