import { expect, test } from "vitest";
import { asRead, problemsOf, problemsOfStatusUpdate, problemsOfUpdate, rowOf } from "../testing/kind-under-test.ts";
import { StatefulSetKind } from "./stateful-set.ts";

const selector = { matchLabels: { app: "db" } };
const template = { metadata: { labels: { app: "db" } }, spec: { containers: [{ name: "db", image: "db:1" }] } };
const spec = { selector, template, serviceName: "db" };

test("a StatefulSet of which nothing else is said runs one Pod after the other and keeps their claims", () => {
  const { replicas, podManagementPolicy, updateStrategy, revisionHistoryLimit, persistentVolumeClaimRetentionPolicy } = asRead(
    StatefulSetKind,
    {
      spec,
    },
  ).spec;
  expect({ replicas, podManagementPolicy, updateStrategy, revisionHistoryLimit, persistentVolumeClaimRetentionPolicy }).toEqual({
    replicas: 1,
    podManagementPolicy: "OrderedReady",
    updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 0 } },
    revisionHistoryLimit: 10,
    persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
  });
});

test("containers mount what its claim templates name, and nothing else that isn't there", () => {
  const mounting = (name: string) => ({
    ...template,
    spec: { containers: [{ name: "db", image: "db:1", volumeMounts: [{ name, mountPath: "/data" }] }] },
  });
  const claim = { metadata: { name: "data" }, spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } } };
  expect(problemsOf(StatefulSetKind, { spec: { ...spec, template: mounting("data"), volumeClaimTemplates: [claim] } })).toEqual([]);
  expect(problemsOf(StatefulSetKind, { spec: { ...spec, template: mounting("log"), volumeClaimTemplates: [claim] } })).toEqual([
    'spec.template.spec.containers[0].volumeMounts[0].name: Not found: "log"',
  ]);
});

test("the claims of its Pods are whole claims", () => {
  const claim = { metadata: { name: "data" }, spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } } };
  expect(asRead(StatefulSetKind, { spec: { ...spec, volumeClaimTemplates: [claim] } }).spec.volumeClaimTemplates).toMatchObject([
    { kind: "PersistentVolumeClaim", apiVersion: "v1", ...claim, status: { phase: "Pending" } },
  ]);
});

test.each([
  [spec, []],
  [{ ...spec, selector: {} }, ["spec.selector: Invalid value: {}: empty selector is invalid for statefulset"]],
  [
    { ...spec, updateStrategy: { type: "OnDelete", rollingUpdate: {} } },
    ["spec.updateStrategy.rollingUpdate: Invalid value: {\"partition\":0}: only allowed for updateStrategy 'RollingUpdate'"],
  ],
  [
    { ...spec, updateStrategy: { rollingUpdate: { maxUnavailable: 0 } } },
    ["spec.updateStrategy.rollingUpdate.maxUnavailable: Invalid value: 0: cannot be 0"],
  ],
  [
    { ...spec, template: { ...template, spec: { ...template.spec, activeDeadlineSeconds: 5 } } },
    ["spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in StatefulSet is not Supported"],
  ],
])("a StatefulSet of %j", (body, problems) => {
  expect(problemsOf(StatefulSetKind, { spec: body })).toEqual(problems);
});

test("what its Pods and claims were made by does not change", () => {
  expect(problemsOfUpdate(StatefulSetKind, { spec }, { spec: { ...spec, replicas: 3, minReadySeconds: 5 } })).toEqual([]);
  expect(problemsOfUpdate(StatefulSetKind, { spec }, { spec: { ...spec, serviceName: "other" } })).toEqual([
    "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', " +
      "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
  ]);
});

test("the parts of a status are no more than the whole", () => {
  expect(
    problemsOfStatusUpdate(StatefulSetKind, { spec }, { spec, status: { replicas: 1, readyReplicas: 2, availableReplicas: 0 } }),
  ).toEqual(["status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas"]);
});

test("a table shows how many Pods are ready", () => {
  expect(rowOf(StatefulSetKind, { spec: { ...spec, replicas: 3 }, status: { replicas: 3, readyReplicas: 2 } })).toEqual({
    Name: "web",
    Ready: "2/3",
    Age: "60s",
    Containers: "db",
    Images: "db:1",
  });
});
