import { DeploymentKind, type Pod, PodKind } from "@kubets/api";
import { applyDefaults, bytesOfSpec, decodeObject, encodeObject, passOnce, validateSchema, withMetSpec } from "@kubets/machinery";
import { expect, test } from "vitest";

const textOfSpec = (node: Parameters<typeof bytesOfSpec>[0], spec: unknown): string | undefined => {
  const bytes = bytesOfSpec(node, spec);
  return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
};

const image = "registry.example.com/some/where/far/away/server";

/** As it comes from a client, with its defaults. */
function podOf(spec: object): Pod {
  const given = { kind: "Pod", apiVersion: "v1", metadata: { name: "a", namespace: "default" }, spec };
  return applyDefaults(PodKind.schema, decodeObject(PodKind.schema, structuredClone(given)).object);
}

const template = {
  containers: [
    { name: "main", image: `${image}:1`, env: [{ name: "WHERE", value: "x".repeat(200) }], resources: { limits: { cpu: "1" } } },
  ],
};

test("objects that say the same have the same spec, those that say something else have their own", () => {
  const [first, second] = [withMetSpec(PodKind, podOf(template)), withMetSpec(PodKind, podOf(template))];
  expect(second.spec).toBe(first.spec);
  expect(withMetSpec(PodKind, podOf({ ...template, nodeName: "one" })).spec).not.toBe(first.spec);
});

test("the shared spec is what was given, as it is read and as it is written", () => {
  const plain = podOf(template);
  const shared = withMetSpec(PodKind, podOf(template));
  expect(shared).toEqual(plain);
  expect(JSON.stringify(encodeObject(PodKind.schema, shared))).toBe(JSON.stringify(encodeObject(PodKind.schema, plain)));
  expect(applyDefaults(PodKind.schema, encodeObject(PodKind.schema, shared)).spec).toBe(shared.spec);
  expect(textOfSpec(PodKind.schema.node, shared.spec)).toBe(JSON.stringify(encodeObject(PodKind.schema, plain).spec));
});

test("nobody can change it for the others", () => {
  const { spec } = withMetSpec(PodKind, podOf(template));
  expect(() => Object.assign(spec.containers[0]!.resources, { limits: {} })).toThrow(TypeError);
});

test("a spec that the schema refuses is refused each time", () => {
  const wrong = { ...template, restartPolicy: "Sometimes" };
  const found = [1, 2, 3].map(() => validateSchema(PodKind.schema, withMetSpec(PodKind, podOf(wrong))));
  expect(found.map((errors) => errors.map(({ field }) => field))).toEqual([
    ["spec.restartPolicy"],
    ["spec.restartPolicy"],
    ["spec.restartPolicy"],
  ]);
});

test("a spec that stands in objects of two kinds is known for its own alone", () => {
  const { spec } = withMetSpec(PodKind, podOf(template));
  expect(textOfSpec(DeploymentKind.schema.node, spec)).toBeUndefined();
});

test("only those that were met last keep their bytes", () => {
  const first = withMetSpec(PodKind, podOf({ ...template, nodeName: "first" }));
  for (let node = 0; node < 600; node++) withMetSpec(PodKind, podOf({ ...template, nodeName: `node-${node}` }));
  expect(textOfSpec(PodKind.schema.node, first.spec)).toBeUndefined();
  // It is still the same to whoever has it.
  expect(withMetSpec(PodKind, first)).toBe(first);
});

test("a check that found nothing in a frozen value doesn't look again", () => {
  const looked: object[] = [];
  const check = passOnce((value: { readonly fault?: string }) => {
    looked.push(value);
    return value.fault === undefined ? [] : [value.fault];
  });
  const [sound, faulty, loose] = [Object.freeze({}), Object.freeze({ fault: "broken" }), {}];
  for (const value of [sound, faulty, loose, sound, faulty, loose]) check(value);
  expect(looked).toEqual([sound, faulty, loose, faulty, loose]);
});
