import { type EndpointSlice, EndpointSliceKind, type Node, type Pod, type Service } from "@kubets/api";
import type { Action } from "@kubets/client";
import { seededRandom } from "@kubets/machinery";
import { expect, test } from "vitest";
import { ago, aNode, anObject, aPod, aService, noon, verbsOf } from "../testing/objects.ts";
import { reconcile } from "./reconcile.ts";
import type { ZoneShares } from "./topology-hints.ts";

interface Facts {
  readonly service?: Service;
  readonly pods?: readonly Pod[];
  readonly slices?: readonly EndpointSlice[];
  readonly nodes?: Readonly<Record<string, Node>>;
  /** In place of what the nodes say. */
  readonly zoneShares?: ZoneShares;
}
function decide({ service = aService(), pods = [], slices = [], nodes = {}, zoneShares }: Facts): readonly Action[] {
  const nodeOf = ({ spec }: Pod): Node | undefined => nodes[spec.nodeName ?? ""];
  return reconcile({ service, pods, slices, nodeOf, zoneShares: () => zoneShares }, noon, { random: seededRandom(1) }).actions;
}
/** The slices after the actions were carried out. */
function applied(facts: Facts): readonly EndpointSlice[] {
  let made = 0;
  const slices = new Map((facts.slices ?? []).map((slice) => [slice.metadata.name, slice]));
  for (const action of decide(facts)) {
    if (action.verb === "create") {
      const body = action.object as unknown as Readonly<Record<string, unknown>>;
      const metadata = { ...action.object.metadata, name: `made-${made++}` };
      slices.set(metadata.name, anObject(EndpointSliceKind, metadata.name, { ...body, metadata }));
    } else if (action.verb === "update") slices.set(action.object.metadata.name, action.object as EndpointSlice);
    else if (action.verb === "delete") slices.delete(action.name);
  }
  return [...slices.values()];
}
const zone = (name: string): Node => aNode(name, { metadata: { labels: { "topology.kubernetes.io/zone": `zone-${name}` } } });

test("a Pod's endpoint says where it is, whether it serves, and whose it is", () => {
  const [slice] = applied({ pods: [aPod("a", { ip: "10.0.0.1", node: "n1", readyFor: 5 })], nodes: { n1: zone("n1") } });
  expect(slice).toMatchObject({
    metadata: {
      generateName: "web-",
      labels: { "kubernetes.io/service-name": "web", "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io" },
      annotations: { "endpoints.kubernetes.io/last-change-trigger-time": ago(5) },
      ownerReferences: [{ kind: "Service", name: "web", controller: true, blockOwnerDeletion: true }],
    },
    addressType: "IPv4",
    ports: [{ name: "http", port: 8080, protocol: "TCP" }],
    endpoints: [
      {
        addresses: ["10.0.0.1"],
        conditions: { ready: true, serving: true, terminating: false },
        targetRef: { kind: "Pod", namespace: "default", name: "a", uid: "a" },
        nodeName: "n1",
        zone: "zone-n1",
      },
    ],
  });
  expect(slice!.endpoints[0]!.hints).toBeUndefined();
});

test.each([
  ["ready", { readyFor: 5 }, {}, [true, true, false]],
  ["not ready", {}, {}, [false, false, false]],
  ["on its way out and still serving", { readyFor: 5, deleting: true }, {}, [false, true, true]],
  ["on its way out", { deleting: true }, {}, [false, false, true]],
  ["not ready, of a Service that doesn't mind", {}, { publishNotReadyAddresses: true }, [true, false, false]],
])("an endpoint of a Pod that is %s", (_what, facts, spec, [ready, serving, terminating]) => {
  const [slice] = applied({ service: aService(spec), pods: [aPod("a", { ip: "10.0.0.1", ...facts })] });
  expect(slice!.endpoints[0]!.conditions).toEqual({ ready, serving, terminating });
});

test.each([
  ["PreferClose", { forZones: [{ name: "zone-n1" }] }],
  ["PreferSameZone", { forZones: [{ name: "zone-n1" }] }],
  ["PreferSameNode", { forZones: [{ name: "zone-n1" }], forNodes: [{ name: "n1" }] }],
])("traffic that is distributed as %s hints at who should use an endpoint", (trafficDistribution, hints) => {
  const pods = [aPod("a", { ip: "10.0.0.1", node: "n1", readyFor: 5 }), aPod("b", { ip: "10.0.0.2", node: "n1" })];
  const [slice] = applied({ service: aService({ trafficDistribution }), pods, nodes: { n1: zone("n1") } });
  expect(slice!.endpoints.map((endpoint) => endpoint.hints)).toEqual([hints, undefined]);
});

test("Pods whose port of a name has another number stand in slices of their own", () => {
  const service = aService({ ports: [{ name: "http", port: 80, targetPort: "web", protocol: "TCP" }] });
  const pods = [aPod("a", { ip: "10.0.0.1", ports: { web: 8080 } }), aPod("b", { ip: "10.0.0.2", ports: { web: 9090 } })];
  const slices = applied({ service, pods });
  expect(slices.map(({ ports, endpoints }) => [ports![0]!.port, endpoints.map(({ targetRef }) => targetRef!.name)])).toEqual([
    [8080, ["a"]],
    [9090, ["b"]],
  ]);
  // Each group keeps its own slice, whichever comes first.
  expect(decide({ service, pods: pods.toReversed(), slices })).toEqual([]);
});

test("a changed port rewrites the slice that is there instead of making another", () => {
  const pods = [aPod("a", { ip: "10.0.0.1" })];
  const slices = applied({ pods });
  const service = aService({ ports: [{ name: "http", port: 80, targetPort: 9090, protocol: "TCP" }] });
  expect(verbsOf(decide({ service, pods, slices }))).toEqual(["update made-0"]);
  expect(applied({ service, pods, slices })).toMatchObject([{ ports: [{ port: 9090 }], endpoints: [{ addresses: ["10.0.0.1"] }] }]);
});

test("a Service of two families has slices of each, and none of a family that it no longer has", () => {
  const pod = aPod("a", { readyFor: 5 });
  const pods = [{ ...pod, status: { ...pod.status, podIP: "10.0.0.1", podIPs: [{ ip: "10.0.0.1" }, { ip: "fd00::1" }] } }];
  const slices = applied({ service: aService({ ipFamilies: ["IPv4", "IPv6"] }), pods });
  expect(slices.map(({ addressType, endpoints }) => [addressType, ...endpoints[0]!.addresses])).toEqual([
    ["IPv4", "10.0.0.1"],
    ["IPv6", "fd00::1"],
  ]);
  expect(verbsOf(decide({ pods, slices }))).toEqual(["delete made-1"]);
});

test("what is right is not written again, and one Pod's change is one write", () => {
  const pods = Array.from({ length: 250 }, (_, index) => aPod(`p${index}`, { ip: `10.0.${index >> 8}.${index & 255}`, readyFor: 5 }));
  const slices = applied({ pods });
  expect(slices.map(({ endpoints }) => endpoints.length)).toEqual([100, 100, 50]);
  expect(decide({ pods, slices })).toEqual([]);
  const changed = pods.map((pod, index) => (index === 120 ? aPod("p120", { ip: "10.0.0.120" }) : pod));
  expect(decide({ pods: changed, slices })).toHaveLength(1);
});

test("a Service without Pods has one slice without endpoints; one on its way out is left alone", () => {
  const slices = applied({});
  expect(slices).toMatchObject([{ endpoints: [] }]);
  expect(decide({ slices })).toEqual([]);
  expect(decide({ service: aService({}, { deletionTimestamp: ago(1) }), pods: [aPod("a", { ip: "10.0.0.1" })] })).toEqual([]);
});

test("a Pod of a node that is gone stands in no slice, unless its Service doesn't mind", () => {
  const pods = [aPod("a", { ip: "10.0.0.1", node: "gone", readyFor: 5 })];
  expect(applied({ pods })).toMatchObject([{ endpoints: [] }]);
  expect(applied({ service: aService({ publishNotReadyAddresses: true }), pods })).toMatchObject([{ endpoints: [{ nodeName: "gone" }] }]);
});

test("slices of a Service of the same name that was before go, and aren't used", () => {
  const pods = [aPod("a", { ip: "10.0.0.1" })];
  const [slice] = applied({ pods });
  const old = {
    ...slice!,
    metadata: { ...slice!.metadata, ownerReferences: [{ ...slice!.metadata.ownerReferences![0]!, uid: "before" }] },
  };
  expect(verbsOf(decide({ pods, slices: [old] }))).toEqual(["create EndpointSlice", "delete made-0"]);
});

test("a Service that asks for it has hints by the sizes of zones, and is told when that begins, ends, or can't be", () => {
  const service = aService({ trafficDistribution: "PreferSameNode" }, { annotations: { "service.kubernetes.io/topology-mode": "Auto" } });
  const nodes = { n1: zone("n1"), n2: zone("n2") };
  const pods = ["n1", "n1", "n1", "n2"].map((node, index) => aPod(`p${index}`, { ip: `10.0.0.${index}`, node, readyFor: 5 }));
  const zoneShares = new Map(["zone-n1", "zone-n2"].map((name) => [name, 0.5]));
  expect(decide({ service, pods, nodes, zoneShares }).slice(1)).toMatchObject([
    { type: "Normal", reason: "TopologyAwareHintsEnabled", message: "Topology Aware Hints has been enabled, addressType: IPv4" },
  ]);
  const slices = applied({ service, pods, nodes, zoneShares });
  expect(slices[0]!.endpoints.map(({ hints }) => hints)).toEqual(
    ["zone-n2", "zone-n1", "zone-n1", "zone-n2"].map((name) => ({ forZones: [{ name }] })),
  );
  expect(decide({ service, pods, slices, nodes, zoneShares })).toEqual([]);
  const few = applied({ service, pods: pods.slice(0, 1), slices, nodes, zoneShares });
  expect(few[0]!.endpoints.map(({ hints }) => hints)).toEqual([undefined]);
  expect(decide({ service, pods: pods.slice(0, 1), slices, nodes, zoneShares }).at(-1)).toMatchObject({
    reason: "TopologyAwareHintsDisabled",
    message: "Insufficient number of endpoints (1 endpoints, 2 zones), addressType: IPv4",
  });
  expect(decide({ pods, slices, nodes }).at(-1)).toMatchObject({
    reason: "TopologyAwareHintsDisabled",
    message: "Topology Aware Hints has been disabled, addressType: IPv4",
  });
});
