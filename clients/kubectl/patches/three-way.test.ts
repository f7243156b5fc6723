import { DeploymentKind } from "@kubets/api";
import { applyMergePatch, applyStrategicMergePatch } from "@kubets/machinery";
import { expect, test } from "vitest";
import { createThreeWayPatch } from "./three-way.ts";

const container = (image: string, more: object = {}): object => ({ name: "main", image, ...more });
const deployment = (containers: readonly object[], spec: object = {}): Readonly<Record<string, unknown>> => ({
  metadata: { name: "web" },
  spec: { ...spec, template: { spec: { containers } } },
});
const schema = DeploymentKind.schema.node;

test("nothing is to do when the server has all that is wanted, and more", () => {
  const wanted = deployment([container("nginx:1")]);
  const current = deployment([container("nginx:1", { imagePullPolicy: "Always" })], { replicas: 1 });
  expect(createThreeWayPatch({ original: wanted, modified: wanted, current }, schema)).toEqual({});
});

test("containers are merged by name: one changes, one comes, one that was applied goes, a foreign one stays", () => {
  const original = deployment([container("nginx:1"), { name: "old", image: "o" }]);
  const modified = deployment([container("nginx:2"), { name: "new", image: "n" }]);
  const current = deployment([
    container("nginx:1", { imagePullPolicy: "Always" }),
    { name: "old", image: "o" },
    { name: "injected", image: "i" },
  ]);
  const patch = createThreeWayPatch({ original, modified, current }, schema);
  expect(patch).toEqual({
    spec: {
      template: {
        spec: {
          "$setElementOrder/containers": [{ name: "main" }, { name: "new" }],
          containers: [
            { name: "main", image: "nginx:2" },
            { name: "new", image: "n" },
            { name: "old", $patch: "delete" },
          ],
        },
      },
    },
  });
  const patched = applyStrategicMergePatch(DeploymentKind.schema, current, patch);
  expect(patched).toEqual(
    deployment([container("nginx:2", { imagePullPolicy: "Always" }), { name: "injected", image: "i" }, { name: "new", image: "n" }]),
  );
});

test("a field that is no longer applied is removed", () => {
  const original = deployment([container("nginx")], { replicas: 3 });
  const modified = deployment([container("nginx")]);
  expect(createThreeWayPatch({ original, modified, current: original }, schema)).toEqual({ spec: { replicas: null } });
});

test("a strategy that takes another form drops what belonged to the earlier one", () => {
  const modified = { spec: { strategy: { type: "Recreate" } } };
  const current = { spec: { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1 } } } };
  const patch = createThreeWayPatch({ original: {}, modified, current }, schema);
  expect(applyStrategicMergePatch(DeploymentKind.schema, current, patch)).toEqual(modified);
});

test("without a schema lists are replaced as a whole", () => {
  const modified = { spec: { items: [{ name: "a" }] } };
  const current = { spec: { items: [{ name: "b" }], other: 1 } };
  const patch = createThreeWayPatch({ original: {}, modified, current }, undefined);
  expect(applyMergePatch(current, patch)).toEqual({ spec: { items: [{ name: "a" }], other: 1 } });
});
