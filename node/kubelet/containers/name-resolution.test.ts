import { expect, test } from "vitest";
import { aPod } from "../testing/pods.ts";
import { hostnameOf, hostsFile, parseResolverConfiguration, resolverSettings } from "./name-resolution.ts";

const node = parseResolverConfiguration("# by hand\nnameserver 192.0.2.1\nsearch old.example\nsearch corp.example.\noptions timeout:1\n");
const settings = (facts: Parameters<typeof aPod>[0]) =>
  resolverSettings(aPod(facts), { node, clusterDns: ["10.96.0.10"], clusterDomain: "cluster.local" });

test("a Pod asks the cluster's DNS, for names of its namespace first", () => {
  expect(settings({})).toEqual({
    servers: ["10.96.0.10"],
    searches: ["default.svc.cluster.local", "svc.cluster.local", "cluster.local", "corp.example"],
    options: ["ndots:5"],
  });
});

test("a Pod in the node's network asks whom the node asks, unless it wants the cluster's", () => {
  expect(settings({ hostNetwork: true })).toEqual({ servers: ["192.0.2.1"], searches: ["corp.example"], options: ["timeout:1"] });
  expect(settings({ hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" }).servers).toEqual(["10.96.0.10"]);
  expect(settings({ dnsPolicy: "Default" }).servers).toEqual(["192.0.2.1"]);
});

test("dnsConfig adds to the policy, and its options stand over it", () => {
  const dnsConfig = { nameservers: ["1.2.3.4"], searches: ["more.example"], options: [{ name: "ndots", value: "2" }, { name: "edns0" }] };
  expect(settings({ dnsPolicy: "None", dnsConfig })).toEqual({
    servers: ["1.2.3.4"],
    searches: ["more.example"],
    options: ["ndots:2", "edns0"],
  });
  expect(settings({ dnsConfig })).toMatchObject({ servers: ["10.96.0.10", "1.2.3.4"], options: ["ndots:2", "edns0"] });
});

test("the host name is the Pod's, cut to what a host name may be, or what it says", () => {
  expect(hostnameOf(aPod(), "cluster.local")).toEqual({ hostname: "web" });
  expect(hostnameOf(aPod({ hostname: "db-0", subdomain: "db" }), "cluster.local")).toEqual({
    hostname: "db-0",
    domain: "db.default.svc.cluster.local",
  });
});

test("the hosts file holds the Pod and its aliases", () => {
  const text = hostsFile(
    ["10.0.0.2"],
    { hostname: "db-0", domain: "db.default.svc.cluster.local" },
    { aliases: [{ ip: "1.2.3.4", hostnames: ["a", "b"] }] },
  );
  expect(text.split("\n").slice(-5)).toEqual([
    "10.0.0.2\tdb-0.db.default.svc.cluster.local\tdb-0",
    "",
    "# Entries added by HostAliases.",
    "1.2.3.4\ta\tb",
    "",
  ]);
  expect(text).toMatch(/^# Kubernetes-managed hosts file\.\n127\.0\.0\.1\tlocalhost\n/);
  expect(hostsFile([], { hostname: "x" }, { node: "127.0.0.1 me\n" })).toBe(
    "# Kubernetes-managed hosts file (host network).\n127.0.0.1 me\n",
  );
});
