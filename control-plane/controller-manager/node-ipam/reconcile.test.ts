import type { Node } from "@kubets/api";
import { expect, test } from "vitest";
import { aNode } from "../testing/objects.ts";
import { freeParts, parseRange } from "./address-ranges.ts";
import { nodeIpamController } from "./index.ts";
import { type ClusterRange, reconcile } from "./reconcile.ts";

const ipv4: ClusterRange = { range: parseRange("10.244.0.0/22"), nodeLength: 24 };
const ipv6: ClusterRange = { range: parseRange("fd00:10:244::/48"), nodeLength: 64 };
const node = (name: string, ...podCIDRs: readonly string[]): Node =>
  aNode(name, { spec: podCIDRs.length === 0 ? {} : { podCIDR: podCIDRs[0], podCIDRs } });
/** `name range,range` of each node that gets ranges, `name reason` of each that doesn't. */
function given(
  nodes: readonly Node[],
  clusterRanges: readonly ClusterRange[] = [ipv4],
  reserved: readonly string[] = [],
): readonly string[] {
  return reconcile({ nodes, clusterRanges, reserved: reserved.map(parseRange) }).actions.map((action) => {
    if (action.verb === "event") return `${action.about.metadata.name} ${action.reason}`;
    const { name, patch } = action as unknown as { name: string; patch: { spec: { podCIDR: string; podCIDRs: readonly string[] } } };
    expect(patch.spec.podCIDR).toBe(patch.spec.podCIDRs[0]);
    return `${name} ${patch.spec.podCIDRs.join(",")}`;
  });
}

test.each<readonly [string, readonly Node[], readonly string[]]>([
  ["nobody has one", [node("a"), node("b")], ["a 10.244.0.0/24", "b 10.244.1.0/24"]],
  ["one keeps what it has", [node("a", "10.244.0.0/24"), node("b")], ["b 10.244.1.0/24"]],
  ["one went between two", [node("a", "10.244.0.0/24"), node("c", "10.244.2.0/24"), node("d")], ["d 10.244.1.0/24"]],
  ["one has a larger range than usual", [node("a", "10.244.0.0/23"), node("b")], ["b 10.244.2.0/24"]],
  ["one has a smaller range than usual", [node("a", "10.244.0.128/25"), node("b")], ["b 10.244.1.0/24"]],
  [
    "one has a range of elsewhere, and one has nonsense",
    [node("a", "192.168.0.0/24"), node("z", "nonsense"), node("b")],
    ["b 10.244.0.0/24"],
  ],
  ["none is left", [node("a", "10.244.0.0/22"), node("b")], ["b CIDRNotAvailable"]],
])("when %s", (_when, nodes, expected) => {
  expect(given(nodes)).toEqual(expected);
});

test("a node of two families gets a range of each, or none", () => {
  expect(given([node("a"), node("b", "10.244.1.0/24", "fd00:10:244::/64")], [ipv4, ipv6])).toEqual(["a 10.244.0.0/24,fd00:10:244:1::/64"]);
  expect(given([node("a"), node("b", "10.244.0.0/22")], [ipv4, ipv6])).toEqual(["a CIDRNotAvailable"]);
});

test("no node gets what Services have", () => {
  expect(given([node("a")], [ipv4], ["10.244.0.0/23"])).toEqual(["a 10.244.2.0/24"]);
});

test("nodes that find nothing free look again", () => {
  const { requeueAfter } = reconcile({ nodes: [node("a", "10.244.0.0/22"), node("b")], clusterRanges: [ipv4], reserved: [] });
  expect(requeueAfter).toBe(30_000);
});

test("the first of very many free ranges is found at once", () => {
  const [first] = freeParts(parseRange("fd00::/16"), 64, [parseRange("fd00::/17")]);
  expect(first).toBe("fd00:8000::/64");
});

test("ranges that can't be split so are refused when the controller is made", () => {
  expect(() => nodeIpamController({ clusterRanges: ["10.0.0.0/25"] })).toThrow("smaller");
  expect(() => nodeIpamController({ clusterRanges: ["10.0.0.0/16", "10.1.0.0/16"] })).toThrow("one of each IP family");
});
