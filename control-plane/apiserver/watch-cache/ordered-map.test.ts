import fc from "fast-check";
import { expect, test } from "vitest";
import { createOrderedMap } from "./ordered-map.ts";

test("whatever is written and removed, it reads like a sorted map", () => {
  const key = fc.stringMatching(/^[ab]\/[a-d]{1,3}$/);
  const operation = fc.oneof(fc.record({ set: key, value: fc.nat() }), fc.record({ delete: key }));
  fc.assert(
    fc.property(
      fc.array(operation, { maxLength: 300 }),
      fc.constantFrom("", "a/", "b/", "a/b"),
      fc.option(key, { nil: undefined }),
      (operations, prefix, after) => {
        const map = createOrderedMap<number>();
        const model = new Map<string, number>();
        for (const each of operations) {
          if ("set" in each) {
            map.set(each.set, each.value);
            model.set(each.set, each.value);
          } else {
            expect(map.delete(each.delete)).toBe(model.delete(each.delete));
          }
        }
        const expected = [...model]
          .filter(([name]) => name.startsWith(prefix) && (after === undefined || name > after))
          .sort(([a], [b]) => (a < b ? -1 : 1));
        expect([...map.values(prefix, after)]).toEqual(expected.map(([, value]) => value));
        expect(map.count(prefix, after)).toBe(expected.length);
        expect(map.size).toBe(model.size);
      },
    ),
  );
});

test("many keys stay in order while runs split and empty", () => {
  const map = createOrderedMap<number>();
  const keys = Array.from({ length: 5000 }, (_, index) => `k/${String((index * 7919) % 5000).padStart(5, "0")}`);
  for (const [index, key] of keys.entries()) map.set(key, index);
  for (const key of keys.filter((_, index) => index % 3 === 0)) map.delete(key);
  const left = keys
    .map((key, index) => ({ key, index }))
    .filter(({ index }) => index % 3 !== 0)
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  expect([...map.values("k/")]).toEqual(left.map(({ index }) => index));
  expect(map.count("k/")).toBe(left.length);
  expect(map.count("k/", left[1234]!.key)).toBe(left.length - 1235);
  expect(map.count("k/01")).toBe(left.filter(({ key }) => key.startsWith("k/01")).length);
});

test("a fork and its origin share what they have until one of them changes", () => {
  const origin = createOrderedMap<number>();
  for (let index = 0; index < 2000; index++) origin.set(`k/${index}`, index);
  const fork = origin.fork();
  const second = fork.fork();
  origin.set("k/0", -1);
  fork.delete("k/1");
  fork.set("k/new", 1);
  expect([origin, fork, second].map((map) => [map.size, map.get("k/0"), map.get("k/1"), map.get("k/new")])).toEqual([
    [2000, -1, 1, undefined],
    [2000, 0, undefined, 1],
    [2000, 0, 1, undefined],
  ]);
  expect([...second.values("k/")].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 2000 }, (_, index) => index));
  expect(fork.delete("k/1")).toBe(false);
});
