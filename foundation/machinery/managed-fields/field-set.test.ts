import fc from "fast-check";
import { expect, test } from "vitest";
import { difference, type FieldSet, intersection, noFields, parseFieldSet, pathsOf, union } from "./field-set.ts";

// Paths of up to three steps; a set is the tree of some of them.
const element = fc.constantFrom("f:a", "f:b", 'k:{"name":"x"}', 'k:{"port":80}', 'k:{"port":443}', 'v:"x"');
const path = fc.array(element, { minLength: 1, maxLength: 3 });
const paths = fc.array(path, { maxLength: 8 });

/** A set as a client might write it: in any order. */
function setOf(all: readonly (readonly string[])[]): FieldSet {
  const root: Record<string, unknown> = {};
  for (const steps of all) {
    let node = root;
    for (const step of steps) node = (node[step] ??= {}) as Record<string, unknown>;
    node["."] = {};
  }
  return parseFieldSet(root)!;
}

const textsOf = (set: FieldSet): readonly string[] => pathsOf(set).toSorted();
const sorted = (texts: Iterable<string>): readonly string[] => [...new Set(texts)].sort();

test("sets of fields are sets: union, difference and intersection are those of their paths", () => {
  fc.assert(
    fc.property(paths, paths, (a, b) => {
      const [one, other] = [setOf(a), setOf(b)];
      const [left, right] = [new Set(pathsOf(one)), new Set(pathsOf(other))];
      expect(textsOf(union(one, other))).toEqual(sorted([...left, ...right]));
      expect(textsOf(difference(one, other))).toEqual(sorted([...left].filter((text) => !right.has(text))));
      expect(textsOf(intersection(one, other))).toEqual(sorted([...left].filter((text) => right.has(text))));
    }),
  );
});

test("every result is in the form in which the server writes it", () => {
  fc.assert(
    fc.property(paths, paths, (a, b) => {
      const [one, other] = [setOf(a), setOf(b)];
      for (const set of [union(one, other), difference(one, other), intersection(one, other)]) {
        expect(JSON.stringify(set)).toBe(JSON.stringify(parseFieldSet(set)));
      }
    }),
  );
});

test("what takes nothing away, or adds nothing, answers the very same set", () => {
  const set = setOf([["f:a"], ["f:b", "f:a"]]);
  expect(union(set, setOf([["f:b", "f:a"]]))).toBe(set);
  expect(difference(set, setOf([["f:b"]]))).toBe(set);
  expect(difference(set, noFields)).toBe(set);
});

test("fields come before items, items in the order of their keys", () => {
  expect(JSON.stringify(setOf([['k:{"port":443}'], ['v:"x"'], ['k:{"port":80}'], ["f:z"], ["f:a"]]))).toBe(
    '{"f:a":{},"f:z":{},"k:{\\"port\\":80}":{},"k:{\\"port\\":443}":{},"v:\\"x\\"":{}}',
  );
});

test("what isn't a set of fields is none", () => {
  for (const nonsense of [null, [], "f:a", { "x:a": {} }, { a: {} }, { "k:[]": {} }, { "k:{": {} }, { "f:a": 1 }, { "i:x": {} }]) {
    expect(parseFieldSet(nonsense)).toBeUndefined();
  }
});
