import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { freeRanges } from "./free-ranges.ts";

test("the first cluster of a machine gets the usual ranges, the second others", () => {
  const folder = mkdtempSync(join(tmpdir(), "ranges-"));
  try {
    const first = freeRanges(join(folder, "one"), ["192.0.2.2"]);
    expect(first).toEqual({ podRange: "10.244.0.0/16", serviceRange: "10.96.0.0/12" });
    mkdirSync(join(folder, "one"));
    writeFileSync(join(folder, "one/cluster.json"), JSON.stringify({ name: "one", ...first }));
    expect(freeRanges(join(folder, "two"), [])).toEqual({ podRange: "10.245.0.0/16", serviceRange: "10.112.0.0/12" });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a range in which the machine has an address already is left alone", () => {
  expect(freeRanges("/nowhere/one", ["10.244.0.1"]).podRange).toBe("10.245.0.0/16");
});
