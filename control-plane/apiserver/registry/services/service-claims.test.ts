import { expect, test } from "vitest";
import { startTestServer, type TestObject, type TestServer } from "../../testing/test-server.ts";
import { parseAddressRange } from "./address-range.ts";

const services = "/api/v1/namespaces/default/services";
const merge = { "content-type": "application/merge-patch+json" };

const aService = (name: string, spec: object = {}): object => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name },
  spec: { selector: { app: name }, ports: [{ port: 80 }], ...spec },
});

async function made(world: TestServer, name: string, spec: object = {}): Promise<TestObject> {
  const answer = await world.send("POST", services, { body: aService(name, spec) });
  expect(answer.status, answer.text).toBe(201);
  return answer.json;
}

const portsOf = ({ spec }: TestObject): readonly { readonly nodePort?: number; readonly port: number; readonly protocol: string }[] =>
  spec.ports as never;

test("a range counts its usable addresses", () => {
  const range = parseAddressRange("10.96.0.0/12");
  expect([
    range.size,
    range.addressOf(0),
    range.addressOf(255),
    range.indexOf("10.96.0.10"),
    range.indexOf("10.112.0.1"),
    range.indexOf("10.96.0.0"),
  ]).toEqual([1_048_574, "10.96.0.1", "10.96.1.0", 9, undefined, undefined]);
  expect(parseAddressRange("fd00:96::/112").addressOf(9)).toBe("fd00:96::a");
});

test("a Service gets an address of its own and the fields that go with it", async () => {
  await using world = await startTestServer();
  const [a, b] = [await made(world, "a"), await made(world, "b")];
  expect(a.spec).toMatchObject({ type: "ClusterIP", ipFamilies: ["IPv4"], ipFamilyPolicy: "SingleStack", clusterIPs: [a.spec.clusterIP] });
  expect(a.spec.clusterIP).toMatch(/^10\.(9[6-9]|1[01]\d)\.\d+\.\d+$/);
  expect(a.spec.clusterIP).not.toBe(b.spec.clusterIP);
});

test("an address that is asked for is given once", async () => {
  await using world = await startTestServer();
  await made(world, "dns", { clusterIP: "10.96.0.10" });
  const taken = (await world.send("POST", services, { body: aService("other", { clusterIP: "10.96.0.10" }) })).json;
  expect(taken).toMatchObject({ code: 422, reason: "Invalid" });
  expect(taken.message).toContain("failed to allocate IP 10.96.0.10: provided IP is already allocated");
  const outside = (await world.send("POST", services, { body: aService("other", { clusterIP: "192.0.2.1" }) })).json;
  expect(outside.message).toContain("failed to allocate IP 192.0.2.1");
  const malformed = (await world.send("POST", services, { body: aService("other", { clusterIP: "10.96.0" }) })).json;
  expect(malformed).toMatchObject({ code: 422 });
});

test("the first address is for the Service kubernetes", async () => {
  await using world = await startTestServer();
  const other = (await world.send("POST", services, { body: aService("other", { clusterIP: "10.96.0.1" }) })).json;
  expect(other).toMatchObject({ code: 422 });
  expect((await made(world, "kubernetes", { clusterIP: "10.96.0.1" })).spec.clusterIP).toBe("10.96.0.1");
});

test("an address is free again when its Service is gone, and when the write failed", async () => {
  await using world = await startTestServer();
  await made(world, "a", { clusterIP: "10.96.0.20" });
  await world.send("DELETE", `${services}/a`);
  const invalid = await world.send("POST", services, { body: aService("b", { clusterIP: "10.96.0.20", ports: [{ port: 0 }] }) });
  expect(invalid.status).toBe(422);
  await world.send("POST", `${services}?dryRun=All`, { body: aService("b", { clusterIP: "10.96.0.20" }) });
  expect((await made(world, "b", { clusterIP: "10.96.0.20" })).spec.clusterIP).toBe("10.96.0.20");
});

test("a headless Service has no address, an ExternalName none of it all", async () => {
  await using world = await startTestServer();
  expect((await made(world, "headless", { clusterIP: "None" })).spec).toMatchObject({
    clusterIP: "None",
    clusterIPs: ["None"],
    ipFamilies: ["IPv4"],
  });
  const external = await made(world, "external", { type: "ExternalName", externalName: "example.com", ports: [], selector: {} });
  expect(external.spec).not.toHaveProperty("clusterIP");
  expect(external.spec).not.toHaveProperty("ipFamilies");
  const changed = await world.send("PATCH", `${services}/external`, {
    headers: merge,
    body: { spec: { type: "ClusterIP", externalName: null, ports: [{ port: 80 }] } },
  });
  expect(changed.json.spec.clusterIP, changed.text).toMatch(/^10\./);
});

test("node ports are given, asked for, kept and freed", async () => {
  await using world = await startTestServer();
  const [port] = portsOf(await made(world, "a", { type: "NodePort" }));
  expect(port?.nodePort).toBeGreaterThanOrEqual(30_000);
  const asked = await made(world, "b", { type: "NodePort", ports: [{ port: 80, nodePort: 30_080 }] });
  expect(portsOf(asked)[0]?.nodePort).toBe(30_080);
  const messages = await Promise.all(
    [30_080, 80].map(
      async (nodePort) =>
        (await world.send("POST", services, { body: aService("c", { type: "NodePort", ports: [{ port: 80, nodePort }] }) })).json.message,
    ),
  );
  expect(messages).toEqual([
    'Service "c" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
    'Service "c" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
  ]);
  // The manifest that it was made from doesn't name the port, and keeps it.
  const replaced = await world.send("PUT", `${services}/a`, { body: aService("a", { type: "NodePort", publishNotReadyAddresses: true }) });
  expect(portsOf(replaced.json)[0]?.nodePort).toBe(port?.nodePort);
  await world.send("PATCH", `${services}/b`, { headers: merge, body: { spec: { ports: [{ port: 81, nodePort: 30_081 }] } } });
  expect(portsOf(await made(world, "c", { type: "NodePort", ports: [{ port: 80, nodePort: 30_080 }] }))[0]?.nodePort).toBe(30_080);
});

test("TCP and UDP of one port share the port of the nodes", async () => {
  await using world = await startTestServer();
  const ports = portsOf(
    await made(world, "dns", {
      type: "NodePort",
      ports: [
        { name: "tcp", port: 53, protocol: "TCP" },
        { name: "udp", port: 53, protocol: "UDP" },
      ],
    }),
  );
  expect(ports[0]?.nodePort).toBe(ports[1]?.nodePort);
});

test("what Services have is known after a restart", async () => {
  await using world = await startTestServer();
  await made(world, "a", { clusterIP: "10.96.0.20", type: "NodePort", ports: [{ port: 80, nodePort: 30_080 }] });
  const { store } = world;
  await using again = await startTestServer({ store });
  const answer = await again.send("POST", services, { body: aService("b", { clusterIP: "10.96.0.20" }) });
  expect(answer.json.message).toContain("provided IP is already allocated");
  const port = await again.send("POST", services, { body: aService("b", { type: "NodePort", ports: [{ port: 80, nodePort: 30_080 }] }) });
  expect(port.json.message).toContain("provided port is already allocated");
});

test("a dual-stack cluster gives an address of each family to who asks", async () => {
  await using world = await startTestServer({ serviceRanges: ["10.96.0.0/16", "fd00:96::/112"] });
  const both = await made(world, "both", { ipFamilyPolicy: "PreferDualStack" });
  expect(both.spec).toMatchObject({ ipFamilies: ["IPv4", "IPv6"], ipFamilyPolicy: "PreferDualStack" });
  expect(both.spec.clusterIPs).toEqual([expect.stringMatching(/^10\.96\./), expect.stringMatching(/^fd00:96::/)]);
  const six = await made(world, "six", { ipFamilies: ["IPv6"] });
  expect(six.spec.clusterIP).toMatch(/^fd00:96::/);
});

test("a single-stack cluster refuses what it can't give", async () => {
  await using world = await startTestServer();
  const messages = await Promise.all(
    [{ ipFamilyPolicy: "RequireDualStack" }, { ipFamilies: ["IPv6"] }].map(
      async (spec) => (await world.send("POST", services, { body: aService("a", spec) })).json.message,
    ),
  );
  expect(messages).toEqual([
    'Service "a" is invalid: spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    'Service "a" is invalid: spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
  ]);
  expect((await made(world, "prefer", { ipFamilyPolicy: "PreferDualStack" })).spec).toMatchObject({ ipFamilies: ["IPv4"] });
});

const addresses = "/apis/networking.k8s.io/v1/ipaddresses";
const ranges = "/apis/networking.k8s.io/v1/servicecidrs";
const aRange = (name: string, ...cidrs: readonly string[]): object => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "ServiceCIDR",
  metadata: { name },
  spec: { cidrs },
});
const anAddress = (name: string, parent: string): object => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "IPAddress",
  metadata: { name },
  spec: { parentRef: { resource: "services", namespace: "default", name: parent } },
});

test("an IPAddress says whose an address is, as long as the Service has it", async () => {
  await using world = await startTestServer();
  const { clusterIP } = (await made(world, "web")).spec;
  expect((await world.send("GET", `${addresses}/${String(clusterIP)}`)).json).toMatchObject({
    metadata: { labels: { "ipaddress.kubernetes.io/ip-family": "IPv4", "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io" } },
    spec: { parentRef: { resource: "services", namespace: "default", name: "web" } },
  });
  const external = { type: "ExternalName", externalName: "example.com", clusterIP: null, clusterIPs: null };
  await world.send("PATCH", `${services}/web`, { headers: merge, body: { spec: external } });
  expect((await world.send("GET", `${addresses}/${String(clusterIP)}`)).status).toBe(404);
  const again = (await made(world, "again")).spec.clusterIP;
  await world.send("DELETE", `${services}/again`);
  expect((await world.send("GET", `${addresses}/${String(again)}`)).status).toBe(404);
});

test("nothing is said of an address by a write that only asks, or fails", async () => {
  await using world = await startTestServer();
  await world.send("POST", `${services}?dryRun=All`, { body: aService("asks", { clusterIP: "10.96.0.20" }) });
  await world.send("POST", services, { body: aService("fails", { clusterIP: "10.96.0.21", ports: [{ port: 0 }] }) });
  await made(world, "there", { clusterIP: "10.96.0.22" });
  expect((await world.send("POST", services, { body: aService("there") })).status).toBe(409);
  expect((await world.send("GET", addresses)).json).toMatchObject({ items: [{ metadata: { name: "10.96.0.22" } }] });
});

test("whoever makes an IPAddress has the address", async () => {
  await using world = await startTestServer({ serviceRanges: ["10.96.0.0/29"] });
  await world.send("POST", addresses, { body: anAddress("10.96.0.2", "gateway") });
  const refused = (await world.send("POST", services, { body: aService("web", { clusterIP: "10.96.0.2" }) })).json;
  expect(refused.message).toContain("failed to allocate IP 10.96.0.2: provided IP is already allocated");
  const given: string[] = [];
  for (const name of ["a", "b", "c", "d"]) given.push(String((await made(world, name)).spec.clusterIP));
  expect(given.toSorted()).toEqual(["10.96.0.3", "10.96.0.4", "10.96.0.5", "10.96.0.6"]);
  expect((await made(world, "gateway", { clusterIP: "10.96.0.2" })).spec.clusterIP).toBe("10.96.0.2");
});

test("when a range is full, Services get addresses of another one, unless it is on its way out", async () => {
  await using world = await startTestServer({ serviceRanges: ["10.96.0.0/30"] });
  expect((await made(world, "a")).spec.clusterIP).toBe("10.96.0.2");
  const full = await world.send("POST", services, { body: aService("b") });
  expect(full.json).toMatchObject({ code: 500, message: expect.stringContaining("range is full") });
  expect((await world.send("POST", services, { body: aService("b", { clusterIP: "10.97.0.9" }) })).json.message).toContain(
    "failed to allocate IP 10.97.0.9: the provided network does not match the current range",
  );
  await world.send("POST", ranges, { body: aRange("more", "10.97.0.0/24") });
  expect((await made(world, "b")).spec.clusterIP).toMatch(/^10\.97\.0\./);
  expect((await made(world, "c", { clusterIP: "10.97.0.9" })).spec.clusterIP).toBe("10.97.0.9");
  const held = { metadata: { finalizers: ["networking.k8s.io/service-cidr-finalizer"] } };
  await world.send("PATCH", `${ranges}/more`, { headers: merge, body: held });
  await world.send("DELETE", `${ranges}/more`);
  expect((await world.send("POST", services, { body: aService("d") })).status).toBe(500);
  // What it has, it keeps.
  const changed = await world.send("PATCH", `${services}/c`, { headers: merge, body: { metadata: { labels: { a: "b" } } } });
  expect(changed.json.spec).toMatchObject({ clusterIP: "10.97.0.9" });
});
