import { describe, expect, test } from "vitest";
import { answer, notOurs } from "./answer.ts";
import { aService, aSlice, viewOf } from "./testing/view.ts";
import { recordTypes, type ResourceRecord, responseCodes } from "./wire/message.ts";

const view = viewOf(
  [
    aService({ name: "web" }),
    aService({ name: "dual", clusterIP: "10.96.0.2", clusterIPs: ["10.96.0.2", "fd00:96::2"] }),
    aService({ name: "db", clusterIP: "None" }),
    aService({ name: "six", clusterIP: "None" }),
    aService({ name: "idle", clusterIP: "None" }),
    aService({ name: "outside", type: "ExternalName", externalName: "WWW.Example.org." }),
  ],
  [
    aSlice("db", [
      { addresses: ["10.244.0.5"], hostname: "db-0" },
      { addresses: ["10.244.0.6"] },
      { addresses: ["10.244.0.7"], conditions: { ready: false } },
    ]),
    aSlice("six", [{ addresses: ["fd00:244::5"] }], "IPv6"),
    aSlice("web", [{ addresses: ["10.244.0.8"] }]),
    aSlice("idle", [{ addresses: ["10.244.0.9"], conditions: { ready: false } }]),
  ],
);

/** The answer in lines: records as dig writes their data, or the code. */
function ask(name: string, type: keyof typeof recordTypes): readonly string[] | string {
  const reply = answer({ name, type: recordTypes[type], class: 1 }, view);
  if (reply === notOurs) return notOurs;
  if (reply.code !== responseCodes.noError) return Object.entries(responseCodes).find(([, code]) => code === reply.code)![0];
  return reply.answers.map(dataOf);
}

function dataOf(record: ResourceRecord): string {
  switch (record.type) {
    case "A":
    case "AAAA":
      return record.address;
    case "SRV":
      return `${record.priority} ${record.weight} ${record.port} ${record.target}`;
    case "TXT":
      return record.text;
    case "SOA":
      return record.primary;
    default:
      return record.target;
  }
}

describe("names of the cluster", () => {
  test.each<[string, keyof typeof recordTypes, readonly string[] | string]>([
    ["web.default.svc.cluster.local", "A", ["10.96.0.1"]],
    ["web.default.svc.cluster.local", "AAAA", []],
    ["web.default.svc.cluster.local", "TXT", []],
    ["dual.default.svc.cluster.local", "AAAA", ["fd00:96::2"]],
    ["web.default.svc.cluster.local", "SRV", ["0 100 80 web.default.svc.cluster.local"]],
    ["_http._tcp.web.default.svc.cluster.local", "SRV", ["0 100 80 web.default.svc.cluster.local"]],
    ["_http._udp.web.default.svc.cluster.local", "SRV", "nameError"],
    ["_ftp._tcp.web.default.svc.cluster.local", "SRV", "nameError"],
    ["10-244-0-8.web.default.svc.cluster.local", "A", ["10.244.0.8"]],
    ["db.default.svc.cluster.local", "A", ["10.244.0.5", "10.244.0.6"]],
    ["db-0.db.default.svc.cluster.local", "A", ["10.244.0.5"]],
    ["10-244-0-6.db.default.svc.cluster.local", "A", ["10.244.0.6"]],
    ["10-244-0-5.db.default.svc.cluster.local", "A", "nameError"],
    ["10-244-0-7.db.default.svc.cluster.local", "A", "nameError"],
    [
      "_http._tcp.db.default.svc.cluster.local",
      "SRV",
      ["0 50 8080 db-0.db.default.svc.cluster.local", "0 50 8080 10-244-0-6.db.default.svc.cluster.local"],
    ],
    ["six.default.svc.cluster.local", "AAAA", ["fd00:244::5"]],
    ["fd00-244--5.six.default.svc.cluster.local", "AAAA", ["fd00:244::5"]],
    ["idle.default.svc.cluster.local", "A", "nameError"],
    ["outside.default.svc.cluster.local", "A", ["www.example.org"]],
    ["outside.default.svc.cluster.local", "CNAME", ["www.example.org"]],
    ["a.outside.default.svc.cluster.local", "A", "nameError"],
    ["nobody.default.svc.cluster.local", "A", "nameError"],
    ["a.b.c.web.default.svc.cluster.local", "A", "nameError"],
    ["default.svc.cluster.local", "A", []],
    ["nowhere.svc.cluster.local", "A", "nameError"],
    ["web.nowhere.svc.cluster.local", "A", "nameError"],
    ["svc.cluster.local", "A", []],
    ["10-244-0-5.default.pod.cluster.local", "A", ["10.244.0.5"]],
    ["fd00--5.empty.pod.cluster.local", "AAAA", ["fd00::5"]],
    ["10-244-0-5.nowhere.pod.cluster.local", "A", "nameError"],
    ["web.default.pod.cluster.local", "A", "nameError"],
    ["10-244-0-05.default.pod.cluster.local", "A", "nameError"],
    ["cluster.local", "SOA", ["ns.dns.cluster.local"]],
    ["cluster.local", "NS", ["ns.dns.cluster.local"]],
    ["ns.dns.cluster.local", "A", ["10.96.0.10"]],
    ["dns-version.cluster.local", "TXT", ["1.1.0"]],
    ["other.cluster.local", "A", "nameError"],
    ["cluster.local", "AXFR", "refused"],
  ])("%s %s", (name, type, expected) => {
    expect(ask(name, type)).toEqual(expected);
  });
});

describe("the way back", () => {
  test.each<[string, readonly string[] | string]>([
    ["1.0.96.10.in-addr.arpa", ["web.default.svc.cluster.local"]],
    ["5.0.244.10.in-addr.arpa", ["db-0.db.default.svc.cluster.local"]],
    ["6.0.244.10.in-addr.arpa", ["10-244-0-6.db.default.svc.cluster.local"]],
    ["2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.9.0.0.0.0.d.f.ip6.arpa", ["dual.default.svc.cluster.local"]],
    ["7.0.244.10.in-addr.arpa", notOurs],
    ["8.8.8.8.in-addr.arpa", notOurs],
    ["1.0.96.in-addr.arpa", notOurs],
    ["01.0.96.10.in-addr.arpa", notOurs],
  ])("%s", (name, expected) => {
    expect(ask(name, "PTR")).toEqual(expected);
  });
});

test("names of others are not the cluster's, also when they look alike", () => {
  expect(["example.org", "acluster.local", "local", ""].map((name) => ask(name, "A"))).toEqual([notOurs, notOurs, notOurs, notOurs]);
});

test("a no carries the SOA that says how long it holds", () => {
  for (const name of ["nobody.default.svc.cluster.local", "svc.cluster.local"]) {
    const reply = answer({ name, type: recordTypes.A, class: 1 }, view);
    expect(reply !== notOurs && reply.authority).toMatchObject([{ type: "SOA", name: "cluster.local", minimum: 30, serial: 7 }]);
  }
});

test("the addresses of the targets come with a SRV record", () => {
  const reply = answer({ name: "_http._tcp.db.default.svc.cluster.local", type: recordTypes.SRV, class: 1 }, view);
  expect(reply !== notOurs && reply.additional.map((record) => [record.name, dataOf(record)])).toEqual([
    ["db-0.db.default.svc.cluster.local", "10.244.0.5"],
    ["10-244-0-6.db.default.svc.cluster.local", "10.244.0.6"],
  ]);
});
