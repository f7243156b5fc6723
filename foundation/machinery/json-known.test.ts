import * as fc from "fast-check";
import { expect, test } from "vitest";
import { parseJson, type ParseJsonOptions } from "./json.ts";

const spec = '{"a": [1, {"b": "}]\\""}], "spec": {"c": null}}';
const known = { member: "spec", valueOf: (text: string): object | undefined => (text === spec ? (JSON.parse(spec) as object) : undefined) };

test("a member that is known by its text isn't read again; one that isn't says its text", () => {
  const value = {};
  const body = `{"kind":"Pod","spec" : ${spec},"metadata":{"name":"a"}}`;
  const parsed = parseJson(body, { findDuplicates: true, known: { member: "spec", valueOf: () => value } });
  expect(parsed).toEqual({ value: { kind: "Pod", spec: value, metadata: { name: "a" } }, duplicates: [] });
  expect((parsed.value as { readonly spec: object }).spec).toBe(value);
  expect(parseJson(body, { findDuplicates: true, known: { member: "spec", valueOf: () => undefined } }).memberText).toBe(spec);
});

test("the text of a member is told only where nothing is there twice", () => {
  const told = (body: string, findDuplicates: boolean): string | undefined =>
    parseJson(body, { findDuplicates, known: { member: "spec", valueOf: () => undefined } }).memberText;
  expect(told(`{"spec":{"a":1}}`, true)).toBe('{"a":1}');
  expect(told(`{"spec":{"a":1}}`, false)).toBeUndefined();
  expect(told(`{"spec":{"a":1,"a":2}}`, true)).toBeUndefined();
  expect(told(`{"b":1,"spec":{"a":1},"b":2}`, true)).toBeUndefined();
  expect(told(`{"spec":{"a":1},"sp\\u0065c":{}}`, true)).toBeUndefined();
  expect(told(`{"within":{"spec":{"a":1}}}`, true)).toBeUndefined();
});

test("whatever stands around it, a text says the same whether its member is known or not", () => {
  const key = fc.constantFrom('"spec"', '"sp\\u0065c"', '"a"', '"metadata"', '"__proto__"');
  const value = fc.oneof(
    fc.constant(spec),
    fc.constant(spec),
    fc.json({ maxDepth: 2 }),
    fc.constantFrom("null", '"spec"', "{}", `[${spec}]`, `{"spec":${spec}}`),
  );
  const space = fc.constantFrom("", " ", "\n\t");
  const member = fc
    .tuple(key, space, space, value, space)
    .map(([name, before, after, text, end]) => `${name}${before}:${after}${text}${end}`);
  const whole = fc.tuple(fc.array(member, { maxLength: 4 }), space).map(([members, end]) => `{${members.join(",")}}${end}`);
  const broken = fc
    .tuple(whole, fc.nat(), fc.constantFrom("", '"', "{", "}", "]", ",", ":", "x", "\\", '"spec":'))
    .map(([text, at, instead]) => text.slice(0, at % text.length) + instead + text.slice((at % text.length) + 1));
  const outcome = (text: string, options: ParseJsonOptions): unknown => {
    try {
      const { value: parsed, duplicates } = parseJson(text, options);
      return { text: JSON.stringify(parsed), duplicates };
    } catch (error) {
      return (error as Error).message;
    }
  };
  fc.assert(
    fc.property(fc.oneof(whole, broken), fc.boolean(), (text, findDuplicates) => {
      expect(outcome(text, { findDuplicates, known })).toEqual(outcome(text, { findDuplicates }));
    }),
    { numRuns: 3000 },
  );
});
