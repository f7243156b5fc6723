import { expect, test } from "vitest";
import { nameserversOf, upstreamServers } from "./resolv-conf.ts";

test("name servers are read in their order; what is none is not", () => {
  expect(
    nameserversOf("# made by hand\nsearch example.org\n nameserver 192.0.2.1 \nnameserver fe80::1%eth0\nnameserver nobody\noptions edns0"),
  ).toEqual(["192.0.2.1", "fe80::1%eth0"]);
});

test("the stub of systemd-resolved leads to the servers that it asks itself", () => {
  const files = { resolvConf: "nameserver 127.0.0.53\n", systemdResolved: "nameserver 192.0.2.1\nnameserver 192.0.2.2\n" };
  expect(upstreamServers(files, [])).toEqual(["192.0.2.1", "192.0.2.2"]);
  expect(upstreamServers({ resolvConf: files.resolvConf }, [])).toEqual(["127.0.0.53"]);
});

test("a server never asks itself", () => {
  expect(upstreamServers({ resolvConf: "nameserver 10.96.0.10\nnameserver 192.0.2.1\nnameserver 192.0.2.1" }, ["10.96.0.10"])).toEqual([
    "192.0.2.1",
  ]);
});
