import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freeRanges, releaseRanges } from "./free-ranges.ts";

const usual = { podRange: "10.244.0.0/16", serviceRange: "10.96.0.0/12" };
const second = { podRange: "10.245.0.0/16", serviceRange: "10.112.0.0/12" };

let folder: string;
let claims: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ranges-"));
  claims = join(folder, "claims");
});
afterEach(() => rmSync(folder, { recursive: true }));

function dataDirectory(...path: readonly string[]): string {
  const directory = join(folder, ...path);
  mkdirSync(directory, { recursive: true });
  return directory;
}

test("the first cluster of a machine gets the usual ranges, the second others", () => {
  const one = dataDirectory("one");
  const first = freeRanges(one, { addresses: ["192.0.2.2"], claims: join(folder, "before-a-reboot") });
  expect(first).toEqual(usual);
  writeFileSync(join(one, "cluster.json"), JSON.stringify({ name: "one", ...first }));
  expect(freeRanges(dataDirectory("two"), { addresses: [], claims })).toEqual(second);
});

test("a range in which the machine has an address already is left alone", () => {
  expect(freeRanges(dataDirectory("one"), { addresses: ["10.244.0.1"], claims })).toEqual(second);
});

test("two clusters that begin at the same moment, wherever their data is, see each other before either has an interface", () => {
  const begin = (...path: readonly string[]): unknown => freeRanges(dataDirectory(...path), { addresses: [], claims });
  expect([begin("here", "one"), begin("there", "two"), begin("here", "one")]).toEqual([usual, second, usual]);
});

test.each([
  ["is purged", (one: string) => releaseRanges(one, claims)],
  ["was removed by hand", (one: string) => rmSync(one, { recursive: true })],
])("the ranges of a cluster that %s are free", (_, end) => {
  const one = dataDirectory("here", "one");
  freeRanges(one, { addresses: [], claims });
  end(one);
  expect(freeRanges(dataDirectory("there", "two"), { addresses: [], claims })).toEqual(usual);
});

test.runIf(process.getuid?.() === 0)("what root took in a folder of its own is left alone by a user who can't see it", () => {
  chmodSync(folder, 0o755);
  const secret = dataDirectory("root");
  freeRanges(secret, { addresses: [], claims });
  chmodSync(secret, 0o700);
  freeRanges(dataDirectory("root", "one"), { addresses: ["10.244.0.1"], claims });
  const text = `import { freeRanges } from ${JSON.stringify(join(import.meta.dirname, "free-ranges.ts"))};
    console.log(JSON.stringify(freeRanges(${JSON.stringify(join(folder, "another"))}, { addresses: ["10.244.0.1"], claims: ${JSON.stringify(claims)} })));`;
  const args = ["--conditions=source", "--input-type=module", "-e", text];
  const said = execFileSync(process.execPath, args, { uid: 65_534, gid: 65_534, encoding: "utf8" });
  expect(JSON.parse(said)).toEqual({ podRange: "10.246.0.0/16", serviceRange: "10.128.0.0/12" });
});
