import { EndpointSliceKind, NodeKind, ServiceKind } from "@kubets/api";
import { createInformers } from "@kubets/client";
import { type LogFields, type Logger, silent, unmeasured } from "@kubets/machinery";
import { type Cluster, startCluster } from "@kubets/testkit";
import { expect, test } from "vitest";
import { runKubeProxy, type RunningKubeProxy } from "./proxy.ts";
import { type RecordingBackend, recordingBackend } from "./testing/recording-backend.ts";
import { trace } from "./trace.ts";

const web = `
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { clusterIP: 10.96.0.20, ports: [{ port: 80 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: web-1, labels: { kubernetes.io/service-name: web } }
addressType: IPv4
endpoints: [{ addresses: [10.244.0.5] }]
ports: [{ port: 8080 }]
`;

interface ProxiedCluster extends AsyncDisposable {
  readonly cluster: Cluster;
  readonly proxy: RunningKubeProxy;
  readonly backend: RecordingBackend;
  readonly warnings: readonly string[];
  /** Where a Pod's connection to the Service of the tests may end. */
  endpoints(): readonly string[];
}

async function startProxiedCluster({ manifest = "" }: { readonly manifest?: string } = {}): Promise<ProxiedCluster> {
  await using undo = new AsyncDisposableStack();
  const cluster = undo.use(await startCluster({ nodes: 0, seed: 1 }));
  if (manifest !== "") await cluster.apply(manifest);
  await cluster.client.resource(NodeKind).create({ metadata: { name: "node-1", labels: { "topology.kubernetes.io/zone": "west" } } });
  const warnings: string[] = [];
  const note = (sentence: string, _fields?: LogFields): void => void warnings.push(sentence);
  const logger: Logger = { ...silent, warn: note, error: note, with: () => logger };
  const { clock, tasks } = cluster;
  const client = cluster.controlPlane.clientFor({ name: "system:kube-proxy", groups: [] });
  const surroundings = { clock, tasks, logger, random: { bytes: (length: number) => new Uint8Array(length), fraction: () => 0.5 } };
  const informers = createInformers({ ...surroundings, client });
  undo.defer(() => informers.stop());
  const backend = recordingBackend();
  const proxy = undo.use(
    runKubeProxy({
      ...surroundings,
      informers,
      backend,
      metrics: unmeasured,
      node: { name: "node-1", family: "IPv4", podRange: "10.244.0.0/16" },
    }),
  );
  await cluster.settle();
  const stack = undo.move();
  return {
    cluster,
    proxy,
    backend,
    warnings,
    endpoints() {
      const packet = { protocol: "tcp", source: "10.244.0.9", destination: "10.96.0.20", port: 80 } as const;
      const story = trace(proxy.ruleset, packet, { nodeAddresses: [] });
      return story.verdict === "forward" ? story.endpoints.map(({ address }) => address) : [story.verdict];
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

test("what was there before is applied at the start, as the user system:kube-proxy may read it", async () => {
  await using proxied = await startProxiedCluster({ manifest: web });
  await proxied.proxy.synced();
  expect(proxied.endpoints()).toEqual(["10.244.0.5"]);
  expect(proxied.backend.updates).toHaveLength(1);
  expect(proxied.warnings).toEqual([]);
});

test("a Service is followed from its first endpoint to its end", async () => {
  await using proxied = await startProxiedCluster();
  const { cluster } = proxied;
  expect(proxied.endpoints()).toEqual(["pass"]);
  await cluster.apply(web);
  await cluster.clock.advance("1s");
  expect(proxied.endpoints()).toEqual(["10.244.0.5"]);
  await cluster.client
    .resource(EndpointSliceKind)
    .in("default")
    .patch("web-1", { endpoints: [{ addresses: ["10.244.0.6"] }] }, { type: "merge" });
  await cluster.clock.advance("1s");
  expect(proxied.endpoints()).toEqual(["10.244.0.6"]);
  await cluster.client.resource(EndpointSliceKind).in("default").delete("web-1");
  await cluster.clock.advance("1s");
  expect(proxied.endpoints()).toEqual(["reject"]);
  await cluster.client.resource(ServiceKind).in("default").delete("web");
  await cluster.clock.advance("1s");
  expect(proxied.endpoints()).toEqual(["pass"]);
});

test("changes that come close to one another go into one update", async () => {
  await using proxied = await startProxiedCluster();
  await proxied.cluster.apply(web);
  await proxied.cluster.apply(web.replaceAll("web", "other").replace("10.96.0.20", "10.96.0.21"));
  expect(proxied.backend.updates).toHaveLength(1);
  await proxied.cluster.clock.advance("1s");
  expect(proxied.backend.updates).toHaveLength(2);
  expect(proxied.backend.updates[1]).not.toContain("delete table");
});

test("after a failure everything is written anew, later and later, until it succeeds; meanwhile the proxy is not healthy", async () => {
  await using proxied = await startProxiedCluster();
  const { cluster, backend } = proxied;
  backend.failing = true;
  await cluster.apply(web);
  await cluster.clock.advance("3m");
  expect(await status(proxied, "/healthz")).toBe(503);
  expect(proxied.warnings.length).toBeLessThan(12);
  backend.failing = false;
  await cluster.clock.advance("1m");
  expect(backend.updates).toHaveLength(2);
  expect(backend.updates[1]).toContain("delete table");
  expect(proxied.endpoints()).toEqual(["10.244.0.5"]);
  expect(await status(proxied, "/healthz")).toBe(200);
});

test("rules that somebody else flushes are back half a minute later", async () => {
  await using proxied = await startProxiedCluster();
  proxied.backend.flush();
  await proxied.cluster.clock.advance("40s");
  expect(proxied.backend.current).toBe(proxied.proxy.ruleset);
  expect(proxied.warnings).toEqual(["Rules of Services were taken away by somebody else; all of them are written anew"]);
});

test("a node that is being taken away says so to load balancers, and lives on", async () => {
  await using proxied = await startProxiedCluster();
  const taint = { key: "ToBeDeletedByClusterAutoscaler", effect: "NoSchedule" };
  await proxied.cluster.client.resource(NodeKind).patch("node-1", { spec: { taints: [taint] } }, { type: "merge" });
  await proxied.cluster.settle();
  expect([await status(proxied, "/healthz"), await status(proxied, "/livez")]).toEqual([503, 200]);
});

test("a node that moves to another zone follows the hints of that zone", async () => {
  await using proxied = await startProxiedCluster();
  const { cluster } = proxied;
  const inZone = (address: string, zone: string): string => `{ addresses: [${address}], hints: { forZones: [{ name: ${zone} }] } }`;
  await cluster.apply(web.replace("{ addresses: [10.244.0.5] }", `${inZone("10.244.0.5", "west")}, ${inZone("10.244.1.5", "east")}`));
  await cluster.clock.advance("1s");
  expect(proxied.endpoints()).toEqual(["10.244.0.5"]);
  await cluster.client
    .resource(NodeKind)
    .patch("node-1", { metadata: { labels: { "topology.kubernetes.io/zone": "east" } } }, { type: "merge" });
  await cluster.clock.advance("1s");
  expect(proxied.endpoints()).toEqual(["10.244.1.5"]);
});

test("a proxy that stops takes its rules away, unless the next one is to find them", async () => {
  await using proxied = await startProxiedCluster();
  await proxied.proxy.stop({ keepRules: true });
  expect(proxied.backend.current).toBeDefined();
  await proxied.proxy.stop();
  expect(proxied.backend.current).toBeUndefined();
  await expect(proxied.proxy.synced()).resolves.toBeUndefined();
});

async function status({ proxy }: ProxiedCluster, target: string): Promise<number> {
  const { status: code } = await proxy.handle(
    { method: "GET", target, headers: {} },
    { via: "network", address: "127.0.0.1" },
    new AbortController().signal,
  );
  return code;
}
