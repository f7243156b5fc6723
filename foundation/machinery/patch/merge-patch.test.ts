import * as fc from "fast-check";
import { expect, test } from "vitest";
import { applyMergePatch, createMergePatch } from "./merge-patch.ts";

// The examples of RFC 7386, appendix A, as far as target and patch are objects.
test.each([
  [{ a: "b" }, { a: "c" }, { a: "c" }],
  [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
  [{ a: "b" }, { a: null }, {}],
  [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
  [{ a: ["b"] }, { a: "c" }, { a: "c" }],
  [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
  [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  [[1, 2], { a: "b", c: null }, { a: "b" }],
])("%j patched with %j is %j", (target, patch, expected) => {
  expect(applyMergePatch(target, patch)).toEqual(expected);
});

test("a patch that changes nothing answers the object itself; one that does shares the rest", () => {
  const target = { a: { b: 1 }, c: { d: 2 } };
  expect(applyMergePatch(target, { a: { b: 1 }, x: null, c: {} })).toBe(target);
  const patched = applyMergePatch(target, { a: { b: 2 } }) as typeof target;
  expect(patched.c).toBe(target.c);
  expect(target).toEqual({ a: { b: 1 }, c: { d: 2 } });
});

test("a patch that is no object is a bad request", () => {
  expect(() => applyMergePatch({}, [])).toThrow(
    "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
  );
});

test("a patch that tells two objects apart turns one into the other", () => {
  const values = fc.letrec<{ readonly node: unknown; readonly object: Record<string, unknown> }>((tie) => ({
    node: fc.oneof({ maxDepth: 3 }, fc.constantFrom<unknown>(1, "x", true), fc.array(fc.integer(), { maxLength: 2 }), tie("object")),
    object: fc.dictionary(fc.constantFrom("a", "b", "c", "__proto__"), tie("node"), { maxKeys: 3 }),
  }));
  fc.assert(
    fc.property(values.object, values.object, (from, to) => {
      expect(applyMergePatch(from, createMergePatch(from, to))).toEqual(to);
      expect(createMergePatch(from, from)).toEqual({});
    }),
    { numRuns: 500 },
  );
});
