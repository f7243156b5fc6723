import { execFile, execFileSync } from "node:child_process";
import { createServer, type Server } from "node:net";
import { type EndpointSlice, EndpointSliceKind, ServiceKind } from "@kubets/api";
import { createInformers, type Informers } from "@kubets/client";
import { createTasks, silent, unmeasured } from "@kubets/machinery";
import { createSystemClock, createSystemRandom, turn } from "@kubets/machinery/node";
import { type Cluster, startCluster } from "@kubets/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runDns } from "../dns.ts";
import { dnsObjects } from "../dns-objects.ts";
import { type DnsServer, listenDns } from "./dns-server.ts";
import { createUpstream } from "./upstream.ts";
import { answerLikeTheWorld } from "../testing/foreign-server.ts";

const hasDig = ((): boolean => {
  try {
    execFileSync("dig", ["-v"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

const manifest = `
apiVersion: v1
kind: Service
metadata: { name: web }
spec: { clusterIP: 10.96.0.20, ports: [{ name: http, port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: db }
spec: { clusterIP: None, ports: [{ name: sql, port: 5432 }] }
---
apiVersion: v1
kind: Service
metadata: { name: outside }
spec: { type: ExternalName, externalName: www.example.org }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: db-1, labels: { kubernetes.io/service-name: db } }
addressType: IPv4
endpoints: [{ addresses: [10.244.0.5], hostname: db-0 }, { addresses: [10.244.0.6] }]
ports: [{ name: sql, port: 5432 }]
`;

describe.skipIf(!hasDig)(hasDig ? "DNS, asked by dig" : "DNS (skipped: dig is not installed)", () => {
  let cluster: Cluster;
  let server: DnsServer;
  let informers: Informers;
  const cleanUp = new AsyncDisposableStack();

  beforeAll(async () => {
    const clock = createSystemClock();
    const random = createSystemRandom();
    const tasks = createTasks({ turn });
    const surroundings = { clock, random, tasks, logger: silent, metrics: unmeasured };
    cluster = cleanUp.use(await startCluster({ nodes: 0, clock: "system" }));
    const world = cleanUp.use(await listenDns({ ...surroundings, resolve: answerLikeTheWorld, address: "127.0.0.1", port: 0 }));
    const client = cluster.controlPlane.clientFor({ name: "system:kube-dns", groups: [] });
    informers = createInformers({ ...surroundings, client });
    cleanUp.defer(() => informers.stop());
    const upstream = createUpstream({ ...surroundings, own: [], servers: [`127.0.0.1:${world.port}`] });
    const dns = runDns({ ...surroundings, informers, upstream, serverAddresses: ["10.96.0.10"] });
    await dns.synced();
    server = cleanUp.use(
      await listenDns({ ...surroundings, resolve: dns.resolve, address: "127.0.0.1", port: 0, clients: ["127.0.0.1/32"] }),
    );
    await cluster.apply(manifest);
    const objects = dnsObjects({ clusterIP: "10.96.0.10", address: "192.0.2.2", port: server.port });
    const service = await cluster.client.resource(ServiceKind).create(objects.service);
    await informers.of(ServiceKind).reached(Number(service.metadata.resourceVersion));
    await known(await cluster.client.resource(EndpointSliceKind).create(objects.endpointSlice));
  });
  afterAll(() => cleanUp.disposeAsync());

  /** The server has heard of what was written. */
  function known({ metadata }: EndpointSlice): Promise<void> {
    return informers.of(EndpointSliceKind).reached(Number(metadata.resourceVersion));
  }

  function dig(...parameters: readonly string[]): Promise<string> {
    const line = ["@127.0.0.1", "-p", String(server.port), "+short", "+tries=1", "+time=3", ...parameters];
    return new Promise((resolve) => {
      execFile("dig", line, { encoding: "utf8" }, (_error, stdout) => resolve(stdout.trim().split("\n").sort().join("\n")));
    });
  }

  test("a Service has a name, in any case of letters, over UDP and TCP", async () => {
    expect(await dig("web.default.svc.cluster.local")).toBe("10.96.0.20");
    expect(await dig("WEB.Default.svc.CLUSTER.local", "+tcp")).toBe("10.96.0.20");
    expect(await dig("_http._tcp.web.default.svc.cluster.local", "SRV")).toBe("0 100 80 web.default.svc.cluster.local.");
    expect(await dig("-x", "10.96.0.20")).toBe("web.default.svc.cluster.local.");
  });

  test("a headless Service leads to its endpoints, each with a name of its own", async () => {
    expect(await dig("db.default.svc.cluster.local")).toBe("10.244.0.5\n10.244.0.6");
    expect(await dig("db-0.db.default.svc.cluster.local")).toBe("10.244.0.5");
    expect(await dig("-x", "10.244.0.6")).toBe("10-244-0-6.db.default.svc.cluster.local.");
  });

  test("what isn't of the cluster is asked of the machine's resolvers, and so is the target of an external name", async () => {
    expect(await dig("www.example.org")).toBe("198.51.100.7");
    expect(await dig("outside.default.svc.cluster.local")).toBe("198.51.100.7\nwww.example.org.");
  });

  test("a name that the cluster doesn't have is said not to be there; one without such a record only has none", async () => {
    const status = async (...question: readonly string[]): Promise<string | undefined> =>
      /status: (\w+)/.exec(await dig("+noshort", "+comments", ...question))?.[1];
    expect(await status("nobody.default.svc.cluster.local")).toBe("NXDOMAIN");
    expect(await status("web.default.svc.cluster.local", "AAAA")).toBe("NOERROR");
  });

  test("an answer that is too long for UDP comes over TCP", async () => {
    const addresses = Array.from({ length: 120 }, (_, index) => `10.244.7.${index}`);
    const service = await cluster.client.resource(ServiceKind).create({
      metadata: { name: "many", namespace: "default" },
      spec: { clusterIP: "None", ports: [{ name: "http", port: 80 }] },
    });
    const slice = await cluster.client.resource(EndpointSliceKind).create({
      metadata: { name: "many-1", namespace: "default", labels: { "kubernetes.io/service-name": "many" } },
      addressType: "IPv4",
      endpoints: addresses.map((address) => ({ addresses: [address] })),
      ports: [{ name: "http", port: 80 }],
    });
    await known(slice);
    await informers.of(ServiceKind).reached(Number(service.metadata.resourceVersion));
    expect((await dig("many.default.svc.cluster.local")).split("\n")).toHaveLength(120);
    expect(await dig("many.default.svc.cluster.local", "+ignore", "+noshort", "+comments")).toMatch(/flags: qr aa tc/);
  });

  test("who may not ask hears nothing", async () => {
    const other = await listenDns({
      resolve: answerLikeTheWorld,
      clock: createSystemClock(),
      tasks: createTasks({ turn }),
      logger: silent,
      address: "127.0.0.1",
      port: 0,
      clients: ["10.244.0.0/16"],
    });
    await using _server = other;
    expect(await dig("www.example.org", "-p", String(other.port), "+time=1")).toMatch(/no servers could be reached|communications error/);
  });

  test("a port that is taken for TCP is not taken for UDP either", async () => {
    const taken = await new Promise<Server>((resolve) => {
      const blocker = createServer().listen({ host: "127.0.0.1", port: 0 }, () => resolve(blocker));
    });
    const { port } = taken.address() as { port: number };
    const options = {
      resolve: answerLikeTheWorld,
      clock: createSystemClock(),
      tasks: createTasks({ turn }),
      logger: silent,
      address: "127.0.0.1",
      port,
    };
    await expect(listenDns(options)).rejects.toThrow("EADDRINUSE");
    await new Promise<void>((resolve) => taken.close(() => resolve()));
  });
});
