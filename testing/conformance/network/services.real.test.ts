import { EndpointSliceKind, PodKind, type Service, ServiceKind } from "@kubets/api";
import { expect } from "vitest";
import { test } from "../real-node.ts";
import { wholeCluster } from "../whole-cluster.ts";
import { asker, isAnsweredBy, isUnanswered, peer, service } from "./peers.ts";

const cluster = wholeCluster();
const servicesIn = (namespace: string) => cluster.client.resource(ServiceKind).in(namespace);
const nodePortOf = ({ spec }: Service): number => spec.ports![0]!.nodePort!;
const nameOf = (name: string, namespace: string): string => `${name}.${namespace}.svc.cluster.local`;
/** A change of a Service's type, and what goes with it. */
const become = async (namespace: string, name: string, spec: object): Promise<Service> =>
  servicesIn(namespace).patch(name, { spec }, { type: "merge" });
const externalName = { type: "ExternalName", externalName: "target.example.com", clusterIP: null, clusterIPs: null };

test("the Service kubernetes has endpoints, and a slice of them", async () => {
  const { text } = await cluster.get("/api/v1/namespaces/default/endpoints/kubernetes");
  const { subsets } = JSON.parse(text) as { readonly subsets: readonly { readonly addresses: readonly { readonly ip: string }[] }[] };
  const { items } = await cluster.client
    .resource(EndpointSliceKind)
    .in("default")
    .list({ labelSelector: "kubernetes.io/service-name=kubernetes" });
  const addresses = subsets.flatMap((each) => each.addresses.map(({ ip }) => ip));
  expect(addresses.length).toBeGreaterThan(0);
  expect(items.flatMap(({ endpoints }) => (endpoints ?? []).flatMap((each) => each.addresses))).toEqual(addresses);
});

test("NE-023 a Pod reaches the Pods of every node over HTTP", async () => {
  const namespace = await cluster.namespace();
  const ip = await peer(cluster, namespace, "netserver");
  expect(await (await asker(cluster, namespace)).http(ip, 8080)).toBe("netserver");
});

test("NE-024 a Pod reaches the Pods of every node over UDP", async () => {
  const namespace = await cluster.namespace();
  const ip = await peer(cluster, namespace, "netserver");
  expect(await (await asker(cluster, namespace)).udp(ip, 8081)).toBe("netserver");
});

test("NE-025 a node reaches the Pods of every node over HTTP", async () => {
  const namespace = await cluster.namespace();
  const ip = await peer(cluster, namespace, "netserver");
  expect(await (await asker(cluster, namespace, { hostNetwork: true })).http(ip, 8080)).toBe("netserver");
});

test("NE-026 a node reaches the Pods of every node over UDP", async () => {
  const namespace = await cluster.namespace();
  const ip = await peer(cluster, namespace, "netserver");
  expect(await (await asker(cluster, namespace, { hostNetwork: true })).udp(ip, 8081)).toBe("netserver");
});

/** A Service without a selector leads to what its slices say. */
async function handMade(
  targets: (own: readonly string[]) => readonly { readonly address: string; readonly port: number }[],
): Promise<void> {
  const namespace = await cluster.namespace();
  const ips = [
    await peer(cluster, namespace, "first", { http: "3000,3001" }),
    await peer(cluster, namespace, "second", { http: "3000,3001" }),
  ];
  const ask = await asker(cluster, namespace);
  const ports = [
    { name: "one", port: 80, targetPort: 3000 },
    { name: "two", port: 81, targetPort: 3001 },
  ];
  const { spec } = await service(cluster, namespace, "custom", { selector: null, ports });
  for (const [index, { address, port }] of targets(ips).entries()) {
    await cluster.client
      .resource(EndpointSliceKind)
      .in(namespace)
      .create({
        metadata: { name: `custom-${index}`, labels: { "kubernetes.io/service-name": "custom" } },
        addressType: "IPv4",
        ports: [{ name: index === 0 ? "one" : "two", port, protocol: "TCP" }],
        endpoints: [{ addresses: [address] }],
      });
  }
  const names = targets(["first", "second"]).map(({ address }) => address);
  await isAnsweredBy(cluster, () => ask.http(spec.clusterIP!, 80), [names[0]!]);
  await isAnsweredBy(cluster, () => ask.http(spec.clusterIP!, 81), [names[1]!]);
}

test("NE-013 slices made by hand lead to several addresses with several ports", () =>
  handMade(([first = "", second = ""]) => [
    { address: first, port: 3000 },
    { address: second, port: 3001 },
  ]));

test("NE-014 slices made by hand lead to one address with several ports", () =>
  handMade(([first = ""]) => [
    { address: first, port: 3000 },
    { address: first, port: 3001 },
  ]));

test("NE-020 Pods share a port of the host that differ in its address or the protocol", async () => {
  const namespace = await cluster.namespace();
  const ask = await asker(cluster, namespace, { hostNetwork: true });
  const at = (hostIP: string, protocol: "TCP" | "UDP"): object => ({
    container: { ports: [{ containerPort: protocol === "TCP" ? 8080 : 8081, hostPort: 54_323, hostIP, protocol }] },
  });
  await peer(cluster, namespace, "pod1", at("127.0.0.1", "TCP"));
  await peer(cluster, namespace, "pod2", at(cluster.nodeAddress, "TCP"));
  await peer(cluster, namespace, "pod3", at(cluster.nodeAddress, "UDP"));
  expect([
    await ask.http("127.0.0.1", 54_323),
    await ask.http(cluster.nodeAddress, 54_323),
    await ask.udp(cluster.nodeAddress, 54_323),
  ]).toEqual(["pod1", "pod2", "pod3"]);
});

test("NE-033 a Service that becomes an ExternalName gives its address back, and its name leads there", async () => {
  const namespace = await cluster.namespace();
  const ask = await asker(cluster, namespace);
  await service(cluster, namespace, "web", {});
  const { spec } = await become(namespace, "web", externalName);
  expect(spec.clusterIP ?? "").toBe("");
  await cluster.until(async () =>
    expect(await ask.sh(`nslookup -type=cname ${nameOf("web", namespace)} || true`)).toContain("target.example.com"),
  );
});

test("NE-034 an ExternalName that becomes a Service has an address, and is reached by it and by name", async () => {
  const namespace = await cluster.namespace();
  const ask = await asker(cluster, namespace);
  await peer(cluster, namespace, "backend", { labels: { app: "web" } });
  await service(cluster, namespace, "web", { type: "ExternalName", externalName: "target.example.com" });
  const { spec } = await become(namespace, "web", { type: "ClusterIP", externalName: null });
  await isAnsweredBy(cluster, () => ask.http(spec.clusterIP!, 80), ["backend"]);
  await isAnsweredBy(cluster, () => ask.http("web", 80), ["backend"]);
});

test("NE-035 an ExternalName that becomes a NodePort has an address and a port, and is reached by both", async () => {
  const namespace = await cluster.namespace();
  const ask = await asker(cluster, namespace);
  await peer(cluster, namespace, "backend", { labels: { app: "web" } });
  await service(cluster, namespace, "web", { type: "ExternalName", externalName: "target.example.com" });
  const changed = await become(namespace, "web", { type: "NodePort", externalName: null });
  await isAnsweredBy(cluster, () => ask.http(changed.spec.clusterIP!, 80), ["backend"]);
  await isAnsweredBy(cluster, () => ask.http(cluster.nodeAddress, nodePortOf(changed)), ["backend"]);
});

test("NE-036 a NodePort that becomes an ExternalName gives address and port back, and its name leads there", async () => {
  const namespace = await cluster.namespace();
  const ask = await asker(cluster, namespace);
  const before = await service(cluster, namespace, "web", { type: "NodePort" });
  const ports = [{ ...before.spec.ports![0]!, nodePort: null }];
  const { spec } = await become(namespace, "web", { ...externalName, ports });
  expect([spec.clusterIP ?? "", spec.ports![0]!.nodePort ?? 0]).toEqual(["", 0]);
  await cluster.until(async () =>
    expect(await ask.sh(`nslookup -type=cname ${nameOf("web", namespace)} || true`)).toContain("target.example.com"),
  );
});

test("NE-037 a NodePort is reached by name, by its address and by the node's", async () => {
  const namespace = await cluster.namespace();
  const [ask, onNode] = [await asker(cluster, namespace), await asker(cluster, namespace, { hostNetwork: true })];
  for (const name of ["one", "two"]) await peer(cluster, namespace, name, { labels: { app: "web" } });
  const web = await service(cluster, namespace, "web", { type: "NodePort" });
  await isAnsweredBy(cluster, () => ask.http("web", 80), ["one", "two"]);
  await isAnsweredBy(cluster, () => ask.http(web.spec.clusterIP!, 80), ["one", "two"]);
  await isAnsweredBy(cluster, () => ask.http(cluster.nodeAddress, nodePortOf(web)), ["one", "two"]);
  await isAnsweredBy(cluster, () => onNode.http(cluster.nodeAddress, nodePortOf(web)), ["one", "two"]);
});

/** Always the same Pod answers one client. */
async function staysWithOne(ask: () => Promise<string>): Promise<void> {
  await cluster.until(async () => {
    const heard = new Set<string>();
    for (let tries = 0; tries < 12; tries++) heard.add(await ask());
    expect(heard.size).toBe(1);
  });
}

async function affinity(type: "ClusterIP" | "NodePort", turns: readonly ("ClientIP" | "None")[]): Promise<void> {
  const namespace = await cluster.namespace();
  const ask = await asker(cluster, namespace);
  const names = ["one", "two", "three"];
  await Promise.all(names.map((name) => peer(cluster, namespace, name, { labels: { app: "web" } })));
  const web = await service(cluster, namespace, "web", { type, sessionAffinity: turns[0] });
  const once = (): Promise<string> =>
    type === "ClusterIP" ? ask.http(web.spec.clusterIP!, 80) : ask.http(cluster.nodeAddress, nodePortOf(web));
  for (const [index, turn] of turns.entries()) {
    if (index > 0) await become(namespace, "web", { sessionAffinity: turn, ...(turn === "None" ? { sessionAffinityConfig: null } : {}) });
    if (turn === "ClientIP") await staysWithOne(once);
    else await isAnsweredBy(cluster, once, names);
  }
}

test("NE-043 a node port with affinity keeps a client with one Pod", () => affinity("NodePort", ["ClientIP"]));
test("NE-044 a cluster address with affinity keeps a client with one Pod", () => affinity("ClusterIP", ["ClientIP"]));
test("NE-038 a node port's affinity is turned on and off", () => affinity("NodePort", ["ClientIP", "None", "ClientIP"]));
test("NE-039 a cluster address's affinity is turned on and off", () => affinity("ClusterIP", ["ClientIP", "None", "ClientIP"]));

test("NE-045 endpoints follow Pods as they come and go, and so does what is asked of the Service", async () => {
  const namespace = await cluster.namespace();
  const ask = await asker(cluster, namespace);
  const { spec } = await service(cluster, namespace, "web", {});
  const once = (): Promise<string> => ask.http(spec.clusterIP!, 80);
  await isUnanswered(cluster, once);
  await peer(cluster, namespace, "pod1", { labels: { app: "web" } });
  await isAnsweredBy(cluster, once, ["pod1"]);
  await peer(cluster, namespace, "pod2", { labels: { app: "web" } });
  await isAnsweredBy(cluster, once, ["pod1", "pod2"]);
  await cluster.client.resource(PodKind).in(namespace).delete("pod1");
  await isAnsweredBy(cluster, once, ["pod2"]);
  await cluster.client.resource(PodKind).in(namespace).delete("pod2");
  await isUnanswered(cluster, once);
});

test("NE-046 one port number serves two protocols, and one of them can go", async () => {
  const namespace = await cluster.namespace();
  const ask = await asker(cluster, namespace);
  await peer(cluster, namespace, "backend", { labels: { app: "web" }, http: "8080", udp: "8080" });
  const [tcp, udp] = [
    { name: "tcp", port: 80, targetPort: 8080, protocol: "TCP" },
    { name: "udp", port: 80, targetPort: 8080, protocol: "UDP" },
  ];
  const { spec } = await service(cluster, namespace, "web", { ports: [tcp, udp] });
  await isAnsweredBy(cluster, () => ask.http(spec.clusterIP!, 80), ["backend"]);
  await isAnsweredBy(cluster, () => ask.udp(spec.clusterIP!, 80), ["backend"]);
  await become(namespace, "web", { ports: [tcp] });
  await isUnanswered(cluster, () => ask.udp(spec.clusterIP!, 80));
  await isAnsweredBy(cluster, () => ask.http(spec.clusterIP!, 80), ["backend"]);
});

test("NE-047 each port of a Service leads to the Pods that have it", async () => {
  const namespace = await cluster.namespace();
  const ask = await asker(cluster, namespace);
  const ports = [
    { name: "one", port: 80, targetPort: "one" },
    { name: "two", port: 81, targetPort: "two" },
  ];
  const { spec } = await service(cluster, namespace, "web", { ports });
  const with_ = (name: string, containerPort: number): object => ({
    labels: { app: "web" },
    http: `${containerPort}`,
    container: { ports: [{ name, containerPort }] },
  });
  await peer(cluster, namespace, "pod1", with_("one", 3000));
  await peer(cluster, namespace, "pod2", with_("two", 3001));
  await isAnsweredBy(cluster, () => ask.http(spec.clusterIP!, 80), ["pod1"]);
  await isAnsweredBy(cluster, () => ask.http(spec.clusterIP!, 81), ["pod2"]);
});
