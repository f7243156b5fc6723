import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  milliValue,
  multiplyQuantity,
  type ParsedQuantity,
  parseQuantity,
  quantityProblem,
  roundUpQuantity,
  subtractQuantities,
  wholeValue,
} from "./quantity.ts";

describe("a quantity is answered in its canonical form", () => {
  test.each([
    ["0", "0"],
    ["00", "0"],
    ["0Mi", "0"],
    [".", "0"],
    ["m", "0"],
    ["0.5", "500m"],
    ["1.5", "1500m"],
    ["0.1", "100m"],
    ["1000m", "1"],
    ["1000", "1k"],
    ["1000000", "1M"],
    ["1500", "1500"],
    ["12345678901234567890", "12345678901234567890"],
    ["1024Mi", "1Gi"],
    ["0.5Gi", "512Mi"],
    ["1.1Ki", "1126400m"],
    ["0.0001Ki", "102400u"],
    ["1023Mi", "1023Mi"],
    ["100Mi", "100Mi"],
    ["-1.5Gi", "-1536Mi"],
    ["10Ei", "9223372036854775807"],
    ["1E", "1E"],
    ["1000E", "1e21"],
    ["1e3", "1e3"],
    ["12e2", "1200"],
    ["1E-3", "1E-3"],
    ["1e-12", "1e-9"],
    ["0.0000000001", "1n"],
    ["-0.0000000001", "-1n"],
    // What looks canonical at a glance, upstream leaves as it is.
    ["+5", "+5"],
    ["1.500", "1.500"],
  ])("%s as %s", (text, canonical) => {
    expect(canonicalQuantity(text)).toBe(canonical);
    expect(canonicalQuantity(canonical)).toBe(canonical);
    expect(compareQuantities(text, canonical)).toBe(0);
  });
});

const badForm = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

test.each([
  ["", badForm],
  ["lots", badForm],
  ["1 Gi", badForm],
  ["1.2.3", badForm],
  ["0x10", badForm],
  ["--1", "unable to parse quantity's suffix"],
  ["1iK", "unable to parse quantity's suffix"],
  ["1e", "unable to parse quantity's suffix"],
  ["1KiB", badForm],
  ["1e999999999", "unable to parse numeric part of quantity"],
  ["9".repeat(100_000), "unable to parse numeric part of quantity"],
])("what is no quantity is refused in upstream's words: %#", (text, problem) => {
  expect(quantityProblem(text)).toBe(problem);
  expect(() => parseQuantity(text)).toThrow(problem);
  expect(() => canonicalQuantity(text)).toThrow(problem);
});

const nanos = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
const format = fc.constantFrom("decimal" as const, "binary" as const, "exponent" as const);
const quantities: fc.Arbitrary<ParsedQuantity> = fc.record({ nanos, format }).map(({ nanos, format }) => {
  const limit = (2n ** 63n - 1n) * 10n ** 9n;
  return format !== "binary" ? { nanos, format } : { nanos: nanos > limit ? limit : nanos < -limit ? -limit : nanos, format };
});

describe("for every quantity", () => {
  test("what is written is read back exactly", () => {
    fc.assert(
      fc.property(quantities, (quantity) => {
        const text = formatQuantity(quantity);
        expect(parseQuantity(text).nanos).toBe(quantity.nanos);
        expect(formatQuantity(parseQuantity(text))).toBe(text);
      }),
    );
  });

  test("adding and subtracting are exact and undo each other", () => {
    fc.assert(
      fc.property(quantities, quantities, (a, b) => {
        const sum = addQuantities(a, b);
        expect(sum.nanos).toBe(a.nanos + b.nanos);
        expect(subtractQuantities(sum, b).nanos).toBe(a.nanos);
        expect(sum.format).toBe(a.nanos === 0n ? b.format : a.format);
      }),
    );
  });

  test("comparing agrees with the difference", () => {
    fc.assert(
      fc.property(quantities, quantities, (a, b) => {
        const difference = subtractQuantities(a, b).nanos;
        expect(compareQuantities(formatQuantity(a), formatQuantity(b))).toBe(difference < 0n ? -1 : difference > 0n ? 1 : 0);
      }),
    );
  });

  test("rounding goes away from zero, to the next step and no further", () => {
    fc.assert(
      fc.property(quantities, fc.integer({ min: -10, max: 6 }), (quantity, exponent) => {
        const step = 10n ** BigInt(Math.max(0, exponent + 9));
        const rounded = roundUpQuantity(quantity, exponent).nanos;
        expect(rounded % step).toBe(0n);
        const distance = quantity.nanos < 0n ? quantity.nanos - rounded : rounded - quantity.nanos;
        expect(distance >= 0n && distance < step).toBe(true);
      }),
    );
  });

  test("any text is either a quantity or refused in a known way", () => {
    const texts = fc.oneof(fc.string(), fc.stringMatching(/^[+-]?[0-9.]{0,6}[eEinumkKMGTP]{0,3}[-+]?[0-9]{0,3}$/));
    fc.assert(
      fc.property(texts, (text) => {
        const problem = quantityProblem(text);
        if (problem === undefined) expect(parseQuantity(canonicalQuantity(text)).nanos).toBe(parseQuantity(text).nanos);
        else expect(problem).toMatch(/^(quantities must match|unable to parse)/);
      }),
      { numRuns: 500 },
    );
  });
});

test.each([
  ["250m", 1, 250],
  ["1.0005", 2, 1001],
  ["-1.5", -2, -1500],
  ["1Gi", 1073741824, 1073741824000],
  ["1n", 1, 1],
])("%s is %d whole units and %d thousandths, rounded up", (text, whole, milli) => {
  expect([wholeValue(text), milliValue(text)]).toEqual([whole, milli]);
});

test("a quantity is multiplied", () => {
  expect(formatQuantity(multiplyQuantity("250m", 6))).toBe("1500m");
  expect(formatQuantity(multiplyQuantity("1Gi", 1024))).toBe("1Ti");
});
