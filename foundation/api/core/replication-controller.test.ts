import { expect, test } from "vitest";
import { asRead, problemsOf, rowOf } from "../testing/kind-under-test.ts";
import { PodTemplateKind } from "./pod-template.ts";
import { ReplicationControllerKind } from "./replication-controller.ts";

const template = { metadata: { labels: { app: "web" } }, spec: { containers: [{ name: "app", image: "app:1" }] } };

test("a ReplicationController selects the labels of its template and carries them itself where nothing else is said", () => {
  const { metadata, spec } = asRead(ReplicationControllerKind, { spec: { template } });
  expect([metadata.labels, spec.selector, spec.replicas]).toEqual([{ app: "web" }, { app: "web" }, 1]);
});

test.each([
  [{ template }, []],
  [{}, ["spec.selector: Required value", "spec.template: Required value"]],
  [
    { template, selector: { app: "other" } },
    ['spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`'],
  ],
  [
    { template: { ...template, spec: { ...template.spec, restartPolicy: "Never" } } },
    ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
  ],
])("a ReplicationController of %j", (spec, problems) => {
  expect(problemsOf(ReplicationControllerKind, { spec })).toEqual(problems);
});

test("it is scaled by its labels", () => {
  const scale = ReplicationControllerKind.subresources.scale!;
  const read = asRead(ReplicationControllerKind, { spec: { template, replicas: 3 }, status: { replicas: 2 } });
  expect([scale.replicas(read), scale.statusReplicas(read), scale.selector(read)]).toEqual([3, 2, "app=web"]);
});

test("tables show a ReplicationController and a PodTemplate", () => {
  expect(rowOf(ReplicationControllerKind, { spec: { template, replicas: 3 }, status: { replicas: 2, readyReplicas: 1 } })).toEqual({
    Name: "web",
    Desired: 3,
    Current: 2,
    Ready: 1,
    Age: "60s",
    Containers: "app",
    Images: "app:1",
    Selector: "app=web",
  });
  expect(rowOf(PodTemplateKind, { template })).toEqual({ Name: "web", Containers: "app", Images: "app:1", "Pod Labels": "app=web" });
});
