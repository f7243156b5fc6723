import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

// More than a pipe holds: the program has ended its work long before its reader has read it.
const contexts = 3_000;

describe("what the program prints", () => {
  let folder: string;
  const kubeconfig = (): string => join(folder, "kubeconfig");
  /** Runs `COMMAND | READER` in a shell; answers what the reader said, and the exit code of the program. */
  const piped = (reader: string): Promise<{ readonly output: string; readonly errors: string; readonly exitCode: string }> =>
    new Promise((resolve) => {
      const program = `"$0" --conditions=source "$1" kubectl config get-contexts -o name --kubeconfig "$2"`;
      const script = `{ ${program}; echo $? >&3; } | ${reader}`;
      const main = join(import.meta.dirname, "main.ts");
      const shell = spawn("sh", ["-c", script, process.execPath, main, kubeconfig()], { stdio: ["ignore", "pipe", "pipe", "pipe"] });
      const said = ["", "", ""];
      for (const [index, stream] of shell.stdio.slice(1).entries()) stream?.on("data", (bytes: Buffer) => (said[index] += String(bytes)));
      shell.once("close", () => resolve({ output: said[0]!, errors: said[1]!, exitCode: said[2]!.trim() }));
    });

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "kubets-output-"));
    const names = Array.from({ length: contexts }, (_, index) => `a-context-with-a-rather-long-name-${index}`);
    writeFileSync(
      kubeconfig(),
      JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        clusters: [{ name: "one", cluster: { server: "https://127.0.0.1:1" } }],
        users: [],
        contexts: names.map((name) => ({ name, context: { cluster: "one", user: "one" } })),
      }),
    );
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("comes whole to a reader that is slow", async () => {
    expect(await piped("(sleep 1; wc -l)")).toEqual({ output: `${contexts}\n`, errors: "", exitCode: "0" });
  });

  test("may lose its reader: the program ends at once and says nothing", async () => {
    const { output, errors, exitCode } = await piped("head -n 1");
    expect({ lines: output.split("\n").length, errors, exitCode }).toEqual({ lines: 2, errors: "", exitCode: "141" });
  });
});
