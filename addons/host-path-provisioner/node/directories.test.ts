import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createDirectories } from "./directories.ts";

let folder: string;
let root: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kubets-volumes-"));
  root = join(folder, "volumes");
  writeFileSync(join(folder, "precious"), "data");
});
afterEach(() => rmSync(folder, { recursive: true }));

const volume = "pvc-0f9b0d65-3f4a-4eec-9826-c0bf58e3329d";

test("a volume is an empty directory that everybody may write in, made once, and deleted with all in it", async () => {
  const directories = createDirectories({ root });
  await directories.make(volume);
  expect(statSync(join(root, volume)).mode & 0o7777).toBe(0o777);
  mkdirSync(join(root, volume, "deep"));
  writeFileSync(join(root, volume, "deep/file"), "1");
  symlinkSync(folder, join(root, volume, "out"));
  await directories.make(volume);
  expect(readdirSync(join(root, volume))).toEqual(["deep", "out"]);
  await directories.remove(volume);
  await directories.remove(volume);
  expect(readdirSync(root)).toEqual([]);
  expect(readFileSync(join(folder, "precious"), "utf8")).toBe("data");
});

test.each(["..", "../precious", "pvc-../../precious", "", "precious", `${volume}/../../precious`])(
  "%j is no volume's name",
  async (name) => {
    const directories = createDirectories({ root });
    await expect(directories.remove(name)).rejects.toThrow("as the name of a volume");
    await expect(directories.make(name)).rejects.toThrow("as the name of a volume");
    expect(existsSync(join(folder, "precious"))).toBe(true);
  },
);

test("a link in the place of a volume is neither used nor followed", async () => {
  const directories = createDirectories({ root });
  mkdirSync(root);
  symlinkSync(folder, join(root, volume));
  await expect(directories.make(volume)).rejects.toThrow("it is not a directory");
  await expect(directories.remove(volume)).rejects.toThrow("it is not a directory");
  expect(existsSync(join(folder, "precious"))).toBe(true);
});
