import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

test("a bundle is written in ASCII and means the same", async () => {
  const folder = mkdtempSync(join(tmpdir(), "kubets-ascii-"));
  try {
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    const name = "wörld";
    const lines = ['const texts = { "µs": "…" };', 'console.log(`a \uff0e ${"😀"}${texts["µs"]}`, /^[ä-ü😀]$/u.test("😀"), "×".length);'];
    writeFileSync(join(folder, `${name}.ts`), lines.join("\n"));
    await bundle({ root: folder, entries: { speaks: `${name}.ts` }, directory: join(folder, "made") });
    const made = join(folder, "made/speaks.js");
    expect(readFileSync(made, "utf8")).toMatch(/^[\0-\x7f]*$/);
    expect(execFileSync(process.execPath, [made], { encoding: "utf8" })).toBe("a ． 😀… true 1\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a stack of modules without source maps stays as it is", () => {
  const { stack = "" } = new Error("here");
  expect(readableStack(stack)).toBe(stack);
});
