import { describe, expect, test } from "vitest";
import { asRead, problemsOf, problemsOfStatusUpdate, problemsOfUpdate, rowOf } from "../testing/kind-under-test.ts";
import { DeploymentKind } from "./deployment.ts";
import { ReplicaSetKind } from "./replica-set.ts";

const selector = { matchLabels: { app: "web" } };
const template = {
  metadata: { labels: { app: "web" } },
  spec: {
    containers: [
      { name: "app", image: "app:1" },
      { name: "log", image: "log" },
    ],
  },
};
const spec = { selector, template };

describe("a Deployment of which nothing else is said", () => {
  const read = asRead(DeploymentKind, { spec });

  test("runs one Pod, and replaces it a quarter at a time", () => {
    const { replicas, revisionHistoryLimit, progressDeadlineSeconds, strategy } = read.spec;
    expect({ replicas, revisionHistoryLimit, progressDeadlineSeconds, strategy }).toEqual({
      replicas: 1,
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "25%", maxSurge: "25%" } },
    });
  });

  test("has the defaults of Pods in its template", () => {
    expect(read.spec.template.spec).toMatchObject({ restartPolicy: "Always", terminationGracePeriodSeconds: 30 });
    expect(read.spec.template.spec.containers.map(({ imagePullPolicy }) => imagePullPolicy)).toEqual(["IfNotPresent", "Always"]);
  });
});

test("no Pods is a number of its own, and one half of the steps can be given", () => {
  const read = asRead(DeploymentKind, { spec: { ...spec, replicas: 0, strategy: { rollingUpdate: { maxSurge: 0 } } } });
  expect([read.spec.replicas, read.spec.strategy.rollingUpdate]).toEqual([0, { maxUnavailable: "25%", maxSurge: 0 }]);
});

test("a recreation has no steps", () => {
  expect(asRead(DeploymentKind, { spec: { ...spec, strategy: { type: "Recreate" } } }).spec.strategy).toEqual({ type: "Recreate" });
});

const steps = (rollingUpdate: object): object => ({ ...spec, strategy: { rollingUpdate } });

test.each([
  [spec, []],
  [{ template }, ["spec.selector: Required value"]],
  [{ ...spec, selector: {} }, ["spec.selector: Invalid value: {}: empty selector is invalid for deployment"]],
  [
    { ...spec, selector: { matchLabels: { app: "other" } } },
    ['spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`'],
  ],
  [{ ...spec, replicas: -1 }, ["spec.replicas: Invalid value: -1: must be greater than or equal to 0"]],
  [{ ...spec, minReadySeconds: 600 }, ["spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds"]],
  [
    { ...spec, template: { ...template, spec: { ...template.spec, restartPolicy: "Never" } } },
    ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
  ],
  [
    { ...spec, strategy: { type: "Random" } },
    ['spec.strategy.type: Unsupported value: "Random": supported values: "Recreate", "RollingUpdate"'],
  ],
  [
    { ...spec, strategy: { type: "Recreate", rollingUpdate: {} } },
    ["spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'"],
  ],
  [
    steps({ maxUnavailable: 0, maxSurge: "0%" }),
    ["spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0"],
  ],
  [steps({ maxUnavailable: "120%" }), ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "120%": must not be greater than 100%']],
  [steps({ maxSurge: -1 }), ["spec.strategy.rollingUpdate.maxSurge: Invalid value: -1: must be greater than or equal to 0"]],
  [
    steps({ maxSurge: "many" }),
    [
      "spec.strategy.rollingUpdate.maxSurge: Invalid value: \"many\": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
    ],
  ],
])("a Deployment of %j", (body, problems) => {
  expect(problemsOf(DeploymentKind, { spec: body })).toEqual(problems);
});

test("Deployments and ReplicaSets keep their selectors", () => {
  const other = { spec: { selector: { matchLabels: { app: "other" } }, template } };
  const refusal = ['spec.selector: Invalid value: {"matchLabels":{"app":"other"}}: field is immutable'];
  expect(problemsOfUpdate(DeploymentKind, { spec }, other)).toEqual(refusal);
  expect(problemsOfUpdate(ReplicaSetKind, { spec }, other)).toEqual(refusal);
});

test("the parts of a status are no more than the whole, and collisions are not forgotten", () => {
  const status = { replicas: 1, updatedReplicas: 2, readyReplicas: 0, availableReplicas: 1, collisionCount: 0 };
  expect(problemsOfStatusUpdate(DeploymentKind, { spec, status: { collisionCount: 1 } }, { spec, status })).toEqual([
    "status.updatedReplicas: Invalid value: 2: cannot be greater than status.replicas",
    "status.availableReplicas: Invalid value: 1: cannot be greater than readyReplicas",
    "status.collisionCount: Invalid value: 0: cannot be decremented",
  ]);
});

describe("scaling", () => {
  const deployment = asRead(DeploymentKind, { spec: { ...spec, replicas: 3 }, status: { replicas: 2 } });
  const scale = DeploymentKind.subresources.scale!;

  test("reads and writes the number of replicas", () => {
    expect([scale.replicas(deployment), scale.statusReplicas(deployment), scale.selector(deployment)]).toEqual([3, 2, "app=web"]);
    expect(scale.withReplicas(deployment, 5).spec).toEqual({ ...deployment.spec, replicas: 5 });
  });
});

test("a table shows how far a Deployment has come", () => {
  const status = { replicas: 3, readyReplicas: 2, updatedReplicas: 3, availableReplicas: 1 };
  expect(rowOf(DeploymentKind, { spec: { ...spec, replicas: 3 }, status })).toEqual({
    Name: "web",
    Ready: "2/3",
    "Up-to-date": 3,
    Available: 1,
    Age: "60s",
    Containers: "app,log",
    Images: "app:1,log",
    Selector: "app=web",
  });
});

test("a table shows what a ReplicaSet runs", () => {
  expect(rowOf(ReplicaSetKind, { spec: { ...spec, replicas: 3 }, status: { replicas: 2, readyReplicas: 1 } })).toEqual({
    Name: "web",
    Desired: 3,
    Current: 2,
    Ready: 1,
    Age: "60s",
    Containers: "app,log",
    Images: "app:1,log",
    Selector: "app=web",
  });
});
