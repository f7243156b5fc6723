import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openDataDirectory, runningProgram } from "./data-directory.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "data-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const settings = { name: "default", apiPort: 6443, podRange: "10.244.0.0/16", serviceRange: "10.96.0.0/12" };

test("the settings of the first start are kept", () => {
  openDataDirectory(folder, () => settings)[Symbol.dispose]();
  using again = openDataDirectory(folder, () => ({ ...settings, apiPort: 7000 }));
  expect({ settings: again.settings.apiPort, isNew: again.isNew }).toEqual({ settings: 6443, isNew: false });
});

test("a second start on the same data directory is refused in one sentence", () => {
  using first = openDataDirectory(folder, () => settings);
  expect(() => openDataDirectory(folder, () => settings)).toThrow(`The data directory ${first.path} is in use by process ${process.pid}`);
});

test("the lock of a process that is gone is taken over", () => {
  writeFileSync(join(folder, "running.json"), JSON.stringify({ pid: process.pid, started: "1" }));
  using directory = openDataDirectory(folder, () => settings);
  expect(runningProgram(directory.path)?.pid).toBe(process.pid);
});

test("closing leaves no lock behind", () => {
  openDataDirectory(folder, () => settings)[Symbol.dispose]();
  expect(readdirSync(folder)).toEqual(["cluster.json"]);
});

test("a directory of a newer format is refused", () => {
  writeFileSync(join(folder, "cluster.json"), JSON.stringify({ ...settings, formatVersion: 99 }));
  expect(() => openDataDirectory(folder, () => settings)).toThrow(/written by a newer kubets \(format 99/);
  expect(runningProgram(folder)).toBeUndefined();
});

test("damaged settings are refused, not overwritten", () => {
  writeFileSync(join(folder, "cluster.json"), "{");
  expect(() => openDataDirectory(folder, () => settings)).toThrow(/is damaged/);
});
