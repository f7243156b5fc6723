import { expect } from "vitest";
import { kubectlCluster, test } from "../cli/kubectl-cluster.ts";

const cluster = kubectlCluster();
const { k, outcome, file } = cluster;
let made = 0;

/** A definition whose objects look like this; answers its plural and the head of its objects. */
async function define(schema: string): Promise<{ readonly plural: string; readonly head: string }> {
  const kind = `Foo${made++}`;
  const plural = `${kind.toLowerCase()}s`;
  const definition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: ${plural}.example.com }
spec:
  group: example.com
  scope: Namespaced
  names: { plural: ${plural}, singular: ${kind.toLowerCase()}, kind: ${kind} }
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema: ${schema}
`;
  await k("create", "-f", file(`${plural}.yaml`, definition));
  await k("wait", "crd", `${plural}.example.com`, "--for=condition=Established", "--timeout=10s");
  // kubectl asks the document of the API what it may send: it has to be published.
  await cluster.until(async () => void (await k("explain", plural)));
  return { plural, head: `apiVersion: example.com/v1\nkind: ${kind}\nmetadata: { name: test }\n` };
}

/** Creates, applies and deletes an object, strictly checked. */
async function createsAndApplies(name: string, object: string, namespace: string): Promise<void> {
  const path = file(`${name}.yaml`, object);
  await k("create", "--validate=true", "-f", path, "-n", namespace);
  await k("delete", "-f", path, "-n", namespace);
  await k("apply", "--validate=true", "-f", path, "-n", namespace);
  await k("delete", "-f", path, "-n", namespace);
}

const validated = `
          type: object
          description: Foo CRD for Testing
          properties:
            spec:
              type: object
              description: Specification of Foo
              properties:
                bars:
                  type: array
                  description: List of Bars and their specs.
                  items:
                    type: object
                    required: [name]
                    properties:
                      name: { type: string, description: Name of Bar. }
                      age: { type: string, description: Age of Bar. }
                      bazs: { type: array, items: { type: string }, description: List of Bazs. }
`;

test("AM-041 a definition that keeps unknown fields takes any, and explain tells its kind", async () => {
  const namespace = await cluster.namespace();
  const schema =
    "{ type: object, x-kubernetes-preserve-unknown-fields: true, description: preserve-unknown-properties at root for Testing }";
  const { plural, head } = await define(schema);
  await createsAndApplies(plural, `${head}a: { b: [{ c: d }] }\n`, namespace);
  const kind = plural.replace(/s$/, "").replace("foo", "Foo");
  expect(await k("explain", plural)).toMatch(new RegExp(`^GROUP: +example.com\nKIND: +${kind}\n`));
});

test("AM-042 a nested object that keeps unknown fields takes any, and explain tells its field", async () => {
  const namespace = await cluster.namespace();
  const { plural, head } = await define(
    "{ type: object, properties: { spec: { type: object, x-kubernetes-preserve-unknown-fields: true, description: preserve-unknown-properties in nested field for Testing } } }",
  );
  await createsAndApplies(plural, `${head}spec: { b: [{ c: d }] }\n`, namespace);
  expect(await k("explain", `${plural}.spec`)).toMatch(/DESCRIPTION:\s+preserve-unknown-properties in nested field for Testing/);
});

test("AM-043 what a schema doesn't know or requires is refused, and explain tells what is nested", async () => {
  const namespace = await cluster.namespace();
  const { plural, head } = await define(validated);
  await createsAndApplies(plural, `${head}spec: { bars: [{ name: test-bar, age: "10", bazs: [a] }] }\n`, namespace);
  for (const verb of ["create", "apply"]) {
    const unknown = await outcome(
      verb,
      "-f",
      file("unknown.yaml", `${head}spec: { bars: [{ name: a, unknownfield: x }] }\n`),
      "-n",
      namespace,
    );
    expect([unknown.exitCode, unknown.errors]).toEqual([1, expect.stringContaining('unknown field "spec.bars[0].unknownfield"')]);
    const missing = await outcome(verb, "-f", file("missing.yaml", `${head}spec: { bars: [{ age: "10" }] }\n`), "-n", namespace);
    expect([missing.exitCode, missing.errors]).toEqual([1, expect.stringContaining("spec.bars[0].name: Required value")]);
  }
  expect(await k("explain", plural)).toMatch(/DESCRIPTION:\s+Foo CRD for Testing/);
  expect(await k("explain", `${plural}.spec`)).toMatch(
    /DESCRIPTION:\s+Specification of Foo[^]*bars\s+<\[\]Object>\s+List of Bars and their specs/,
  );
  expect(await k("explain", `${plural}.spec.bars`)).toMatch(/name\s+<string> -required-\s+Name of Bar/);
  expect(await k("explain", plural, "--recursive")).toMatch(/bars\s+<\[\]Object>/);
  expect((await outcome("explain", `${plural}.spec.bars2`)).exitCode).toBe(1);
});

test("AM-044 a definition that says nothing of its fields takes any", async () => {
  const namespace = await cluster.namespace();
  const { plural, head } = await define("{ type: object, x-kubernetes-preserve-unknown-fields: true }");
  await createsAndApplies(plural, `${head}a: b\n`, namespace);
  expect(await k("explain", plural)).toMatch(/DESCRIPTION:\s+<empty>/);
});

test("AM-050 unknown fields are no mistake where there is no schema", async () => {
  const namespace = await cluster.namespace();
  const { plural, head } = await define("{ type: object, x-kubernetes-preserve-unknown-fields: true }");
  await createsAndApplies(plural, `${head}spec: { unknown: true, list: [{ deep: 1 }] }\n`, namespace);
});

test("AM-051 a valid object passes a strict check against its schema", async () => {
  const namespace = await cluster.namespace();
  const { plural, head } = await define(validated);
  await createsAndApplies(plural, `${head}spec: { bars: [{ name: test-bar }] }\n`, namespace);
});

test("AM-052 an unknown field doesn't pass a strict check against its schema", async () => {
  const namespace = await cluster.namespace();
  const { plural, head } = await define(validated);
  for (const verb of ["create", "apply"]) {
    const { exitCode, errors } = await outcome(
      verb,
      "-f",
      file(`${plural}.yaml`, `${head}spec: { extra: x, bars: [{ name: a }] }\n`),
      "-n",
      namespace,
    );
    expect([exitCode, errors]).toEqual([1, expect.stringContaining('strict decoding error: unknown field "spec.extra"')]);
  }
});

test("AM-055 unknown fields of metadata are found at the root and in an embedded object", async () => {
  const namespace = await cluster.namespace();
  const { plural, head } = await define(
    "{ type: object, properties: { spec: { type: object, properties: { template: { type: object, x-kubernetes-embedded-resource: true, properties: { metadata: { type: object, properties: { name: { type: string } } } } } } } } }",
  );
  const object = `${head.replace("name: test", "name: test, unknownMeta: foo")}spec: { template: { apiVersion: foo/v1, kind: Sub, metadata: { name: sub, unknownSubMeta: bar } } }\n`;
  const { exitCode, errors } = await outcome("create", "-f", file(`${plural}.yaml`, object), "-n", namespace);
  expect([exitCode, errors]).toEqual([1, expect.stringContaining('unknown field "metadata.unknownMeta"')]);
  expect(errors).toContain('unknown field "spec.template.metadata.unknownSubMeta"');
});
