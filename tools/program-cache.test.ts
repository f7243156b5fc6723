import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { buildProgram } from "./build-program.ts";
import { freshProgram } from "./program-cache.mjs";

// A checkout of four files, bundled by the real bundler.
let root: string;
let cache: string;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "kubets-program-"));
  cache = join(root, "node_modules/.cache/kubets");
  write("package.json", '{ "type": "module" }');
  write("package-lock.json", "{}");
  write("main.ts", 'import { said } from "said";\nconst late: string = (await import("./late.ts")).late;\nconsole.log(said, late);\n');
  write("late.ts", 'export const late: string = "late one";\n');
  write("node_modules/said/package.json", '{ "name": "said", "type": "module", "exports": "./said.js" }');
  write("node_modules/said/said.js", 'export const said = "said one";\n');
  write("node_modules/said/other.js", 'export const said = "said two";\n');
  await build();
});

afterEach(() => rmSync(root, { recursive: true }));

test("the bundle of an unchanged checkout is used, and needs none of its sources", () => {
  const main = freshProgram(root, cache);
  rmSync(join(root, "late.ts"));
  expect(execFileSync(process.execPath, [main!], { encoding: "utf8" })).toBe("said one late one\n");
});

test("a change of the same length in the same moment, with its date set back, makes the bundle stale", () => {
  const { atime, mtime } = statSync(join(root, "late.ts"));
  write("late.ts", 'export const late: string = "late two";\n');
  utimesSync(join(root, "late.ts"), atime, mtime);
  expect(freshProgram(root, cache)).toBeUndefined();
});

test("an old file that is changed back in date is found by the date of its inode", async () => {
  // As if an hour had passed since the bundle was made: its dates are trusted.
  ageManifest();
  const { atime, mtime } = statSync(join(root, "late.ts"));
  write("late.ts", 'export const late: string = "late two";\n');
  utimesSync(join(root, "late.ts"), atime, mtime);
  expect(freshProgram(root, cache)).toBeUndefined();
});

test("new dates on the same content leave the bundle in use", () => {
  utimesSync(join(root, "late.ts"), 1, 1);
  expect(freshProgram(root, cache)).toBeDefined();
});

test.each([
  ["a module of a package changes", () => write("node_modules/said/said.js", 'export const said = "said two";\n')],
  [
    "a package leads elsewhere",
    () => write("node_modules/said/package.json", '{ "name": "said", "type": "module", "exports": "./other.js" }'),
  ],
  ["another version of a package is wanted", () => write("package-lock.json", '{"a":1}')],
  ["a source is removed", () => rmSync(join(root, "late.ts"))],
  ["the manifest is half written", () => write("node_modules/.cache/kubets/program.json", '{"format":1,"folder":"pro')],
  ["a part of the bundle is missing", () => rmSync(partOfBundle("late-"))],
  ["a part of the bundle is cut short", () => writeFileSync(partOfBundle("late-"), "")],
])("when %s, the bundle is stale", (_, change) => {
  expect(freshProgram(root, cache)).toBeDefined();
  change();
  expect(freshProgram(root, cache)).toBeUndefined();
});

test("building again after a change runs the change, and back again the first bundle", async () => {
  const first = freshProgram(root, cache);
  write("late.ts", 'export const late: string = "late two";\n');
  await build();
  expect(execFileSync(process.execPath, [freshProgram(root, cache)!], { encoding: "utf8" })).toBe("said one late two\n");
  write("late.ts", 'export const late: string = "late one";\n');
  await build();
  expect(freshProgram(root, cache)).toBe(first);
});

test("a program whose sources don't fit together is not bundled, and nothing of the try stays", async () => {
  write("main.ts", 'import { missing } from "./late.ts";\nconsole.log(missing);\n');
  await expect(build()).rejects.toThrow("missing");
  expect({ fresh: freshProgram(root, cache), building: readdirSync(cache).filter((name) => name.startsWith("building")) }).toEqual({
    fresh: undefined,
    building: [],
  });
});

test("of bundles that nothing runs, the current and three others stay", async () => {
  for (const word of ["two", "six", "ten", "red", "new"]) {
    write("late.ts", `export const late: string = "late ${word}";\n`);
    await build();
  }
  expect(readdirSync(cache).filter((name) => name.startsWith("program-"))).toHaveLength(4);
});

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function build(): Promise<string> {
  return buildProgram({ root, cache, entries: { main: "main.ts" }, also: ["package-lock.json"] });
}

function partOfBundle(prefix: string): string {
  const folder = dirname(freshProgram(root, cache)!);
  return join(
    folder,
    readdirSync(folder).find((name) => name.startsWith(prefix) && name.endsWith(".js"))!,
  );
}

function ageManifest(): void {
  const path = join(cache, "program.json");
  const manifest = JSON.parse(readFileSync(path, "utf8")) as { readonly inputs: [string, number, number, number, string][] };
  for (const input of manifest.inputs) input[3] = statSync(join(root, input[0])).ctimeMs;
  writeFileSync(path, JSON.stringify(manifest));
}
