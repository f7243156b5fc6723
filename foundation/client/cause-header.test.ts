import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeCause, decodeTraceParent, encodeCause, encodeTraceParent } from "./cause-header.ts";

describe("the cause header", () => {
  test("is read back as it was written, whatever it says", () => {
    const text = fc.string({ minLength: 1, maxLength: 60, unit: "grapheme" }).filter((each) => each.isWellFormed());
    const cause = fc.record({ actor: text, revision: fc.nat(), object: text, timer: text }, { requiredKeys: [] });
    fc.assert(
      fc.property(cause, (each) => {
        const header = encodeCause(each);
        expect(header).toMatch(/^[\x20-\x7e]*$/);
        expect(decodeCause(header)).toEqual(each);
      }),
    );
  });

  test("is readable", () => {
    expect(encodeCause({ actor: "deployment", revision: 7, object: "deployments/default/web" })).toBe(
      "actor=deployment;revision=7;object=deployments/default/web",
    );
  });

  test.each([
    ["nothing", "", {}],
    ["what is not known", "colour=red;actor=a;;=;x", { actor: "a" }],
    ["what claims to be the user", "user=admin;actor=a", { actor: "a" }],
    ["bad escapes", "actor=%zz;object=o", { object: "o" }],
    ["a revision that is none", "revision=-1;timer=t", { timer: "t" }],
    ["a revision past what can be told apart", "revision=9999999999999999", {}],
    ["more than it may be", `actor=${"a".repeat(3000)}`, {}],
  ])("leaves out %s", (_, header, cause) => {
    expect(decodeCause(header)).toEqual(cause);
  });

  test("cuts a value that is too long", () => {
    expect(decodeCause(`actor=${"a".repeat(600)}`).actor).toHaveLength(512);
  });
});

describe("traceparent", () => {
  const trace = "0af7651916cd43dd8448eb211c80319c";

  test("carries the trace", () => {
    expect(encodeTraceParent(trace)).toBe("00-0af7651916cd43dd8448eb211c80319c-8448eb211c80319c-01");
    expect(decodeTraceParent(encodeTraceParent(trace))).toBe(trace);
  });

  test.each([
    "",
    "00-xyz-8448eb211c80319c-01",
    `00-${"0".repeat(32)}-8448eb211c80319c-01`,
    "00-0AF7651916CD43DD8448EB211C80319C-8448eb211c80319c-01",
  ])("has none in %j", (header) => {
    expect(decodeTraceParent(header)).toBeUndefined();
  });
});
