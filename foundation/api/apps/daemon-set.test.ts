import { expect, test } from "vitest";
import { asRead, problemsOf, problemsOfUpdate, rowOf } from "../testing/kind-under-test.ts";
import { ControllerRevisionKind } from "./controller-revision.ts";
import { DaemonSetKind } from "./daemon-set.ts";

const selector = { matchLabels: { app: "agent" } };
const template = {
  metadata: { labels: { app: "agent" } },
  spec: { containers: [{ name: "agent", image: "agent:1" }], nodeSelector: { gpu: "yes" } },
};
const spec = { selector, template };
const steps = (rollingUpdate: object): object => ({ ...spec, updateStrategy: { rollingUpdate } });

test("a DaemonSet is replaced node by node where nothing else is said", () => {
  const { updateStrategy, revisionHistoryLimit } = asRead(DaemonSetKind, { spec }).spec;
  expect({ updateStrategy, revisionHistoryLimit }).toEqual({
    updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
    revisionHistoryLimit: 10,
  });
});

test.each([
  [spec, []],
  [steps({ maxUnavailable: 0, maxSurge: 1 }), []],
  [
    steps({ maxSurge: 1 }),
    ["spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero"],
  ],
  [steps({ maxUnavailable: 0 }), ["spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0"]],
  [{ ...spec, selector: {} }, ["spec.selector: Invalid value: {}: empty selector is invalid for daemonset"]],
])("a DaemonSet of %j", (body, problems) => {
  expect(problemsOf(DaemonSetKind, { spec: body as object })).toEqual(problems);
});

test("a DaemonSet keeps its selector", () => {
  expect(problemsOfUpdate(DaemonSetKind, { spec }, { spec: { ...spec, selector: {} } })).toEqual([
    "spec.selector: Invalid value: {}: field is immutable",
  ]);
});

test("a table shows on how many nodes it runs", () => {
  const status = { desiredNumberScheduled: 3, currentNumberScheduled: 3, numberReady: 2, updatedNumberScheduled: 1, numberAvailable: 2 };
  expect(rowOf(DaemonSetKind, { spec, status })).toEqual({
    Name: "web",
    Desired: 3,
    Current: 3,
    Ready: 2,
    "Up-to-date": 1,
    Available: 2,
    "Node Selector": "gpu=yes",
    Age: "60s",
    Containers: "agent",
    Images: "agent:1",
    Selector: "app=agent",
  });
});

test("a ControllerRevision holds a state that never changes", () => {
  const data = { spec: { template: { $patch: "replace" } } };
  expect(problemsOf(ControllerRevisionKind, { revision: 1, data })).toEqual([]);
  expect(problemsOf(ControllerRevisionKind, { revision: -1 })).toEqual([
    "revision: Invalid value: -1: must be greater than or equal to 0",
    "data: Required value: data is mandatory",
  ]);
  expect(problemsOfUpdate(ControllerRevisionKind, { revision: 1, data }, { revision: 2, data })).toEqual([]);
  expect(problemsOfUpdate(ControllerRevisionKind, { revision: 1, data }, { revision: 1, data: {} })).toEqual([
    "data: Invalid value: {}: field is immutable",
  ]);
});

test("a table shows whose state a ControllerRevision holds", () => {
  const ownerReferences = [{ apiVersion: "apps/v1", kind: "DaemonSet", name: "agent", uid: "1", controller: true }];
  expect(rowOf(ControllerRevisionKind, { metadata: { ownerReferences }, revision: 2, data: {} })).toEqual({
    Name: "web",
    Controller: "daemonset.apps/agent",
    Revision: 2,
    Age: "60s",
  });
  expect(rowOf(ControllerRevisionKind, { revision: 2 })["Controller"]).toBe("<none>");
});
