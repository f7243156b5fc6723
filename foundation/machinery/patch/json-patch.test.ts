import * as fc from "fast-check";
import { applyPatch, type Operation } from "rfc6902";
import { describe, expect, test } from "vitest";
import { isStatus, type StatusError } from "../status-error.ts";
import { applyJsonPatch, type JsonPatchOperation, parseJsonPatch } from "./json-patch.ts";

const object = { metadata: { labels: { "a/b": "1", "c~d": "2" } }, spec: { containers: [{ name: "a" }, { name: "b" }] } };

const apply = (...operations: readonly unknown[]): unknown => applyJsonPatch(object, parseJsonPatch(operations));
const causeOf = (...operations: readonly unknown[]): string => {
  try {
    apply(...operations);
    return "none";
  } catch (error) {
    expect(isStatus(error, "Invalid")).toBe(true);
    expect((error as StatusError).message).toBe("the server rejected our request due to an error in our request");
    return ((error as Error).cause as Error).message;
  }
};

describe("a JSON patch", () => {
  test("changes a copy without changing what was copied, and neither what it is applied to nor itself", () => {
    const steps: readonly JsonPatchOperation[] = [
      { op: "add", path: "/spec/first", value: { list: [1] } },
      { op: "add", path: "/spec/first/list/-", value: 2 },
      { op: "copy", from: "/spec/first", path: "/spec/second" },
      { op: "add", path: "/spec/second/list/-", value: 3 },
      { op: "add", path: "/spec/first/list/0", value: 0 },
      { op: "move", from: "/spec/second/list", path: "/spec/third" },
      { op: "replace", path: "/spec/third/0", value: "one" },
    ];
    const before = structuredClone({ object, steps });
    const wanted = { ...object.spec, first: { list: [0, 1, 2] }, second: {}, third: ["one", 2, 3] };
    for (let times = 0; times < 2; times++) expect(apply(...steps)).toEqual({ ...object, spec: wanted });
    expect({ object, steps }).toEqual(before);
  });

  test("of as many steps as there may be is applied to an object of as many fields", () => {
    const data = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`key-${index}`, "value"]));
    const steps = Object.keys(data).map((key) => ({ op: "replace" as const, path: `/data/${key}`, value: "other" }));
    const patched = applyJsonPatch({ data }, parseJsonPatch(steps)) as { readonly data: Readonly<Record<string, string>> };
    expect(new Set(Object.values(patched.data))).toEqual(new Set(["other"]));
    expect(new Set(Object.values(data))).toEqual(new Set(["value"]));
  });

  test("adds, replaces and removes at a path", () => {
    expect(
      apply(
        { op: "add", path: "/spec/containers/1", value: { name: "new" } },
        { op: "add", path: "/spec/containers/-", value: { name: "last" } },
        { op: "replace", path: "/spec/containers/0/name", value: "first" },
        { op: "remove", path: "/metadata/labels/a~1b" },
        { op: "add", path: "/metadata/labels/c~0d", value: "3" },
      ),
    ).toEqual({
      metadata: { labels: { "c~d": "3" } },
      spec: { containers: [{ name: "first" }, { name: "new" }, { name: "b" }, { name: "last" }] },
    });
  });

  test("moves, copies and tests", () => {
    expect(
      apply(
        { op: "test", path: "/spec/containers/0", value: { name: "a" } },
        { op: "test", path: "/spec/replicas", value: null },
        { op: "move", from: "/spec/containers/0", path: "/spec/containers/1" },
        { op: "copy", from: "/metadata/labels", path: "/metadata/annotations" },
      ),
    ).toEqual({
      metadata: { labels: object.metadata.labels, annotations: object.metadata.labels },
      spec: { containers: [{ name: "b" }, { name: "a" }] },
    });
  });

  test("counts from the end of a list as upstream does", () => {
    expect(apply({ op: "remove", path: "/spec/containers/-1" })).toMatchObject({ spec: { containers: [{ name: "a" }] } });
    expect(apply({ op: "add", path: "/spec/containers/-1", value: { name: "c" } })).toMatchObject({
      spec: { containers: [{ name: "a" }, { name: "b" }, { name: "c" }] },
    });
  });

  test("leaves the object that it is applied to as it was, and shares what it does not touch", () => {
    const before = structuredClone(object);
    const patched = apply({ op: "replace", path: "/spec/containers/0/name", value: "x" }) as typeof object;
    expect(object).toEqual(before);
    expect(patched.metadata).toBe(object.metadata);
    expect(patched.spec.containers[1]).toBe(object.spec.containers[1]);
  });

  test("replaces what isn't there as upstream does", () => {
    expect(applyJsonPatch({ a: 1 }, parseJsonPatch([{ op: "replace", path: "/b", value: 2 }]))).toEqual({ a: 1, b: 2 });
  });

  test("can replace the whole", () => {
    expect(apply({ op: "replace", path: "", value: { kind: "Pod" } })).toEqual({ kind: "Pod" });
    expect(apply({ op: "move", from: "/spec", path: "" })).toEqual(object.spec);
  });

  test("knows no keys that objects inherit", () => {
    expect(causeOf({ op: "remove", path: "/constructor" })).toContain("Unable to remove nonexistent key");
    const patched = applyJsonPatch({}, [{ op: "add", path: "/__proto__", value: { a: 1 } }]) as object;
    expect([Object.keys(patched), Object.getPrototypeOf(patched)]).toEqual([["__proto__"], Object.prototype]);
  });
});

describe("a JSON patch that can't be applied", () => {
  test.each([
    [{ op: "test", path: "/spec/containers/0/name", value: "b" }, "testing value /spec/containers/0/name failed"],
    [{ op: "test", path: "/gone", value: 1 }, "testing value /gone failed"],
    [{ op: "remove", path: "/gone" }, "remove operation does not apply: Unable to remove nonexistent key: /gone"],
    [{ op: "replace", path: "/gone/deep", value: 1 }, "replace operation does not apply: doc is missing key: /gone/deep"],
    [{ op: "replace", path: "/spec/containers/3", value: 1 }, "replace operation does not apply: doc is missing key: /spec/containers/3"],
    [{ op: "add", path: "/gone/deep", value: 1 }, "add operation does not apply: doc is missing path: /gone/deep"],
    [{ op: "add", path: "/spec/containers/3", value: 1 }, "add operation does not apply: doc is missing path: /spec/containers/3"],
    [{ op: "add", path: "/spec/containers/01", value: 1 }, "add operation does not apply: doc is missing path: /spec/containers/01"],
    [
      { op: "remove", path: "/spec/containers/-3" },
      "remove operation does not apply: Unable to remove nonexistent key: /spec/containers/-3",
    ],
    [{ op: "copy", from: "/gone", path: "/x" }, "copy operation does not apply: doc is missing from path: /gone"],
    [{ op: "move", from: "/spec", path: "/spec/x" }, "cannot move /spec into itself"],
    [{ op: "add", path: "/x" }, "add operation does not apply: operation has no value"],
    [{ op: "merge", path: "/x", value: 1 }, "Unexpected kind: merge"],
    [{ path: "/x" }, "Unexpected kind: undefined"],
    [{ op: "add", path: "x", value: 1 }, "operation has no valid path"],
    [{ op: "add", value: 1 }, "operation has no valid path"],
    [{ op: "move", path: "/x" }, "operation has no valid from"],
  ])("%j is answered with Invalid, and keeps the reason", (operation, cause) => {
    expect(causeOf(operation)).toBe(cause);
  });

  test("is refused whole", () => {
    expect(causeOf({ op: "remove", path: "/metadata" }, { op: "remove", path: "/gone" })).toContain("nonexistent");
  });

  test("because it is none, is a bad request; because it is too long, too large", () => {
    expect(() => parseJsonPatch({})).toThrow("error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch");
    expect(() => parseJsonPatch([1])).toThrow(
      "error decoding patch: json: cannot unmarshal number into Go value of type jsonpatch.Operation",
    );
    expect(() => parseJsonPatch(Array.from({ length: 10_001 }, () => ({ op: "test", path: "", value: 1 })))).toThrow(
      "The allowed maximum operations in a JSON patch is 10000, got 10001",
    );
  });

  test("because its copies of copies would fill the memory", () => {
    const doubling = Array.from({ length: 40 }, (_, index) => ({ op: "copy", from: "", path: `/copy${index}` }));
    expect(causeOf(...doubling)).toMatch(
      /^Unable to complete the copy, the accumulated size increase of copy is \d+, exceeding the limit 3145728$/,
    );
  });
});

test("any patch does what an independent implementation does", () => {
  const path = fc
    .array(fc.constantFrom("a", "b", "0", "1", "-"), { maxLength: 3 })
    .map((steps) => steps.map((step) => `/${step}`).join(""));
  const value = fc.jsonValue({ maxDepth: 1 });
  const operation: fc.Arbitrary<JsonPatchOperation> = fc.oneof(
    fc.record({ op: fc.constantFrom("add" as const, "replace" as const, "test" as const), path, value }),
    fc.record({ op: fc.constant("remove" as const), path }),
    fc.record({ op: fc.constantFrom("move" as const, "copy" as const), from: path, path }),
  );
  const leaf = fc.constantFrom<unknown>(1, "x");
  const tree = fc.letrec<{ readonly node: unknown }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.array(tie("node"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom("a", "b", "0"), tie("node"), { maxKeys: 3 }),
    ),
  })).node;
  let applied = 0;
  fc.assert(
    fc.property(tree, fc.array(operation, { minLength: 1, maxLength: 3 }), (target, operations) => {
      // The peer lets the root be removed and moved, and reads "-" as a place that exists.
      fc.pre(operations.every((each) => each.op === "add" || (each.path !== "" && !each.path.includes("-"))));
      fc.pre(
        operations.every(
          (each) => !("from" in each) || (each.from !== "" && !each.from.includes("-") && !`${each.path}/`.startsWith(`${each.from}/`)),
        ),
      );
      fc.pre(operations.every((each) => each.op !== "test"));
      const theirs = structuredClone({ root: target });
      const inRoot = operations.map((each) => ({
        ...each,
        path: `/root${each.path}`,
        ...("from" in each ? { from: `/root${each.from}` } : {}),
      }));
      const failed = peerFails(theirs, structuredClone(inRoot) as Operation[]);
      // The peer adds where there is nothing to replace; what both can apply, they must agree on.
      const ours = resultOf({ root: target }, inRoot);
      if (failed || ours === undefined) return;
      applied++;
      expect(ours).toEqual(theirs);
    }),
    { numRuns: 2000 },
  );
  expect(applied).toBeGreaterThan(50);
});

function resultOf(target: unknown, patch: readonly JsonPatchOperation[]): unknown {
  try {
    return applyJsonPatch(target, patch);
  } catch {
    return undefined;
  }
}

/** Whether the peer can't apply a patch. It throws where a path leads through a scalar. */
function peerFails(target: unknown, operations: Operation[]): boolean {
  try {
    return applyPatch(target, operations).some((error) => error !== null);
  } catch {
    return true;
  }
}
