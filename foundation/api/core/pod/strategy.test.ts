import { expect, test } from "vitest";
import { PodKind } from "./pod.ts";
import { alice, aContainer, aPod, noon } from "./testing/pods.ts";

const { prepareForCreate, prepareForStatusUpdate, gracePeriodSeconds } = PodKind.strategy;
const context = { now: noon, user: alice };

test("a new Pod is pending, whatever status it was sent with", () => {
  const created = prepareForCreate!(aPod({ status: { phase: "Running", podIP: "10.0.0.1" } }), context);
  expect(created.status).toEqual({ phase: "Pending", qosClass: "BestEffort" });
  expect(created.metadata.generation).toBe(1);
});

test("a gated Pod says so from the start", () => {
  const created = prepareForCreate!(aPod({ spec: { schedulingGates: [{ name: "example.com/wait" }] } }), context);
  expect(created.status.conditions).toEqual([
    {
      type: "PodScheduled",
      status: "False",
      reason: "SchedulingGated",
      message: "Scheduling is blocked due to non-empty scheduling gates",
    },
  ]);
});

test("keys of labels become part of the selectors", () => {
  const affinity = {
    podAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: "zone", labelSelector: {}, matchLabelKeys: ["version", "absent"], mismatchLabelKeys: ["tenant"] },
        { topologyKey: "zone", matchLabelKeys: ["version"] },
      ],
    },
  };
  const topologySpreadConstraints = [
    { maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule", labelSelector: {}, matchLabelKeys: ["version"] },
  ];
  const pod = aPod({ metadata: { labels: { version: "2", tenant: "a" } }, spec: { affinity, topologySpreadConstraints } });
  const { spec } = prepareForCreate!(pod, context);
  const inVersion = { key: "version", operator: "In", values: ["2"] };
  const terms = spec.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  expect(terms?.map(({ labelSelector }) => labelSelector)).toEqual([
    { matchExpressions: [inVersion, { key: "tenant", operator: "NotIn", values: ["a"] }] },
    undefined,
  ]);
  expect(spec.topologySpreadConstraints?.[0]?.labelSelector).toEqual({ matchExpressions: [inVersion] });
});

test("a status update keeps the quality of service, the owners, and what generation was observed", () => {
  const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web", uid: "1" };
  const before = aPod({
    metadata: { ownerReferences: [owner] },
    status: {
      phase: "Pending",
      qosClass: "BestEffort",
      observedGeneration: 2,
      conditions: [{ type: "Ready", status: "False", observedGeneration: 2 }],
    },
  });
  const after = aPod({ status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] } });
  const prepared = prepareForStatusUpdate!(after, before, context);
  expect(prepared.metadata.ownerReferences).toEqual([owner]);
  expect(prepared.status).toEqual({
    phase: "Running",
    qosClass: "BestEffort",
    observedGeneration: 2,
    conditions: [{ type: "Ready", status: "True", observedGeneration: 2 }],
  });
});

test.each([
  ["a running Pod has the time that it says", { nodeName: "n" }, "Running", undefined, 30],
  ["a running Pod has the time that is asked for", { nodeName: "n" }, "Running", 5, 5],
  ["a negative time is one second", { nodeName: "n", terminationGracePeriodSeconds: -3 }, "Running", undefined, 1],
  ["a Pod without a node goes at once", {}, "Pending", 5, 0],
  ["a Pod that has ended goes at once", { nodeName: "n" }, "Succeeded", undefined, 0],
  ["a Pod that has failed goes at once", { nodeName: "n" }, "Failed", 5, 0],
] as const)("%s", (_, spec, phase, asked, seconds) => {
  expect(gracePeriodSeconds!(aPod({ spec, status: { phase } }), asked)).toBe(seconds);
});

test("Pods can be selected by the fields that upstream knows", () => {
  const pod = aPod({
    spec: { nodeName: "node-1", hostNetwork: true, serviceAccountName: "robot", containers: [aContainer()] },
    status: { phase: "Running", podIPs: [{ ip: "10.0.0.1" }, { ip: "fd00::1" }], nominatedNodeName: "node-2" },
  });
  const selected = Object.entries(PodKind.selectableFields).map(([path, read]) => [path, read(pod)]);
  expect(Object.fromEntries(selected)).toEqual({
    "spec.hostNetwork": "true",
    "spec.nodeName": "node-1",
    "spec.restartPolicy": "Always",
    "spec.schedulerName": "default-scheduler",
    "spec.serviceAccountName": "robot",
    "status.nominatedNodeName": "node-2",
    "status.phase": "Running",
    "status.podIP": "10.0.0.1",
    "status.podIPs": "10.0.0.1,fd00::1",
  });
});
