import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { byteLength } from "./byte-length.ts";
import { base64Problem } from "./base64.ts";
import { parseJson } from "./json.ts";
import { sameJson } from "./same-json.ts";

const problemOf = (text: string): string => {
  try {
    parseJson(text);
    return "none";
  } catch (error) {
    return (error as Error).message;
  }
};

describe("what is no JSON is refused in the words of Go's decoder", () => {
  test.each([
    ["", "unexpected end of JSON input"],
    ["{", "unexpected end of JSON input"],
    ['{"a"', "unexpected end of JSON input"],
    ['"abc', "unexpected end of JSON input"],
    ["-", "unexpected end of JSON input"],
    ["1.", "unexpected end of JSON input"],
    ["tru", "unexpected end of JSON input"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ["{a:1}", "invalid character 'a' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b":2}', "invalid character '\"' after object key:value pair"],
    ["[1,]", "invalid character ']' looking for beginning of value"],
    ["[1 2]", "invalid character '2' after array element"],
    ['{"a":1}x', "invalid character 'x' after top-level value"],
    ["01", "invalid character '1' after top-level value"],
    ["'a'", "invalid character '\\'' looking for beginning of value"],
    ["trve", "invalid character 'v' in literal true (expecting 'u')"],
    ["1.x", "invalid character 'x' after decimal point in numeric literal"],
    ["1ex", "invalid character 'x' in exponent of numeric literal"],
    ["-x", "invalid character 'x' in numeric literal"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"],
    ['"a\nb"', "invalid character '\\n' in string literal"],
    ["apiVersion: v1", "invalid character 'a' looking for beginning of value"],
  ])("%j", (text, problem) => {
    expect(problemOf(text)).toBe(problem);
  });

  test("whatever the text, the engine's own words never come through", () => {
    const texts = fc.oneof(
      fc.string(),
      fc.json().chain((text) => fc.nat(text.length).map((at) => text.slice(0, at))),
      fc.stringMatching(/^[[\]{}",:0-9eE.+\-tfn\\u ]*$/),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(problemOf(text)).toMatch(/^(none|unexpected end of JSON input|invalid character .* (looking|after|in) .*)$/s);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("fields that are there more than once", () => {
  test.each([
    ['{"a":1,"b":2}', []],
    ['{"a":1,"a":2}', ['duplicate field "a"']],
    ['{"a":1,"\\u0061":2}', ['duplicate field "a"']],
    ['{"spec":{"replicas":1,"replicas":2},"spec":{}}', ['duplicate field "spec.replicas"', 'duplicate field "spec"']],
    ['{"items":[{"a":1},{"a":1,"a":1,"a":1}]}', ['duplicate field "items[1].a"']],
    ['[[{"a":{"b":1,"b":1}}]]', ['duplicate field "[0][0].a.b"']],
    ['{"a":"\\"b\\":1,","c":"{[:"}', []],
    ['{"a":{},"b":[{},[]],"c":[]}', []],
    ['{"__proto__":1,"__proto__":2}', ['duplicate field "__proto__"']],
  ])("of %s are named", (text, duplicates) => {
    expect(parseJson(text, { findDuplicates: true }).duplicates).toEqual(duplicates);
    expect(parseJson(text).duplicates).toEqual([]);
  });

  test("are never found where there are none", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const { value, duplicates } = parseJson(text, { findDuplicates: true });
        expect(duplicates).toEqual([]);
        expect(value).toEqual(JSON.parse(text));
      }),
    );
  });
});

describe("depth", () => {
  const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);

  test("is bounded so that nothing that walks a value can run out of stack", () => {
    const { value } = parseJson(nested(1000));
    expect(JSON.stringify(value)).toBe(nested(1000));
    expect(sameJson(value, structuredClone(value))).toBe(true);
    expect(problemOf(nested(1001))).toBe("exceeded max depth");
    expect(() => parseJson('{"a":{"b":[]}}', { maxDepth: 2 })).toThrow("exceeded max depth");
  });

  test("of millions is refused like any other", () => {
    expect(problemOf(nested(1_000_000))).toBe("exceeded max depth");
    expect(problemOf("[".repeat(1_000_000))).toBe("exceeded max depth");
    expect(problemOf('{"a":'.repeat(500_000))).toBe("exceeded max depth");
    expect(problemOf(`x${"[".repeat(1_000_000)}`)).toBe("invalid character 'x' looking for beginning of value");
    expect(problemOf(`"${"\\".repeat(1_000_001)}`)).toBe("unexpected end of JSON input");
  });

  test("is not mistaken for width, nor for brackets in texts", () => {
    expect(problemOf(`[${Array(5000).fill("[]").join(",")}]`)).toBe("none");
    expect(problemOf(JSON.stringify("[".repeat(5000)))).toBe("none");
  });
});

test("bytes that are not UTF-8 are replaced", () => {
  expect(parseJson(Uint8Array.of(0x22, 0xff, 0x22)).value).toBe("\ufffd");
  expect(problemOf("\ufeff{}")).toBe("invalid character '\ufeff' looking for beginning of value");
});

test("values are the same whatever the order of their keys", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      const turned = JSON.parse(JSON.stringify(a), (_, value: unknown) =>
        typeof value === "object" && value !== null && !Array.isArray(value)
          ? Object.fromEntries(Object.entries(value).toReversed())
          : value,
      ) as unknown;
      expect(sameJson(JSON.parse(JSON.stringify(a)), turned)).toBe(true);
      expect(sameJson([a], [b])).toBe(sameJson([b], [a]));
    }),
  );
  expect(sameJson({ a: undefined, b: 1 }, { b: 1 })).toBe(true);
  expect(sameJson({ a: 1 }, { b: 1 })).toBe(false);
  expect(sameJson([1], { 0: 1 })).toBe(false);
  expect(sameJson({}, null)).toBe(false);
});

const unicode = fc
  .array(fc.oneof(fc.integer({ min: 0, max: 0xd7ff }), fc.integer({ min: 0xe000, max: 0x10ffff })))
  .map((codes) => String.fromCodePoint(...codes));

test("the length in bytes is that of UTF-8", () => {
  fc.assert(
    fc.property(unicode, (text) => {
      expect(byteLength(text)).toBe(new TextEncoder().encode(text).length);
    }),
  );
});

test("base64 is what decodes, whole and padded", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const text = Buffer.from(bytes).toString("base64");
      expect(base64Problem(text)).toBeUndefined();
      expect(base64Problem(`${text.slice(0, 2)}\r\n${text.slice(2)}`)).toBeUndefined();
      if (text.includes("=")) expect(base64Problem(text.replace("=", ""))).toMatch(/^illegal base64 data at input byte \d+$/);
    }),
  );
  expect(["a", "ab", "abc", "====", "ab=c", "a===", "YQ==YQ=="].map(base64Problem)).not.toContain(undefined);
});
