import { fileURLToPath } from "node:url";
import type { EndpointSlice, Service } from "@kubets/api";
import { createTasks, silent } from "@kubets/machinery";
import { turn } from "@kubets/machinery/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ProxyBackend } from "../backend.ts";
import { emptyRuleset, plan } from "../plan.ts";
import type { Ruleset } from "../ruleset.ts";
import { staleConnections } from "../stale-connections.ts";
import { canMakeNetworks, makeNetwork, type Network } from "../testing/network.ts";
import { aNode, anEndpoint, aService, aSlice } from "../testing/objects.ts";
import { createNftablesBackend } from "./nftables-backend.ts";

const here = "10.244.0.5";
const there = "10.244.0.6";
const client = "192.168.77.2";
const bothEndpoints = [anEndpoint(here), anEndpoint(there)];

describe.skipIf(!canMakeNetworks)(canMakeNetworks ? "nftables" : "nftables (skipped: needs root, nft, conntrack and ip)", () => {
  let network: Network;
  let backend: ProxyBackend;
  let applied: Ruleset;

  beforeAll(async () => {
    network = makeNetwork([here, there]);
    backend = createNftablesBackend({
      table: "kubets-test",
      family: "IPv4",
      tasks: createTasks({ turn }),
      logger: silent,
      run: network.run,
    });
    for (const pod of [here, there]) {
      await network.serve(pod, 8080);
      await network.serve(pod, 8080, "udp");
    }
    applied = emptyRuleset(aNode);
    await backend.apply(applied, undefined);
  });
  afterAll(() => network?.[Symbol.dispose]());

  /** Brings the node from whatever a test before has left to these Services, by an update. */
  async function become(services: readonly Service[], slices: readonly EndpointSlice[]): Promise<void> {
    const next = plan(services, slices, aNode);
    await backend.apply(next, applied);
    await backend.forget(staleConnections(next, applied));
    applied = next;
  }
  const answersOf = (text: string): readonly string[] => [...new Set(text.split("\n"))].sort();

  test("a cluster IP is reached from a Pod, which keeps its address, and from the node", async () => {
    await become([aService()], [aSlice({ endpoints: [anEndpoint(there)] })]);
    expect(await network.ask(here, "10.96.0.1:80")).toBe(`${there}<${here}`);
    expect(await network.ask("node", "10.96.0.1:80")).toBe(`${there}<10.244.0.1`);
  });

  test("connections are spread over all endpoints, and a Pod reaches itself as well", async () => {
    await become([aService()], [aSlice({ endpoints: bothEndpoints })]);
    expect(answersOf(await network.ask(here, "10.96.0.1:80", { times: 40 }))).toEqual([`${here}<10.244.0.1`, `${there}<${here}`]);
  });

  test("a node port is reached from outside, from a Pod and from the node, but not on loopback", async () => {
    await become([aService({ type: "NodePort", ports: [{ port: 80, nodePort: 30080 }] })], [aSlice({ endpoints: [anEndpoint(there)] })]);
    expect(await network.ask("client", "192.168.77.1:30080")).toBe(`${there}<10.244.0.1`);
    expect(await network.ask(here, "192.168.77.1:30080")).toBe(`${there}<10.244.0.1`);
    expect(await network.ask("node", "192.168.77.1:30080")).toBe(`${there}<10.244.0.1`);
    expect(await network.ask("node", "127.0.0.1:30080")).toBe("ECONNREFUSED");
  });

  test("with the external traffic policy Local, the client's address is kept; without an endpoint here, only Pods get through", async () => {
    const service = aService({ type: "NodePort", externalTrafficPolicy: "Local", ports: [{ port: 80, nodePort: 30080 }] });
    await become([service], [aSlice({ endpoints: [anEndpoint(here), anEndpoint(there, { nodeName: "node-2" })] })]);
    expect(answersOf(await network.ask("client", "192.168.77.1:30080", { times: 10 }))).toEqual([`${here}<${client}`]);
    await become([service], [aSlice({ endpoints: [anEndpoint(there, { nodeName: "node-2" })] })]);
    expect(await network.ask("client", "192.168.77.1:30080")).toBe("timeout");
    expect(await network.ask(here, "192.168.77.1:30080")).toBe(`${there}<${here}`);
  });

  test("a load balancer's address takes traffic only from its source ranges", async () => {
    const ingress = { loadBalancer: { ingress: [{ ip: "203.0.113.7" }] } };
    const balanced = (range: string): Service =>
      aService({ type: "LoadBalancer", loadBalancerSourceRanges: [range, "192.0.2.0/24"], status: ingress });
    const slice = aSlice({ endpoints: [anEndpoint(there)] });
    await become([balanced("192.168.77.0/24")], [slice]);
    expect(await network.ask("client", "203.0.113.7:80")).toBe(`${there}<10.244.0.1`);
    await become([balanced("198.51.100.0/24")], [slice]);
    expect(await network.ask("client", "203.0.113.7:80")).toBe("timeout");
  });

  test("session affinity keeps a client with its endpoint", async () => {
    await become([aService({ sessionAffinity: "ClientIP" })], [aSlice({ endpoints: bothEndpoints })]);
    const answers = await network.ask("client", "10.96.0.1:80", { times: 20 });
    expect(answersOf(answers)).toHaveLength(1);
  });

  test("a Service without endpoints refuses, at its cluster IP and at its node port; so does a port that it hasn't", async () => {
    await become([aService({ type: "NodePort", ports: [{ port: 80, nodePort: 30080 }] })], []);
    for (const [from, to] of [
      [here, "10.96.0.1:80"],
      ["node", "10.96.0.1:80"],
      ["client", "192.168.77.1:30080"],
      [here, "10.96.0.1:81"],
      ["node", "10.96.0.1:81"],
    ] as const) {
      expect([from, to, await network.ask(from, to)]).toEqual([from, to, "ECONNREFUSED"]);
    }
  });

  test("datagrams of one connection move on when their endpoint is gone", async () => {
    const service = aService({ ports: [{ port: 53, protocol: "UDP" }] });
    const slice = (address: string): EndpointSlice =>
      aSlice({ ports: [{ port: 8080, protocol: "UDP" }], endpoints: [anEndpoint(address)] });
    await become([service], [slice(here)]);
    const asking = { protocol: "udp", sourcePort: 40_000 } as const;
    expect(await network.ask("client", "10.96.0.1:53", asking)).toBe(`${here}<10.244.0.1`);
    await become([service], [slice(there)]);
    expect(await network.ask("client", "10.96.0.1:53", asking)).toBe(`${there}<10.244.0.1`);
  });

  test("updates, one after the other, come to the same rules as all of them at once", async () => {
    const services = [1, 2, 3].map((number) => aService({ name: `web-${number}`, clusterIP: `10.96.1.${number}` }));
    const slices = services.map(({ metadata: { name } }) => aSlice({ service: name, endpoints: bothEndpoints }));
    const sticky = { ...services[0]!, spec: { ...services[0]!.spec, sessionAffinity: "ClientIP" } } as const;
    await become([], []);
    await become([sticky], slices);
    await become(services, slices.slice(0, 2));
    await become(services.slice(1), slices);
    const byUpdates = await network.run("nft", ["-y", "list", "table", "ip", "kubets-test"]);
    await backend.apply(applied, undefined);
    expect(sections(byUpdates)).toEqual(sections(await network.run("nft", ["-y", "list", "table", "ip", "kubets-test"])));
  });

  test.each(["everything", "ipv6"])("nft takes the rules of the golden file %s", async (name) => {
    const file = fileURLToPath(new URL(`../backends/nftables/testing/${name}.golden`, import.meta.url));
    expect(await network.run("nft", ["-c", "-f", file])).toBe("");
  });

  test("rules that somebody flushed are missed, and nothing is left when the proxy takes its own away", async () => {
    expect(await backend.isIntact()).toBe(true);
    await network.run("nft", ["flush", "ruleset"]);
    expect(await backend.isIntact()).toBe(false);
    await backend.apply(applied, undefined);
    expect(await backend.isIntact()).toBe(true);
    await backend.remove();
    await backend.remove();
    expect(await network.run("nft", ["list", "ruleset"])).toBe("");
  });
});

/** The parts of a listing, in any order: nft lists chains in the order in which they were made. */
function sections(listing: string): readonly string[] {
  return listing
    .split("\n\n")
    .map((part) => part.replaceAll(/\s+/g, " ").trim())
    .sort();
}
