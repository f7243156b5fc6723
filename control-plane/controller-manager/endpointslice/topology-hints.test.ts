import type { Endpoint, Node } from "@kubets/api";
import { expect, test } from "vitest";
import { aNode } from "../testing/objects.ts";
import { topologyHints, type ZoneShares, zoneSharesOf } from "./topology-hints.ts";

interface NodeFacts {
  readonly cpu?: string;
  readonly ready?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
}
const node = (name: string, zone: string, { cpu = "4", ready = true, labels = {} }: NodeFacts = {}): Node =>
  aNode(name, {
    metadata: { labels: { ...(zone === "" ? {} : { "topology.kubernetes.io/zone": zone }), ...labels } },
    status: { allocatable: { cpu }, conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
  });

test.each<readonly [string, readonly Node[], Readonly<Record<string, number>> | undefined]>([
  ["by their processors", [node("1", "a"), node("2", "a", { cpu: "2" }), node("3", "b", { cpu: "2" })], { a: 0.75, b: 0.25 }],
  ["without nodes that aren't ready", [node("1", "a"), node("2", "b"), node("3", "b", { ready: false })], { a: 0.5, b: 0.5 }],
  [
    "without those of the control plane",
    [node("1", "a"), node("2", "b"), node("3", "c", { labels: { "node-role.kubernetes.io/control-plane": "" } })],
    { a: 0.5, b: 0.5 },
  ],
  ["not when a node says no zone", [node("1", "a"), node("2", "b"), node("3", "")], undefined],
  ["not when a node says no processors", [node("1", "a"), node("2", "b", { cpu: "0" })], undefined],
  ["not when there is one zone", [node("1", "a"), node("2", "a")], undefined],
])("zones have shares %s", (_how, nodes, shares) => {
  expect(zoneSharesOf(nodes)).toEqual(shares === undefined ? undefined : new Map(Object.entries(shares)));
});

const endpoints = (zones: string, ready = true): readonly Endpoint[] =>
  zones.split("").map((zone, index) => ({
    addresses: [`10.0.0.${index}`],
    conditions: { ready },
    ...(zone === "-" ? {} : { zone }),
  }));
const half: ZoneShares = new Map([
  ["a", 0.5],
  ["b", 0.5],
]);
const thirds: ZoneShares = new Map([
  ["a", 1 / 3],
  ["b", 1 / 3],
  ["c", 1 / 3],
]);
/** The zones of the hints, in the order of the endpoints; or the problem. */
function hints(zones: string, shares: ZoneShares, before = ""): string {
  const all = endpoints(zones);
  const result = topologyHints(all, shares, (endpoint) => before[all.indexOf(endpoint)]);
  return result.is === "impossible" ? result.problem : all.map((endpoint) => result.zones.get(endpoint) ?? "-").join("");
}

test.each<readonly [zones: string, shares: ZoneShares, before: string, expected: string]>([
  ["aabb", half, "", "aabb"],
  ["aaab", half, "", "baab"],
  ["aaaa", half, "", "bbaa"],
  ["aaabbb", half, "", "aaabbb"],
  ["aaaaaabbb", half, "", "baaaaabbb"],
  ["aaaaaa", thirds, "", "bbccaa"],
  // What stands is kept while each zone has enough.
  ["aaabbbb", half, "aaabbb", "aaabbbb"],
  ["aabb", half, "baba", "baba"],
  // One that lost its endpoints takes part anew.
  ["aaaa", half, "aaaa", "bbaa"],
  ["aabb", half, "aacc", "aabb"],
  ["a", half, "", "Insufficient number of endpoints (1 endpoints, 2 zones)"],
  ["aabb", undefined, "", "Insufficient Node information: allocatable CPU or zone not specified on one or more nodes"],
  ["aab-", half, "", "One or more endpoints do not have a zone specified"],
  [
    "aab",
    half,
    "",
    "Unable to allocate minimum required endpoints to each zone without exceeding overload threshold (3 endpoints, 2 zones)",
  ],
])("endpoints in the zones %s", (zones, shares, before, expected) => {
  expect(hints(zones, shares, before)).toBe(expected);
});

test("endpoints that aren't ready have no hints", () => {
  const all = [...endpoints("ab"), ...endpoints("ab", false)];
  const result = topologyHints(all, half, () => undefined);
  expect(result.is === "spread" && [...result.zones.values()]).toEqual(["a", "b"]);
});
