import { addressOfService, type IPAddress, IPAddressKind, type Service, type ServiceCIDR, ServiceCIDRKind, ServiceKind } from "@kubets/api";
import type { Action, DraftObject } from "@kubets/client";
import { applyDefaults, type Draft, formatTime, type Instant, type Kind, type KubernetesObject } from "@kubets/machinery";
import { expect, test } from "vitest";
import { noon } from "../testing/test-server.ts";
import { reconcileAddress, reconcileService } from "./addresses.ts";
import { reconcile as reconcileRange } from "./default-range.ts";
import { reconcile } from "./node-ports.ts";

/** As a cache has it. */
function anObject<T extends KubernetesObject>(kind: Kind<T>, object: DraftObject<T>): T {
  return applyDefaults(kind.schema, object as unknown as T);
}

const aService = (name: string, spec: Draft<Service["spec"]> = { clusterIPs: ["10.96.0.9"] }): Service =>
  anObject(ServiceKind, { metadata: { name, namespace: "default", uid: name, creationTimestamp: formatTime(noon) }, spec });
const anAddress = (owner: string, change: object = {}): IPAddress =>
  anObject(IPAddressKind, { ...addressOfService("10.96.0.9", { namespace: "default", name: owner }), ...change });
const ranges = [anObject(ServiceCIDRKind, { metadata: { name: "kubernetes" }, spec: { cidrs: ["10.96.0.0/16"] } })];

/** What is done, in words. */
const told = (actions: readonly Action[]): readonly string[] =>
  actions.map((action) => {
    if (action.verb === "event") return `${action.reason}: ${action.message}`;
    return "kind" in action ? `${action.verb} ${action.kind.kind}` : action.verb;
  });

test.each<readonly [string, Service, IPAddress | undefined, Service | undefined, readonly string[]]>([
  ["has the IPAddress it should", aService("web"), anAddress("web"), aService("web"), []],
  [
    "has none",
    aService("web"),
    undefined,
    undefined,
    ["confirmGone IPAddress", "create IPAddress", "ClusterIPNotAllocated: Cluster IP [IPv4]: 10.96.0.9 is not allocated; repairing"],
  ],
  [
    "has one that names something else",
    aService("web"),
    anAddress("web", { spec: { parentRef: { group: "example.com", resource: "gateways", name: "web" } } }),
    undefined,
    [
      "delete IPAddress",
      "create IPAddress",
      "ClusterIPNotAllocated: the ClusterIP [IPv4]: 10.96.0.9 for Service default/web has a wrong reference; repairing",
    ],
  ],
  [
    "has one without its labels",
    aService("web"),
    anAddress("web", { metadata: { name: "10.96.0.9" } }),
    aService("web"),
    ["delete IPAddress", "create IPAddress"],
  ],
  [
    "has an address that another has as well",
    aService("web"),
    anAddress("other"),
    aService("other"),
    ["ClusterIPAlreadyAllocated: Cluster IP [IPv4]:10.96.0.9 was assigned to multiple services; please recreate service"],
  ],
  [
    "has an address of no range",
    aService("web", { clusterIPs: ["192.0.2.1"] }),
    undefined,
    undefined,
    ["ClusterIPOutOfRange: Cluster IP [IPv4]: 192.0.2.1 is not within any configured Service CIDR; please recreate service"],
  ],
  ["is headless", aService("web", { clusterIPs: ["None"] }), undefined, undefined, []],
])("a Service that %s", (_state, service, present, owner, expected) => {
  expect(told(reconcileService({ service, ranges, addressOf: () => ({ present, owner }) }).actions)).toEqual(expected);
});

const later = (seconds: number): Instant => (noon + seconds * 1000) as Instant;
const old = { metadata: { ...addressOfService("10.96.0.9", { name: "" }).metadata, creationTimestamp: formatTime(noon) } };

test.each<readonly [string, IPAddress, Service | undefined, readonly string[]]>([
  ["of its Service", anAddress("web", old), aService("web"), []],
  [
    "whose Service is gone",
    anAddress("web", old),
    undefined,
    ["delete IPAddress", "IPAddressNotAllocated: IPAddress: 10.96.0.9 for Service default/web appears to have leaked: cleaning up"],
  ],
  [
    "whose Service has another",
    anAddress("web", old),
    aService("web", { clusterIPs: ["10.96.0.7"] }),
    ["delete IPAddress", "IPAddressWrongReference: IPAddress: 10.96.0.9 for Service default/web has a wrong reference; cleaning up"],
  ],
])("an IPAddress %s", (_state, address, service, expected) => {
  expect(told(reconcileAddress({ address, service }, later(61)).actions)).toEqual(expected);
});

test("an IPAddress whose Service isn't there yet has a minute", () => {
  expect(reconcileAddress({ address: anAddress("web", old), service: undefined }, later(15))).toEqual({
    actions: [],
    requeueAfter: 45_000,
  });
});

test("of two Services with one node port the younger is told; so is one with a port of no range", () => {
  const ports = (...nodePorts: readonly number[]) => ({ ports: nodePorts.map((nodePort) => ({ port: 80, nodePort })) });
  const [first, second] = [aService("a", ports(30_080)), aService("b", ports(30_080, 20_000))];
  const range = { first: 30_000, last: 32_767 };
  const holdersOf = (port: number): readonly Service[] => (port === 30_080 ? [first, second] : [second]);
  expect(told(reconcile({ service: first, range, holdersOf }).actions)).toEqual([]);
  expect(told(reconcile({ service: second, range, holdersOf }).actions)).toEqual([
    "PortAlreadyAllocated: Port 30080 was assigned to multiple services; please recreate service",
    "PortOutOfRange: Port 20000 is not within the port range 30000-32767; please recreate service",
  ]);
});

const aRange = (cidrs: readonly string[], ready?: object): ServiceCIDR =>
  anObject(ServiceCIDRKind, {
    metadata: { name: "kubernetes", uid: "kubernetes" },
    spec: { cidrs },
    ...(ready === undefined ? {} : { status: { conditions: [{ type: "Ready", message: "", reason: "", ...ready } as never] } }),
  });

test.each<readonly [string, ServiceCIDR | undefined, readonly string[]]>([
  ["is made when it is gone", undefined, ["create ServiceCIDR"]],
  ["is said to be ready", aRange(["10.96.0.0/16"]), ["patch ServiceCIDR"]],
  ["stays as it is", aRange(["10.96.0.0/16"], { status: "True" }), []],
  [
    "is left alone when somebody says that it isn't ready",
    aRange(["10.96.0.0/16"], { status: "False", reason: "Broken", message: "no routes" }),
    ["Broken: Configuration matches, but no routes"],
  ],
  [
    "that isn't what the server was given is told",
    aRange(["10.97.0.0/16"]),
    [
      "KubernetesDefaultServiceCIDRInconsistent: The default ServiceCIDR [10.97.0.0/16] does not match the controller flag configurations [10.96.0.0/16]",
    ],
  ],
])("the range of an API server's Services %s", (_state, range, expected) => {
  expect(told(reconcileRange({ range, configured: ["10.96.0.0/16"] }, noon).actions)).toEqual(expected);
});
