import { expect, test } from "vitest";
import { asRead, problemsOf, problemsOfUpdate, rowOf } from "../testing/kind-under-test.ts";
import { noon } from "../testing/kind-under-test.ts";
import { NodeKind } from "./node.ts";

test("Pods may use all of a node where nothing else is said", () => {
  expect(asRead(NodeKind, { status: { capacity: { cpu: "4" } } }).status.allocatable).toEqual({ cpu: "4" });
  expect(asRead(NodeKind, { status: { capacity: { cpu: "4" }, allocatable: { cpu: "3" } } }).status.allocatable).toEqual({ cpu: "3" });
});

test.each([[{ podCIDR: "10.0.0.0/24" }], [{ podCIDRs: ["10.0.0.0/24"] }]])(
  "podCIDR and podCIDRs agree when only one is given: %j",
  (spec) => {
    const prepared = NodeKind.strategy.prepareForCreate!(asRead(NodeKind, { spec }), { now: noon, user: { name: "ada", groups: [] } });
    expect(prepared.spec).toEqual({ podCIDR: "10.0.0.0/24", podCIDRs: ["10.0.0.0/24"] });
  },
);

test("taints are well-formed, and one of each key and effect", () => {
  const taints = [
    { key: "a", effect: "NoSchedule" },
    { key: "a", effect: "NoExecute" },
    { key: "a", effect: "NoSchedule", value: "again" },
    { key: "a/b/c", effect: "Never", value: "-" },
  ];
  expect(problemsOf(NodeKind, { spec: { taints } }).map((problem) => problem.split(": ").slice(0, 2).join(": "))).toEqual([
    "spec.taints[3].effect: Unsupported value",
    "metadata.taints[2]: Duplicate value",
    "metadata.taints[3].key: Invalid value",
    "metadata.taints[3].value: Invalid value",
  ]);
});

test("a node has at most one range of addresses of each family", () => {
  expect(problemsOf(NodeKind, { spec: { podCIDRs: ["10.0.0.0/24", "2001:db8::/64"] } })).toEqual([]);
  expect(problemsOf(NodeKind, { spec: { podCIDRs: ["10.0.0.0/24", "10.0.1.0/24"] } })).toEqual([
    'spec.podCIDRs: Invalid value: ["10.0.0.0/24","10.0.1.0/24"]: may specify no more than one CIDR for each IP family',
  ]);
});

test("what was given to a node is not taken away", () => {
  const from = { spec: { podCIDR: "10.0.0.0/24", podCIDRs: ["10.0.0.0/24"], providerID: "x://1" } };
  expect(problemsOfUpdate(NodeKind, {}, from)).toEqual([]);
  expect(problemsOfUpdate(NodeKind, from, { spec: { podCIDRs: ["10.0.1.0/24"] } })).toEqual([
    'spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid',
    'spec.providerID: Forbidden: node updates may not change providerID except from "" to valid',
  ]);
});

test("a table shows whether a node is ready, its roles and what it runs", () => {
  const labels = { "node-role.kubernetes.io/worker": "", "node-role.kubernetes.io/control-plane": "" };
  const conditions = [{ type: "Ready", status: "True" }];
  const addresses = [{ type: "InternalIP", address: "192.0.2.1" }];
  expect(
    rowOf(NodeKind, {
      metadata: { labels },
      spec: { unschedulable: true },
      status: { conditions, addresses, nodeInfo: { kubeletVersion: "v1.36.0" } },
    }),
  ).toEqual({
    Name: "web",
    Status: "Ready,SchedulingDisabled",
    Roles: "control-plane,worker",
    Age: "60s",
    Version: "v1.36.0",
    "Internal-IP": "192.0.2.1",
    "External-IP": "<none>",
    "OS-Image": "<unknown>",
    "Kernel-Version": "<unknown>",
    "Container-Runtime": "<unknown>",
  });
  expect(rowOf(NodeKind, {})).toMatchObject({ Status: "Unknown", Roles: "<none>", Version: "" });
});
