import { NodeKind } from "@kubets/api";
import { expect, test } from "vitest";
import type { Route } from "../provider.ts";
import { anObject, noon } from "../testing/objects.ts";
import { planRoutes, reconcile } from "./reconcile.ts";

const aNode = (name: string, podCIDRs: readonly string[], unavailable?: string) =>
  anObject(NodeKind, name, {
    spec: { podCIDRs },
    status: { conditions: unavailable === undefined ? [] : [{ type: "NetworkUnavailable", status: unavailable }] },
  });
const route = (node: string, destination: string): Route => ({ node, destination });

test("each range of each node has a route, and nothing else has", () => {
  const nodes = [aNode("a", ["10.244.0.0/24", "fd00::/80"]), aNode("b", ["10.244.1.0/24"]), aNode("new", [])];
  const routes = [route("a", "10.244.0.0/24"), route("b", "10.244.9.0/24"), route("gone", "10.244.2.0/24")];
  expect(planRoutes(nodes, routes)).toEqual({
    missing: [route("a", "fd00::/80"), route("b", "10.244.1.0/24")],
    surplus: [route("b", "10.244.9.0/24"), route("gone", "10.244.2.0/24")],
  });
});

test.each<readonly [string, ReturnType<typeof aNode>, ReadonlyMap<Route, string>, readonly string[]]>([
  ["that is reached is said to be", aNode("a", ["10.244.0.0/24"], "True"), new Map(), ["patch False RouteCreated"]],
  ["of which that is said already", aNode("a", ["10.244.0.0/24"], "False"), new Map(), []],
  ["without a range", aNode("a", []), new Map(), []],
  [
    "that can't be reached",
    aNode("a", ["10.244.0.0/24"]),
    new Map([[route("a", "10.244.0.0/24"), "quota exceeded"]]),
    ["Could not create route 10.244.0.0/24 for node a: quota exceeded", "patch True NoRouteCreated"],
  ],
])("a node %s", (_state, node, failed, expected) => {
  const { actions, requeueAfter } = reconcile({ nodes: [node], failed }, noon);
  const told = actions.map((action) => {
    if (action.verb === "event") return action.message;
    if (action.verb !== "patch") return action.verb;
    const { status } = action.patch as { readonly status: { readonly conditions: readonly { status: string; reason: string }[] } };
    return `patch ${status.conditions.map((each) => `${each.status} ${each.reason}`).join()}`;
  });
  expect(told).toEqual(expected);
  expect(requeueAfter).toBe(10_000);
});
