import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bundle } from "./bundle.ts";
import { readableStack } from "../distribution/readable-stack.ts";

test("an error in a bundle names the line of the source", async () => {
  const folder = mkdtempSync(join(tmpdir(), "kubets-stack-"));
  try {
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(
      join(folder, "fails.ts"),
      [
        "interface Absent {",
        "  readonly at: number;",
        "}",
        "const absent = undefined as Absent | undefined;",
        "",
        "console.log(absent!.at);",
      ].join("\n"),
    );
    await bundle({ root: folder, entries: { fails: "fails.ts" }, directory: join(folder, "made") });
    const text = `try { await import(${JSON.stringify(join(folder, "made/fails.js"))}) } catch (error) { console.log(error.stack) }`;
    const stack = execFileSync(process.execPath, ["--input-type=module", "-e", text], { encoding: "utf8" });
    expect(readableStack(stack).split("\n").slice(0, 2)).toEqual([
      "TypeError: Cannot read properties of undefined (reading 'at')",
      "    at fails.ts:6:21",
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a stack of modules without source maps stays as it is", () => {
  const { stack = "" } = new Error("here");
  expect(readableStack(stack)).toBe(stack);
});
