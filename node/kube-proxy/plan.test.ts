import type { Endpoint, Service } from "@kubets/api";
import type { Draft } from "@kubets/machinery";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { emptyRuleset, plan, replan } from "./plan.ts";
import type { Protocol, ProxyNode, Ruleset } from "./ruleset.ts";
import { anyCluster, type ClusterState, serviceNames, slicesOf } from "./testing/any-cluster.ts";
import { aNode, anEndpoint, aService, aSlice, type ServiceFacts } from "./testing/objects.ts";
import { type Packet, type Story, trace } from "./trace.ts";

const nodeAddress = "192.168.77.1";
const here = "10.244.0.5";
const there = "10.244.1.5";
const elsewhere = { nodeName: "node-2" };
const fromPod: Packet = { protocol: "tcp", source: "10.244.0.9", destination: "10.96.0.1", port: 80 };
const fromOutside: Packet = { protocol: "tcp", source: "203.0.113.9", destination: nodeAddress, port: 30080 };

/** A packet's story in a few words. */
function tell(ruleset: Ruleset, packet: Packet): string {
  return inWords(trace(ruleset, packet, { nodeAddresses: [nodeAddress] }));
}

function inWords(story: Story): string {
  if (story.verdict !== "forward") return story.verdict;
  return `${story.endpoints.map(({ address }) => address).join(" or ")}, masquerade ${story.masquerade}`;
}

function withEndpoints(facts: ServiceFacts, endpoints: readonly (string | Draft<Endpoint>)[], node: ProxyNode = aNode): Ruleset {
  return plan([aService(facts)], [aSlice({ endpoints })], node);
}

describe("which endpoints take traffic", () => {
  test.each<[string, readonly Draft<Endpoint>[], string]>([
    ["those that are ready", [anEndpoint(here), anEndpoint(there, { ...elsewhere, conditions: { ready: false } })], here],
    [
      "without a ready one, those that serve while they terminate",
      [
        anEndpoint(here, { conditions: { ready: false, serving: true, terminating: true } }),
        anEndpoint(there, { conditions: { ready: false, serving: false, terminating: true } }),
      ],
      here,
    ],
    ["those of this node, when every one is hinted", [anEndpoint(here, hint(aNode.name)), anEndpoint(there, hint("node-2"))], here],
    ["all, when one has no hint", [anEndpoint(here, hint(aNode.name)), anEndpoint(there)], `${here} or ${there}`],
    ["all, when no hint is for this node", [anEndpoint(here, hint("node-3")), anEndpoint(there, hint("node-2"))], `${here} or ${there}`],
  ])("%s", (_, endpoints, expected) => {
    expect(tell(withEndpoints({}, endpoints), fromPod)).toBe(`${expected}, masquerade only to itself`);
  });

  test("those of the node's zone", () => {
    const inZone = (address: string, name: string): Draft<Endpoint> => anEndpoint(address, { hints: { forZones: [{ name }] } });
    const endpoints = [inZone(here, "west"), inZone(there, "east")];
    expect(tell(withEndpoints({}, endpoints, { ...aNode, zone: "east" }), fromPod)).toBe(`${there}, masquerade only to itself`);
    expect(tell(withEndpoints({}, endpoints), fromPod)).toBe(`${here} or ${there}, masquerade only to itself`);
  });

  test("those of the named port, of all slices, each once", () => {
    const ports = [
      { name: "http", port: 80 },
      { name: "metrics", port: 90 },
    ];
    const slices = [
      aSlice({
        name: "a",
        ports: [
          { name: "metrics", port: 9090 },
          { name: "http", port: 8080 },
        ],
        endpoints: [here],
      }),
      aSlice({ name: "b", ports: [{ name: "http", port: 8081 }], endpoints: [there, here] }),
      aSlice({ name: "c", ports: [{ name: "http", port: 8080 }], endpoints: [here] }),
      aSlice({ name: "d", addressType: "IPv6", ports: [{ name: "http", port: 8080 }], endpoints: ["fd00::1"] }),
    ];
    const [http, metrics] = plan([aService({ ports })], slices, aNode).services.get("default/web")!.ports;
    expect(http!.clusterEndpoints.map(({ address, port }) => `${address}:${port}`)).toEqual([
      `${here}:8080`,
      `${here}:8081`,
      `${there}:8081`,
    ]);
    expect(metrics!.clusterEndpoints.map(({ address, port }) => `${address}:${port}`)).toEqual([`${here}:9090`]);
  });
});

test.each<[string, ServiceFacts]>([
  ["a headless Service", { clusterIP: "None" }],
  ["an external name", { type: "ExternalName", externalName: "example.org", clusterIP: "" }],
  ["a Service of another proxy", { labels: { "service.kubernetes.io/service-proxy-name": "mesh" } }],
  ["a Service of the other IP family", { clusterIP: "fd00:1::1" }],
])("%s has no rules", (_, facts) => {
  expect(withEndpoints(facts, [here]).services.size).toBe(0);
});

describe("where a packet goes", () => {
  const nodePort = { type: "NodePort", ports: [{ port: 80, nodePort: 30080 }] } as const;
  const both = [anEndpoint(here), anEndpoint(there, elsewhere)];
  const onlyThere = [anEndpoint(there, elsewhere)];
  const balanced = { type: "LoadBalancer", status: { loadBalancer: { ingress: [{ ip: "198.51.100.1", ipMode: "VIP" }] } } } as const;
  const toBalancer = { ...fromOutside, destination: "198.51.100.1", port: 80 };

  test.each<[string, ServiceFacts, readonly Draft<Endpoint>[], Packet, string]>([
    ["to a cluster IP from the node: masqueraded", {}, both, { ...fromPod, source: nodeAddress }, `${here} or ${there}, masquerade always`],
    ["to a Service without endpoints: refused", {}, [], fromPod, "reject"],
    ["to a port that the Service hasn't: refused", {}, both, { ...fromPod, port: 81 }, "reject"],
    ["with another protocol: refused", {}, both, { ...fromPod, protocol: "udp" }, "reject"],
    ["to an address of nobody: left alone", {}, both, { ...fromPod, destination: "10.96.0.9" }, "pass"],
    ["internal policy Local", { internalTrafficPolicy: "Local" }, both, fromPod, `${here}, masquerade only to itself`],
    ["internal policy Local without an endpoint here", { internalTrafficPolicy: "Local" }, onlyThere, fromPod, "drop"],
    ["to a node port", nodePort, both, fromOutside, `${here} or ${there}, masquerade always`],
    ["to a node port on loopback", nodePort, both, { ...fromOutside, destination: "127.0.0.1" }, "pass"],
    ["to a node port, policy Local", { ...nodePort, externalTrafficPolicy: "Local" }, both, fromOutside, `${here}, masquerade never`],
    ["the same without an endpoint here", { ...nodePort, externalTrafficPolicy: "Local" }, onlyThere, fromOutside, "drop"],
    [
      "the same from a Pod",
      { ...nodePort, externalTrafficPolicy: "Local" },
      onlyThere,
      { ...fromOutside, source: fromPod.source },
      `${there}, masquerade only to itself`,
    ],
    ["to an external IP", { externalIPs: ["198.51.100.1"] }, onlyThere, toBalancer, `${there}, masquerade always`],
    ["to a load balancer", balanced, onlyThere, toBalancer, `${there}, masquerade always`],
    ["from outside of its source ranges", { ...balanced, loadBalancerSourceRanges: ["192.0.2.0/24"] }, onlyThere, toBalancer, "drop"],
    ["from within", { ...balanced, loadBalancerSourceRanges: ["203.0.113.0/24"] }, onlyThere, toBalancer, `${there}, masquerade always`],
    [
      "to a load balancer that forwards itself",
      { ...balanced, status: { loadBalancer: { ingress: [{ ip: "198.51.100.1", ipMode: "Proxy" }] } } },
      both,
      toBalancer,
      "pass",
    ],
  ])("%s", (_, facts, endpoints, packet, expected) => {
    expect(tell(withEndpoints(facts, endpoints), packet)).toBe(expected);
  });
});

test("an external address that two Services claim is the first one's, and the other's once that is gone", () => {
  const claim = (name: string, clusterIP: string): Service => aService({ name, clusterIP, externalIPs: ["198.51.100.1"] });
  const services = [claim("b", "10.96.0.2"), claim("a", "10.96.0.1")];
  const slices = [aSlice({ service: "a", endpoints: [here] }), aSlice({ service: "b", endpoints: [there] })];
  const packet = { ...fromOutside, destination: "198.51.100.1", port: 80 };
  const both = plan(services, slices, aNode);
  expect(tell(both, packet)).toBe(`${here}, masquerade always`);
  const left = replan(both, [{ key: "default/a", slices: [] }]);
  expect(tell(left, packet)).toBe(`${there}, masquerade always`);
  expect(left.services.get("default/b")!.ceded).toEqual([]);
});

test("a health check counts the endpoints of its node", () => {
  const service = { type: "LoadBalancer", externalTrafficPolicy: "Local", healthCheckNodePort: 31000 } as const;
  const ruleset = withEndpoints(service, [anEndpoint(here), anEndpoint("10.244.0.6"), anEndpoint(there, elsewhere)]);
  expect(ruleset.services.get("default/web")!.healthCheck).toEqual({ nodePort: 31000, localEndpoints: 2 });
});

describe("for any cluster", () => {
  test("a packet to a cluster IP ends at an endpoint that is ready, whenever there is one that its policy allows", () => {
    fc.assert(
      fc.property(anyCluster, fc.constantFrom("10.244.0.2", nodeAddress), (state, source) => {
        const ruleset = plan(state.services, state.slices, aNode);
        for (const { metadata, spec } of state.services) {
          const { protocol, port } = spec.ports![0]!;
          const packet = { protocol: protocol.toLowerCase() as Protocol, source, destination: spec.clusterIP!, port };
          const story = trace(ruleset, packet, { nodeAddresses: [nodeAddress] });
          const allowed = slicesOf(state, metadata.name)
            .filter(({ ports }) => ports[0]!.protocol === protocol)
            .flatMap(({ endpoints }) => endpoints)
            .filter(({ nodeName }) => spec.internalTrafficPolicy === "Cluster" || nodeName === aNode.name);
          const ready = new Set(allowed.filter(({ conditions }) => conditions.ready).map(({ addresses }) => addresses[0]));
          if (ready.size > 0) expect(story.verdict === "forward" && new Set(story.endpoints.map(({ address }) => address))).toEqual(ready);
          else if (allowed.every(({ conditions }) => !conditions.serving)) expect(story.verdict).not.toBe("forward");
        }
      }),
    );
  });

  test("planned change by change it comes to the same as at once", () => {
    fc.assert(
      fc.property(fc.array(anyCluster, { minLength: 1, maxLength: 4 }), (states) => {
        let ruleset = emptyRuleset(aNode);
        for (const state of states) ruleset = replan(ruleset, changesTo(state));
        const last = states.at(-1)!;
        expect(sorted(ruleset)).toEqual(sorted(plan(last.services, last.slices, aNode)));
        const again = replan(ruleset, changesTo(last));
        for (const [key, rules] of ruleset.services) expect(again.services.get(key)).toEqual(rules);
      }),
    );
  });
});

test("a Service whose rules come out as before keeps the same object", () => {
  const service = aService();
  const slices = [aSlice({ endpoints: [here] })];
  const before = plan([service], slices, aNode);
  const after = replan(before, [{ key: "default/web", service: { ...service }, slices }]);
  expect(after.services.get("default/web")).toBe(before.services.get("default/web"));
});

function changesTo(state: ClusterState): Parameters<typeof replan>[1] {
  return serviceNames.map((name) => ({
    key: `default/${name}`,
    service: state.services.find(({ metadata }) => metadata.name === name),
    slices: slicesOf(state, name),
  }));
}

function hint(name: string): Partial<Draft<Endpoint>> {
  return { hints: { forNodes: [{ name }] } };
}

function sorted({ services, claims }: Ruleset): unknown {
  return { services: [...services].sort(([a], [b]) => (a < b ? -1 : 1)), claims: [...claims].sort(([a], [b]) => (a < b ? -1 : 1)) };
}
