import type { EndpointSlice } from "@kubets/api";
import { expect, test } from "vitest";
import { plan } from "./plan.ts";
import { staleConnections } from "./stale-connections.ts";
import { aNode, aService, aSlice } from "./testing/objects.ts";

const dns = aService({ name: "dns", type: "NodePort", ports: [{ port: 53, protocol: "UDP", nodePort: 30053 }] });
const slice = (...endpoints: readonly string[]): EndpointSlice =>
  aSlice({ service: "dns", ports: [{ port: 53, protocol: "UDP" }], endpoints });
const clusterIP = { kind: "clusterIP", address: "10.96.0.1", port: 53 };
const nodePort = { kind: "nodePort", port: 30053 };

test("connections to an endpoint of UDP that is gone are forgotten at every frontend", () => {
  const before = plan([dns], [slice("10.244.0.5", "10.244.0.6")], aNode);
  const after = plan([dns], [slice("10.244.0.6")], aNode);
  const gone = { endpoint: "10.244.0.5" };
  expect(staleConnections(after, before)).toEqual([
    { frontend: clusterIP, ...gone },
    { frontend: nodePort, ...gone },
  ]);
  expect(staleConnections(plan([], [], aNode), after).map(({ endpoint }) => endpoint)).toEqual(["10.244.0.6", "10.244.0.6"]);
});

test("connections that went nowhere are forgotten with the first endpoint", () => {
  const first = plan([dns], [slice("10.244.0.5")], aNode);
  expect(staleConnections(first, plan([dns], [], aNode))).toEqual([{ frontend: clusterIP }, { frontend: nodePort }]);
  expect(staleConnections(first, plan([], [], aNode))).toHaveLength(2);
});

test("TCP notices on its own, and what stays is left alone", () => {
  const web = aService();
  expect(staleConnections(plan([], [], aNode), plan([web], [aSlice({ endpoints: ["10.244.0.5"] })], aNode))).toEqual([]);
  const same = plan([dns], [slice("10.244.0.5")], aNode);
  expect(staleConnections(plan([dns], [slice("10.244.0.5", "10.244.0.6")], aNode), same)).toEqual([]);
});
