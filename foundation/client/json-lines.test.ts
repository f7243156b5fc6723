import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createJsonLinesParser } from "./json-lines.ts";

test("values come out whole and in order, wherever the bytes are cut", () => {
  const values = fc.array(fc.jsonValue(), { maxLength: 8 });
  fc.assert(
    fc.property(values, fc.array(fc.nat(20), { maxLength: 40 }), fc.boolean(), (expected, cuts, endsWithNewline) => {
      const text = expected.map((value) => JSON.stringify(value)).join("\n") + (endsWithNewline && expected.length > 0 ? "\n" : "");
      let bytes = new TextEncoder().encode(text);
      const lines = createJsonLinesParser();
      const read: unknown[] = [];
      for (const cut of cuts) {
        read.push(...lines.push(bytes.subarray(0, cut)));
        bytes = bytes.subarray(cut);
      }
      read.push(...lines.push(bytes), ...lines.end());
      expect(read).toEqual(JSON.parse(JSON.stringify(expected)));
    }),
  );
});

test("a line that is no JSON, or breaks off, is an error", () => {
  const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
  expect(() => createJsonLinesParser().push(encode("{]\n"))).toThrow(SyntaxError);
  const lines = createJsonLinesParser();
  expect(lines.push(encode('{"type":"ADD'))).toEqual([]);
  expect(() => lines.end()).toThrow(SyntaxError);
});
