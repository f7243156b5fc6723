/**
 * Makes the bundle that `npm start` runs, in a folder of its own below the cache: a program that runs from an older bundle goes on
 * finding its parts. Run by begin.mjs when there is no bundle of what the checkout holds.
 */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundle, type Input } from "./bundle.ts";
import { recordProgram } from "./program-cache.mjs";
import { root } from "./root.ts";

export interface ProgramOptions {
  readonly root: string;
  readonly cache: string;
  /** `main` is what is run. */
  readonly entries: Readonly<Record<string, string>>;
  /** Files besides the modules that decide what comes out. */
  readonly also: readonly string[];
}

/** How many bundles stay that no process is seen to run. */
const kept = 3;

/** The program, by its ways in: what is run, the thread that writes the store, and the one that reads large YAML. */
export const programEntries: Readonly<Record<string, string>> = {
  main: "distribution/main.ts",
  worker: "control-plane/store/backends/sqlite/worker.ts",
  "yaml-worker": "foundation/machinery/node/yaml-worker.ts",
};

/** Bundles the program into the cache and records it; answers its main module. */
export async function buildProgram(options: ProgramOptions): Promise<string> {
  const { cache } = options;
  mkdirSync(cache, { recursive: true });
  const building = join(cache, `building-${process.pid}`);
  rmSync(building, { recursive: true, force: true });
  try {
    const { files, inputs } = await bundle({ ...options, directory: building });
    // Without it, Node would have to guess from each file's text what it is.
    writeFileSync(join(building, "package.json"), '{ "type": "module" }\n');
    const folder = `program-${fingerprint(inputs)}`;
    place(building, join(cache, folder));
    recordProgram(cache, { folder, files: [...files, "package.json"], inputs });
    removeOthers(cache, folder);
    return join(cache, folder, "main.js");
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
}

function fingerprint(inputs: readonly Input[]): string {
  const hash = createHash("sha256");
  for (const { path, sha256 } of inputs.toSorted((a, b) => (a.path < b.path ? -1 : 1))) hash.update(`${path}\0${sha256}\n`);
  return hash.digest("hex").slice(0, 16);
}

/** The same inputs make the same bundle: one that is there may be running, and stays unless it is incomplete. */
function place(made: string, target: string): void {
  try {
    renameSync(made, target);
  } catch {
    for (const name of readdirSync(made)) renameSync(join(made, name), join(target, name));
  }
}

/** Removes bundles that nothing runs, but for the newest. */
function removeOthers(cache: string, current: string): void {
  const running = commandLines();
  const others = readdirSync(cache)
    .filter((name) => name.startsWith("program-") && name !== current)
    .map((name) => ({ path: join(cache, name), at: statSync(join(cache, name)).mtimeMs }))
    .toSorted((a, b) => b.at - a.at)
    .slice(kept);
  for (const { path } of others) if (!running.some((line) => line.includes(path))) rmSync(path, { recursive: true, force: true });
}

/** What every process of this machine was started with; where that can't be seen, nothing. */
function commandLines(): readonly string[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => {
        try {
          return [readFileSync(join("/proc", pid, "cmdline"), "utf8")];
        } catch {
          return [];
        }
      });
  } catch {
    return [];
  }
}

/** Where a checkout keeps the bundles of its program; begin.mjs looks there. */
export const programCache: string = join(root, "node_modules/.cache/kubets");

/** The program of this checkout. */
export function buildCheckout(): Promise<string> {
  const also = ["package.json", "package-lock.json", "tools/bundle.ts", "tools/build-program.ts"];
  return buildProgram({ root, cache: programCache, entries: programEntries, also });
}

if (import.meta.main) await buildCheckout();
