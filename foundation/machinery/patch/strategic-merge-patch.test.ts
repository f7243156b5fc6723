import { describe, expect, test } from "vitest";
import { aPodSchema } from "../pod-under-test.ts";
import { applyStrategicMergePatch } from "./strategic-merge-patch.ts";

type JsonObject = Readonly<Record<string, unknown>>;

const patched = (original: JsonObject, patch: unknown): JsonObject => applyStrategicMergePatch(aPodSchema, original, patch);
const specOf = (original: JsonObject, patch: JsonObject): unknown => patched({ spec: original }, { spec: patch }).spec;

describe("lists with a merge key", () => {
  const original = {
    containers: [
      { name: "a", image: "a:1", env: [{ name: "X", value: "1" }] },
      { name: "b", image: "b:1" },
    ],
  };

  test("are merged item by item", () => {
    expect(specOf(original, { containers: [{ name: "b", image: "b:2" }] })).toEqual({
      containers: [original.containers[0], { name: "b", image: "b:2" }],
    });
    expect(
      specOf(original, {
        containers: [
          {
            name: "a",
            env: [
              { name: "Y", value: "2" },
              { name: "X", value: "3" },
            ],
          },
        ],
      }),
    ).toEqual({
      containers: [
        {
          name: "a",
          image: "a:1",
          env: [
            { name: "Y", value: "2" },
            { name: "X", value: "3" },
          ],
        },
        original.containers[1],
      ],
    });
  });

  test("take new items before those of the server that they say nothing of", () => {
    expect(specOf(original, { containers: [{ name: "c" }] })).toEqual({ containers: [{ name: "c" }, ...original.containers] });
  });

  test("lose items that the patch deletes", () => {
    expect(specOf(original, { containers: [{ name: "a", $patch: "delete" }] })).toEqual({ containers: [original.containers[1]] });
    expect(specOf(original, { containers: [{ name: "gone", $patch: "delete" }] })).toEqual(original);
  });

  test("are replaced when the patch says so", () => {
    expect(specOf(original, { containers: [{ name: "c" }, { $patch: "replace" }] })).toEqual({ containers: [{ name: "c" }] });
  });

  test("come in the order that the patch asks for", () => {
    const order = [{ name: "b" }, { name: "c" }, { name: "a" }];
    expect(specOf(original, { containers: [{ name: "c" }], "$setElementOrder/containers": order })).toEqual({
      containers: [original.containers[1], { name: "c" }, original.containers[0]],
    });
    expect(specOf(original, { "$setElementOrder/containers": [{ name: "b" }, { name: "a" }] })).toEqual({
      containers: [original.containers[1], original.containers[0]],
    });
  });

  test("new to the object leave instructions and nulls out", () => {
    const given = {
      containers: [
        { name: "a", image: null, args: ["x"] },
        { name: "b", $patch: "delete" },
      ],
    };
    expect(specOf({}, given)).toEqual({ containers: [{ name: "a", args: ["x"] }] });
  });
});

describe("lists of texts", () => {
  test("with the strategy merge are united", () => {
    const original = { metadata: { name: "x", finalizers: ["a", "b"] } };
    expect(patched(original, { metadata: { finalizers: ["c", "a"] } })).toEqual({ metadata: { name: "x", finalizers: ["c", "a", "b"] } });
  });

  test("lose what the patch deletes of them", () => {
    const original = { metadata: { finalizers: ["a", "b", "c"] } };
    expect(patched(original, { metadata: { "$deleteFromPrimitiveList/finalizers": ["a", "c"] } })).toEqual({
      metadata: { finalizers: ["b"] },
    });
    expect(patched({ metadata: {} }, { metadata: { "$deleteFromPrimitiveList/finalizers": ["a"] } })).toEqual({ metadata: {} });
  });

  test("without a strategy are replaced", () => {
    expect(specOf({ containers: [{ name: "a", args: ["x", "y"] }] }, { containers: [{ name: "a", args: ["z"] }] })).toEqual({
      containers: [{ name: "a", args: ["z"] }],
    });
    expect(specOf({ tolerations: [{ key: "a" }] }, { tolerations: [{ key: "b" }] })).toEqual({ tolerations: [{ key: "b" }] });
  });
});

describe("maps and objects", () => {
  test("are merged; null removes", () => {
    expect(specOf({ nodeSelector: { a: "1", b: "2" }, nodeName: "x" }, { nodeSelector: { a: null, c: "3" }, nodeName: null })).toEqual({
      nodeSelector: { b: "2", c: "3" },
    });
  });

  test("are replaced or emptied when the patch says so", () => {
    expect(specOf({ nodeSelector: { a: "1" } }, { nodeSelector: { $patch: "replace", c: "3" } })).toEqual({ nodeSelector: { c: "3" } });
    expect(specOf({ nodeSelector: { a: "1" } }, { nodeSelector: { $patch: "delete" } })).toEqual({ nodeSelector: {} });
  });

  test("keep only the keys that the patch retains", () => {
    const original = { volumes: [{ name: "v", emptyDir: { medium: "Memory" } }] };
    const given = { volumes: [{ name: "v", hostPath: { path: "/x" }, $retainKeys: ["name", "hostPath"] }] };
    expect(specOf(original, given)).toEqual({ volumes: [{ name: "v", hostPath: { path: "/x" } }] });
  });

  test("take keys that objects inherit for what they are", () => {
    const patch = JSON.parse('{"metadata":{"labels":{"__proto__":"x","constructor":"y"}}}') as JsonObject;
    const { metadata } = patched({ metadata: { labels: { a: "b" } } }, patch) as { readonly metadata: { readonly labels: object } };
    expect(Object.entries(metadata.labels)).toEqual([
      ["a", "b"],
      ["__proto__", "x"],
      ["constructor", "y"],
    ]);
  });
});

describe("a patch that breaks the rules is refused in upstream's words", () => {
  const original = { containers: [{ name: "a" }], volumes: [{ name: "v" }] };
  test.each<[JsonObject, string]>([
    [{ containers: [{ image: "x" }] }, "map: map[image:x] does not contain declared merge key: name"],
    [{ containers: [{ $patch: "delete" }] }, "map: map[$patch:delete] does not contain declared merge key: name"],
    [{ containers: [{ name: "a", $patch: "merge" }] }, "merging lists cannot yet be specified in the patch"],
    [{ containers: [{ name: "a", $patch: "x" }] }, "unknown patch type: x in map: map[$patch:x name:a]"],
    [{ $patch: "x" }, "unknown patch type: x in map: map[$patch:x]"],
    [{ containers: ["a"] }, "list element types are not identical: [[map[name:a]] [a]]"],
    [{ containers: [["a"]] }, "list element types are not identical"],
    [{ volumes: [{ name: "v", emptyDir: {}, $retainKeys: ["name"] }] }, "invalid patch format of retainKeys"],
    [{ volumes: [{ name: "v", $retainKeys: "name" }] }, "invalid patch format of retainKeys"],
    [{ "$setElementOrder/containers": "a" }, "expected a []interface {}, but received a string"],
    [{ $setElementOrder: [] }, "invalid patch format of setElementOrder list"],
    [{ $deleteFromPrimitiveList: ["a"] }, "invalid patch format of primitive list"],
    [
      { containers: [{ name: "b" }], "$setElementOrder/containers": [{ name: "a" }] },
      "The order in patch list:\n[map[name:b]]\n doesn't match $setElementOrder list:\n[map[name:a]]\n",
    ],
  ])("%j", (patch, problem) => {
    expect(() => specOf(original, patch)).toThrow(problem);
  });

  test("as is one that is no object", () => {
    expect(() => patched({}, [])).toThrow("invalid JSON document");
  });
});

test("the object that is patched stays as it was, and what the patch leaves alone is shared", () => {
  const original = { metadata: { name: "x" }, spec: { containers: [{ name: "a", env: [{ name: "X" }] }, { name: "b" }] } };
  const before = structuredClone(original);
  const result = patched(original, { spec: { containers: [{ name: "b", image: "b:2" }] } }) as typeof original;
  expect(original).toEqual(before);
  expect(result.metadata).toBe(original.metadata);
  expect(result.spec.containers[0]).toBe(original.spec.containers[0]);
});
