import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createFiles } from "../node/files.ts";
import { writeAtomically } from "./write-atomically.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "kubets-volume-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const file = (path: string, text: string, mode = 0o644) => ({ path, bytes: new TextEncoder().encode(text), mode });
const seen = (): Record<string, string> => {
  const files = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((name) => !name.startsWith(".."));
  return Object.fromEntries(
    files.filter((name) => statSync(join(directory, name)).isFile()).map((name) => [name, readFileSync(join(directory, name), "utf8")]),
  );
};
const write = (files: readonly ReturnType<typeof file>[], stamp: string): Promise<boolean> =>
  writeAtomically(createFiles(), directory, files, { stamp });

test("files are seen through one link, with their modes", async () => {
  expect(await write([file("a", "1"), file("secret", "2", 0o400)], "one")).toBe(true);
  expect(seen()).toEqual({ a: "1", secret: "2" });
  expect(readlinkSync(join(directory, "..data"))).toBe("..one");
  expect(readlinkSync(join(directory, "a"))).toBe("..data/a");
  expect(statSync(join(directory, "secret")).mode & 0o777).toBe(0o400);
});

test("a change replaces all at once, and leaves nothing of the old behind", async () => {
  await write([file("a", "1"), file("b", "1")], "one");
  expect(await write([file("a", "2"), file("c", "2")], "two")).toBe(true);
  expect(seen()).toEqual({ a: "2", c: "2" });
  expect(readdirSync(directory).toSorted()).toEqual(["..data", "..two", "a", "c"]);
});

test("what is the same already is left alone", async () => {
  await write([file("deep/er/a", "1")], "one");
  expect(await write([file("deep/er/a", "1")], "two")).toBe(false);
  expect(readFileSync(join(directory, "deep/er/a"), "utf8")).toBe("1");
});
