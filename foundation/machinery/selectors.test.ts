import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { exactField, formatFieldRequirements, matchesFields, parseFieldSelector } from "./field-selector.ts";
import {
  exactLabel,
  formatLabelRequirements,
  formatLabels,
  formatLabelSelector,
  labelRequirements,
  type Labels,
  matchesLabels,
  parseLabelSelector,
  selectorMatches,
} from "./label-selector.ts";
import type { LabelSelector } from "./meta.ts";

const selects = (selector: string, labels: Labels): boolean => matchesLabels(parseLabelSelector(selector), labels);

describe("a label selector in text form", () => {
  test.each([
    ["", "", true],
    ["app=web", "app=web", true],
    ["app==web", "app==web", true],
    ["app!=web", "app!=web", false],
    ["app in (web,api)", "app in (api,web)", true],
    ["app in (api)", "app in (api)", false],
    ["app notin (api)", "app notin (api)", true],
    ["gone notin (api)", "gone notin (api)", true],
    ["gone!=x", "gone!=x", true],
    ["app", "app", true],
    ["!app", "!app", false],
    ["! gone", "!gone", true],
    ["empty=", "empty=", true],
    ["empty", "empty", true],
    ["empty in (,x)", "empty in (,x)", true],
    ["empty in ()", "empty in ()", true],
    ["size>3", "size>3", true],
    ["size<3", "size<3", false],
    ["app>3", "app>3", false],
    [" tier = front , app ", "app,tier=front", true],
    ["in in (in,notin)", "in in (in,notin)", false],
    ["example.com/zone=a", "example.com/zone=a", false],
  ])("%j is read as %j", (text, written, matches) => {
    expect(formatLabelRequirements(parseLabelSelector(text))).toBe(written);
    expect(selects(text, { app: "web", tier: "front", empty: "", size: "5" })).toBe(matches);
  });

  test.each([
    ["app=web=api", "found '=', expected: ',' or 'end of string'"],
    ["app,", "found '', expected: identifier after ','"],
    [",app", "found ',', expected: !, identifier, or 'end of string'"],
    ["app web", "unable to parse requirement: found 'web', expected: in, notin, =, ==, !=, gt, lt"],
    ["app in web", "unable to parse requirement: found 'web' expected: '('"],
    ["app in (web", "unable to parse requirement: found '', expected: ',' or ')'"],
    ["app in (web api)", "unable to parse requirement: found 'api', expected: ',' or ')'"],
    ["app=!", "unable to parse requirement: found '!', expected: identifier"],
    ["!", "unable to parse requirement: found '', expected: identifier"],
    ["size>big", "unable to parse requirement: values[0]: Invalid value: \"big\": for 'Gt', 'Lt' operators, the value must be an integer"],
  ])("%j is refused", (text, problem) => {
    expect(() => parseLabelSelector(text)).toThrow(problem);
  });

  test("keys and values must be those of labels", () => {
    expect(() => parseLabelSelector("a b/c=d")).toThrow("unable to parse requirement: found 'b/c', expected: in, notin");
    expect(() => parseLabelSelector("-a=d")).toThrow('unable to parse requirement: <nil>: Invalid value: "-a": name part must consist of');
    expect(() => parseLabelSelector("a=-d")).toThrow(
      'unable to parse requirement: values[0][a]: Invalid value: "-d": a valid label must be',
    );
  });

  test("whatever is selected by, is read back as it was written", () => {
    const key = fc.stringMatching(/^[a-z]([-a-z0-9.]{0,10}[a-z0-9])?$/);
    const value = fc.stringMatching(/^([A-Za-z0-9]([-A-Za-z0-9_.]{0,10}[A-Za-z0-9])?)?$/);
    const requirement = fc.oneof(
      fc.record({
        key,
        operator: fc.constantFrom("In" as const, "NotIn" as const),
        values: fc.array(value, { minLength: 1, maxLength: 3 }),
      }),
      fc.record({ key, operator: fc.constantFrom("Exists" as const, "DoesNotExist" as const) }),
    );
    const selector = fc.record({
      matchLabels: fc.dictionary(key, value, { maxKeys: 3 }),
      matchExpressions: fc.array(requirement, { maxLength: 3 }),
    });
    fc.assert(
      fc.property(selector, fc.dictionary(key, value, { maxKeys: 4 }), (selector, labels) => {
        const requirements = labelRequirements(selector);
        const read = parseLabelSelector(formatLabelRequirements(requirements));
        expect(read).toEqual(requirements);
        expect(matchesLabels(read, labels)).toBe(selectorMatches(selector, labels));
      }),
    );
  });
});

describe("a label selector of a spec", () => {
  const selector: LabelSelector = {
    matchLabels: { app: "web" },
    matchExpressions: [{ key: "tier", operator: "NotIn", values: ["cache"] }],
  };

  test("selects what meets all of its conditions", () => {
    expect(selectorMatches(selector, { app: "web" })).toBe(true);
    expect(selectorMatches(selector, { app: "web", tier: "cache" })).toBe(false);
    expect(selectorMatches(selector, undefined)).toBe(false);
  });

  test("that is absent selects nothing, that is empty everything", () => {
    expect([selectorMatches(undefined, { app: "web" }), selectorMatches({}, undefined)]).toEqual([false, true]);
  });

  test("is shown as it would be typed", () => {
    expect(formatLabelSelector(selector)).toBe("app=web,tier notin (cache)");
    expect([formatLabelSelector(undefined), formatLabelSelector({}), formatLabelSelector({ matchLabels: { "a b": "c" } })]).toEqual([
      "<none>",
      "<none>",
      "<error>",
    ]);
  });

  test("names a label that must have one value", () => {
    const requirements = parseLabelSelector("app=web,tier in (a,b),zone in (x)");
    expect(["app", "tier", "zone", "gone"].map((key) => exactLabel(requirements, key))).toEqual(["web", undefined, "x", undefined]);
  });

  test("does not take what an object inherits for a label", () => {
    expect(selects("constructor", {})).toBe(false);
  });
});

test("labels are shown sorted", () => {
  expect([formatLabels({ b: "2", a: "1" }), formatLabels({}), formatLabels(undefined)]).toEqual(["a=1,b=2", "<none>", "<none>"]);
});

describe("a field selector", () => {
  test.each([
    ["", []],
    ["metadata.name=web", [{ field: "metadata.name", operator: "=", value: "web" }]],
    ["metadata.name==web", [{ field: "metadata.name", operator: "=", value: "web" }]],
    ["status.phase!=Failed", [{ field: "status.phase", operator: "!=", value: "Failed" }]],
    ["spec.nodeName=", [{ field: "spec.nodeName", operator: "=", value: "" }]],
    [
      "b=1,a=2,",
      [
        { field: "a", operator: "=", value: "2" },
        { field: "b", operator: "=", value: "1" },
      ],
    ],
    ["a=x\\,y\\=z\\\\", [{ field: "a", operator: "=", value: "x,y=z\\" }]],
  ])("%j is read", (text, requirements) => {
    expect(parseFieldSelector(text)).toEqual(requirements);
  });

  test.each([
    ["name", "invalid selector: 'name'; can't understand 'name'"],
    ["a=b=c", "invalid field selector: unescaped character in value: 61"],
    ["a=\\x", "invalid field selector: invalid escape sequence: \\x"],
    ["a=\\", "invalid field selector: invalid escape sequence: \\"],
  ])("%j is refused", (text, problem) => {
    expect(() => parseFieldSelector(text)).toThrow(problem);
  });

  test("matches the texts of fields", () => {
    const read = (field: string): string => (field === "spec.nodeName" ? "a" : "");
    expect(matchesFields(parseFieldSelector("spec.nodeName=a,status.phase!=Failed"), read)).toBe(true);
    expect(matchesFields(parseFieldSelector("spec.nodeName!=a"), read)).toBe(false);
    expect(exactField(parseFieldSelector("a!=1,b=2"), "b")).toBe("2");
    expect(exactField(parseFieldSelector("a!=1,b=2"), "a")).toBeUndefined();
  });

  test("with any values is read back as it was written", () => {
    const requirement = fc.record({
      field: fc.constantFrom("a", "b.c"),
      operator: fc.constantFrom("=" as const, "!=" as const),
      value: fc.string(),
    });
    fc.assert(
      fc.property(fc.array(requirement, { maxLength: 3 }), (requirements) => {
        const text = formatFieldRequirements(requirements);
        const read = parseFieldSelector(text);
        expect(read).toHaveLength(requirements.length);
        expect(new Set(read.map((each) => JSON.stringify(each)))).toEqual(new Set(requirements.map((each) => JSON.stringify(each))));
      }),
    );
  });
});
