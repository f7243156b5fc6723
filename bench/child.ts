import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { bundle } from "../tools/bundle.ts";
import { root } from "../tools/root.ts";
import { shipTemplate } from "../tools/ship-template.ts";

/**
 * A module of the checkout as it is published, bundled, in a process of its own for each run; a run answers what the process says in JSON.
 * `nodeFlags` are Node's.
 */
export async function bundledChild<Said>(
  module: string,
  folder: string,
  nodeFlags: readonly string[] = [],
): Promise<(...args: readonly string[]) => Promise<Said>> {
  const directory = join(folder, "bundle");
  await shipTemplate(await bundle({ root, entries: { child: module }, directory }), directory);
  writeFileSync(join(directory, "package.json"), '{ "type": "module" }\n');
  return async (...args) => {
    const { stdout } = await promisify(execFile)(process.execPath, [...nodeFlags, join(directory, "child.js"), ...args]);
    return JSON.parse(stdout) as Said;
  };
}
