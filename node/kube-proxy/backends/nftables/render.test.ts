import { expect, test } from "vitest";
import { plan } from "../../plan.ts";
import type { Ruleset } from "../../ruleset.ts";
import { aNode, anEndpoint, aService, aSlice } from "../../testing/objects.ts";
import { render, renderRemoval } from "./render.ts";

const table = "kubets";
const ingress = { loadBalancer: { ingress: [{ ip: "198.51.100.1" }] } };
const services = [
  aService({ type: "NodePort", ports: [{ port: 80, nodePort: 30080 }] }),
  aService({ name: "sticky", clusterIP: "10.96.0.2", sessionAffinity: "ClientIP" }),
  aService({ name: "local", clusterIP: "10.96.0.3", externalIPs: ["198.51.100.2"], externalTrafficPolicy: "Local" }),
  aService({ name: "balanced", clusterIP: "10.96.0.4", type: "LoadBalancer", loadBalancerSourceRanges: ["192.0.2.0/24"], status: ingress }),
  aService({ name: "empty", clusterIP: "10.96.0.5", ports: [{ port: 53, protocol: "UDP" }] }),
];
const endpoints = [anEndpoint("10.244.0.5"), anEndpoint("10.244.1.5", { nodeName: "node-2" })];
const slices = ["web", "sticky", "local", "balanced"].map((service) => aSlice({ service, endpoints }));
const everything = plan(services, slices, aNode);

test("the rules of a node", async () => {
  await expect(render(everything, undefined, { table })).toMatchFileSnapshot("testing/everything.golden");
});

test("the rules of a node with IPv6", async () => {
  const node = { name: "node-1", family: "IPv6", podRange: "fd00:244::/56", nodePortAddresses: ["fd00::1"] } as const;
  const service = aService({
    clusterIP: "fd00:96::1",
    sessionAffinity: "ClientIP",
    type: "NodePort",
    ports: [{ port: 80, nodePort: 30080 }],
  });
  const slice = aSlice({ addressType: "IPv6", endpoints: [anEndpoint("fd00:244::5")] });
  await expect(render(plan([service], [slice], node), undefined, { table })).toMatchFileSnapshot("testing/ipv6.golden");
});

test("an endpoint more is one chain written anew", () => {
  const grown = replaceSlice("web", [...endpoints, anEndpoint("10.244.0.6")]);
  expect(update(grown)).toBe(`flush chain ip kubets service-default/web/tcp/80
add rule ip kubets service-default/web/tcp/80 meta l4proto tcp dnat ip to numgen random mod 3 map { 0 : 10.244.0.5 . 8080, 1 : 10.244.0.6 . 8080, 2 : 10.244.1.5 . 8080 }
add element ip kubets hairpin-connections { 10.244.0.6 . 10.244.0.6 }
`);
});

test("a Service that loses its last endpoint refuses, before its chains go", () => {
  expect(update(replaceSlice("web", []))).toBe(`delete element ip kubets service-ips { 10.96.0.1 . tcp . 80 }
delete element ip kubets service-nodeports { tcp . 30080 }
add element ip kubets no-endpoint-services { 10.96.0.1 . tcp . 80 : goto reject-chain }
add element ip kubets no-endpoint-nodeports { tcp . 30080 : goto reject-chain }
flush chain ip kubets service-default/web/tcp/80
flush chain ip kubets external-default/web/tcp/80
delete chain ip kubets service-default/web/tcp/80
delete chain ip kubets external-default/web/tcp/80
`);
});

test("a cluster IP that goes from one Service to another in one update is taken before it is given", () => {
  const heir = aService({ name: "heir", clusterIP: "10.96.0.2" });
  const next = plan([...services.filter(({ metadata }) => metadata.name !== "sticky"), heir], slices, aNode);
  const lines = update(next).split("\n");
  const taken = lines.findIndex((line) => line.startsWith("delete element") && line.includes("10.96.0.2"));
  const given = lines.findIndex((line) => line.startsWith("add element") && line.includes("10.96.0.2"));
  expect([taken >= 0, given > taken]).toEqual([true, true]);
});

test("without a change there is nothing to do; for a node with another Pod range, everything", () => {
  expect(update(everything)).toBe("");
  expect(update(plan(services, slices, { ...aNode, podRange: "10.0.0.0/8" }))).toContain("delete table ip kubets");
});

test("the size of an update follows from what changed, not from how much there is", () => {
  const names = Array.from({ length: 1_000 }, (_, index) => `web-${index}`);
  const many = names.map((name, index) => aService({ name, clusterIP: `10.97.${index >> 8}.${index & 255}` }));
  const before = plan(
    many,
    names.map((service) => aSlice({ service, endpoints })),
    aNode,
  );
  const after = plan(
    many,
    names.map((service) => aSlice({ service, endpoints: service === "web-7" ? endpoints.slice(1) : endpoints })),
    aNode,
  );
  const shared = new Map([...after.services].map(([key, rules]) => [key, key === "default/web-7" ? rules : before.services.get(key)!]));
  expect(render({ ...after, services: shared }, before, { table }).split("\n").length).toBeLessThan(5);
});

test("the table is taken away whether it is there or not", () => {
  expect(renderRemoval(aNode, { table })).toBe("add table ip kubets\ndelete table ip kubets\n");
});

test("no name is longer than the kernel takes, however long those of the Service are", () => {
  const long = "n".repeat(63);
  const service = { ...aService({ sessionAffinity: "ClientIP" }), metadata: { ...aService().metadata, name: long, namespace: long } };
  const slice = aSlice({ endpoints: [anEndpoint("10.244.100.100")] });
  const ownSlice = { ...slice, metadata: { ...slice.metadata, namespace: long, labels: { "kubernetes.io/service-name": long } } };
  const words = render(plan([service], [ownSlice], aNode), undefined, { table }).split(/\s/);
  expect(Math.max(...words.map((word) => word.length))).toBeLessThan(256);
});

function replaceSlice(service: string, replacement: typeof endpoints): Ruleset {
  const next = plan(
    services,
    slices.map((slice) => (slice.metadata.name === `${service}-abcde` ? aSlice({ service, endpoints: replacement }) : slice)),
    aNode,
  );
  return {
    ...next,
    services: new Map(
      [...next.services].map(([key, rules]) => [key, key === `default/${service}` ? rules : everything.services.get(key)!]),
    ),
  };
}

function update(next: Ruleset): string {
  return render(next, everything, { table });
}
