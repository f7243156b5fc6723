import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "./root.ts";

// A checkout with a program of one line, begun as npm begins it.
const execute = promisify(execFile);
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kubets-begin-"));
  for (const name of ["begin.mjs", "program-cache.mjs", "build-program.ts", "bundle.ts", "root.ts"]) {
    mkdirSync(join(folder, "tools"), { recursive: true });
    copyFileSync(join(root, "tools", name), join(folder, "tools", name));
  }
  for (const name of ["package.json", "package-lock.json"]) copyFileSync(join(root, name), join(folder, name));
  mkdirSync(join(folder, "distribution"));
  copyFileSync(join(root, "distribution/node-flags.mjs"), join(folder, "distribution/node-flags.mjs"));
  mkdirSync(join(folder, "node_modules"));
  for (const name of readdirSync(join(root, "node_modules"))) {
    if (name !== ".cache") symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name));
  }
  write("control-plane/store/backends/sqlite/worker.ts", "");
  write("foundation/machinery/node/yaml-worker.ts", "");
  write("distribution/main.ts", program("one"));
});

afterAll(() => rmSync(folder, { recursive: true }));

test("the program is bundled once, and again after each change", async () => {
  expect([await begin(), await begin()]).toEqual([
    { says: "one from JavaScript", bundled: true },
    { says: "one from JavaScript", bundled: false },
  ]);
  write("distribution/main.ts", program("two"));
  expect([await begin(), await begin()]).toEqual([
    { says: "two from JavaScript", bundled: true },
    { says: "two from JavaScript", bundled: false },
  ]);
});

test("two that begin at once both run what the checkout holds", async () => {
  write("distribution/main.ts", program("six"));
  expect((await Promise.all([begin(), begin()])).map(({ says }) => says)).toEqual(["six from JavaScript", "six from JavaScript"]);
});

test("where the bundler fails, the program runs from its sources, and it is said why", async () => {
  write("tools/bundle.ts", 'export function bundle(): never {\n  throw new Error("no bundler for this machine");\n}\n');
  write("distribution/main.ts", program("ten"));
  const { stdout, stderr } = await execute(process.execPath, [join(folder, "tools/begin.mjs"), "kubets"], { cwd: folder });
  expect(stdout).toBe("ten from TypeScript\n");
  expect(stderr).toContain("no bundler for this machine");
});

function program(word: string): string {
  return `const kind: string = import.meta.url.endsWith(".ts") ? "TypeScript" : "JavaScript";\nconsole.log("${word} from " + kind);\n`;
}

async function begin(): Promise<{ readonly says: string; readonly bundled: boolean }> {
  const { stdout, stderr } = await execute(process.execPath, [join(folder, "tools/begin.mjs"), "kubets"], { cwd: folder });
  return { says: stdout.trim(), bundled: stderr.includes("bundling") };
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}
