import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deepFreeze } from "./deep-freeze.ts";
import { plainJson } from "./plain-json.ts";

const bounds = { mostCharacters: 1000, maxDepth: 20 };

const numbers = fc.oneof(fc.double(), fc.integer(), fc.constant(-0));
const anyValue = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.oneof(fc.string(), numbers, fc.boolean(), fc.constant(null), fc.constant(undefined), fc.date(), fc.bigInt()),
    fc.array(tie("value")),
    fc.dictionary(fc.string(), tie("value"), { noNullPrototype: true }),
    fc.dictionary(fc.string(), tie("value"), { noNullPrototype: true }).map((object) => Object.freeze(object)),
  ),
})).value;

describe("a value is what its JSON would say", () => {
  test("or the JSON has to be made", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), anyValue, { noNullPrototype: true }), (value) => {
        const plain = plainJson(value, bounds);
        if (plain !== undefined) expect(plain).toStrictEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  test("which is so for nothing that objects of the API are made of", () => {
    const values = fc.dictionary(fc.string(), fc.oneof(fc.jsonValue(), fc.constant(undefined)), { noNullPrototype: true });
    fc.assert(
      fc.property(values, (value) => {
        if (JSON.stringify(value, (_, member: unknown) => member ?? null).includes("__proto__")) return;
        expect(plainJson(value, { mostCharacters: 100_000, maxDepth: 100 })).toStrictEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 300, seed: 1 },
    );
  });

  test.each([
    ["a date", { at: new Date(0) }],
    ["a class", { set: new Map([["a", 1]]) }],
    ["a function", { toJSON: () => "else" }],
    ["a big integer", { big: 1n }],
    ["no number", { no: Number.NaN }],
    ["a hole in a list", { list: [undefined] }],
    ["a member that is taken for the prototype", JSON.parse('{"__proto__": {}}') as object],
    ["more characters than allowed", { text: "a".repeat(1001) }],
    ["more characters than allowed in names", { ["a".repeat(1001)]: 1 }],
    ["deeper nesting than allowed", nested(21)],
  ])("not: %s", (_, value) => {
    expect(plainJson(value, bounds)).toBeUndefined();
  });

  test("a circle is as deep as can be", () => {
    const circle: { next?: object } = {};
    circle.next = circle;
    expect(plainJson(circle, bounds)).toBeUndefined();
  });
});

describe("what is frozen throughout is shared, the rest is copied", () => {
  test("a whole value", () => {
    const value = deepFreeze({ metadata: { labels: { app: "web" } }, ports: [{ port: 80 }] });
    expect(plainJson(value, bounds)).toBe(value);
  });

  test("parts of one", () => {
    const spec = deepFreeze({ ports: [{ port: 80 }] });
    const status = { ready: false };
    const plain = plainJson({ spec, status }, bounds) as { readonly spec: unknown; readonly status: unknown };
    status.ready = true;
    expect(plain.spec).toBe(spec);
    expect(plain.status).toEqual({ ready: false });
  });

  test("not what is frozen only outside", () => {
    const labels = { app: "web" };
    const plain = plainJson(Object.freeze({ first: 1, labels, last: [1, Object.freeze([labels])] }), bounds);
    labels.app = "changed";
    expect(plain).toEqual({ first: 1, labels: { app: "web" }, last: [1, [{ app: "web" }]] });
  });

  test("nor what says undefined", () => {
    const value = deepFreeze({ first: 1, absent: undefined, last: 2 });
    expect(Object.keys(plainJson(value, bounds)!)).toEqual(["first", "last"]);
  });
});

function nested(depth: number): object {
  let value: object = {};
  for (let level = 1; level < depth; level++) value = { value };
  return value;
}
