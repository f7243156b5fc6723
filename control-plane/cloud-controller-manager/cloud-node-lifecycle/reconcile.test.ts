import { NodeKind, type Taint } from "@kubets/api";
import { expect, test } from "vitest";
import type { Instance } from "../provider.ts";
import { anObject, noon } from "../testing/objects.ts";
import { reconcile } from "./index.ts";

const shutdown = { key: "node.cloudprovider.kubernetes.io/shutdown", effect: "NoSchedule" } as const;
const aNode = (ready: string | undefined, taints: readonly Taint[] = [], providerID = "local://a") =>
  anObject(NodeKind, "a", {
    spec: { taints, providerID },
    status: { conditions: ready === undefined ? [] : [{ type: "Ready", status: ready }] },
  });
const on = { instance: { isShutDown: false } as Instance };
const off = { instance: { isShutDown: true } as Instance };
const gone = { instance: undefined };

test.each<readonly [string, ReturnType<typeof aNode>, { readonly instance: Instance | undefined } | undefined, readonly string[]]>([
  ["that is ready is not asked about", aNode("True"), undefined, []],
  ["that has said nothing yet is on its way", aNode(undefined), undefined, []],
  ["whose machine is on may come back", aNode("Unknown"), on, []],
  ["whose machine is off is marked", aNode("Unknown"), off, ["patch"]],
  ["whose machine is off is marked once", aNode("Unknown", [shutdown]), off, []],
  ["that is ready again loses its mark", aNode("True", [shutdown]), undefined, ["patch"]],
  ["whose machine is no more goes", aNode("Unknown"), gone, ["event", "delete"]],
  ["that the cloud has never known is none of its business", aNode("Unknown", [], ""), gone, []],
])("a node %s", (_state, node, answer, expected) => {
  const decision = reconcile({ node, ...(answer === undefined ? {} : { answer }) }, noon);
  expect(decision.actions.map(({ verb }) => verb)).toEqual(expected);
});
