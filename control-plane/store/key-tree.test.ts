import * as fc from "fast-check";
import { expect, test } from "vitest";
import { KeyTree } from "./key-tree.ts";
import { beforePage, beforePrefix, compareKeys, throughPrefix } from "./keys.ts";

const seed = 1;

test("keys compare as their UTF-8 bytes do", () => {
  const key = fc.string({ unit: "binary", maxLength: 6 });
  fc.assert(
    fc.property(key, key, (a, b) => {
      expect(Math.sign(compareKeys(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
    { seed, numRuns: 500 },
  );
});

test("a tree answers as a sorted map does, and a fork goes its own way", () => {
  const key = fc.oneof(
    fc.nat(400).map((number) => `/k/${number}`),
    fc.constantFrom("/k/\u{1f600}", "/k/\uffee", "/l/1"),
  );
  const change = fc.record({ key, remove: fc.boolean() });
  const history = fc.array(change, { maxLength: 1500, size: "max" });
  fc.assert(
    fc.property(history, history, (before, after) => {
      const tree = new KeyTree<number>();
      const model = new Map<string, number>();
      apply(before, tree, model);
      const fork = tree.fork();
      const forkModel = new Map(model);
      apply(after, tree, model);
      expectSame(tree, model);
      expectSame(fork, forkModel);
      apply(after.toReversed(), fork, forkModel);
      expectSame(fork, forkModel);
      expectSame(tree, model);
    }),
    { seed, numRuns: 20 },
  );
});

test("a tree that was filled and emptied is empty", () => {
  const tree = new KeyTree<number>();
  const keys = Array.from({ length: 20_000 }, (_, index) => `/pods/${(index * 7919) % 20_000}`);
  for (const key of keys) tree.set(key, 1);
  expect(tree.size).toBe(20_000);
  expect(tree.count(throughPrefix("/pods/1")) - tree.count(beforePrefix("/pods/1"))).toBe(11_111);
  for (const key of keys) expect(tree.delete(key)).toBe(true);
  expect(tree.size).toBe(0);
  expect(tree.delete("/pods/1")).toBe(false);
  tree.visit(beforePrefix(""), () => expect.unreachable());
});

function apply(
  changes: readonly { readonly key: string; readonly remove: boolean }[],
  tree: KeyTree<number>,
  model: Map<string, number>,
): void {
  for (const [index, { key, remove }] of changes.entries()) {
    if (remove) expect(tree.delete(key)).toBe(model.delete(key));
    else {
      tree.set(key, index);
      model.set(key, index);
    }
  }
}

function expectSame(tree: KeyTree<number>, model: ReadonlyMap<string, number>): void {
  const sorted = [...model].toSorted(([a], [b]) => compareKeys(a, b));
  const visited: [string, number][] = [];
  tree.visit(beforePrefix(""), (key, value) => visited.push([key, value]) > 0);
  expect(visited).toEqual(sorted);
  expect(tree.size).toBe(model.size);
  for (const point of ["/k/1", "/k/\u{1f600}", "/k/\uffee", "/l", "/z"]) {
    expect(tree.get(point)).toBe(model.get(point));
    expect(tree.count(beforePage("", point))).toBe(sorted.filter(([key]) => compareKeys(key, point) <= 0).length);
    expect(tree.count(throughPrefix(point))).toBe(sorted.filter(([key]) => key.startsWith(point) || compareKeys(key, point) < 0).length);
  }
}
