import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ComparedFile, Comparison } from "../command-line/command.ts";
import { CommandError } from "../errors.ts";

// Objects are large, and many may have changed.
const longestOutput = 2 ** 28;

/** Writes both sides of the files into folders of their own and runs `KUBECTL_EXTERNAL_DIFF` on these, or `diff -u -N`. */
export async function compareFolders(
  files: readonly ComparedFile[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Comparison> {
  const folders = { live: await mkdtemp(join(tmpdir(), "LIVE-")), merged: await mkdtemp(join(tmpdir(), "MERGED-")) };
  try {
    for (const side of ["live", "merged"] as const) {
      for (const { name, [side]: text } of files) if (text !== undefined) await writeFile(join(folders[side], name), text);
    }
    const [program = "", ...args] = (environment["KUBECTL_EXTERNAL_DIFF"] || "diff -u -N").split(" ").filter((word) => word !== "");
    return await run(program, [...args, folders.live, folders.merged], environment);
  } finally {
    await Promise.all(Object.values(folders).map((folder) => rm(folder, { recursive: true })));
  }
}

function run(program: string, args: readonly string[], environment: Readonly<Record<string, string | undefined>>): Promise<Comparison> {
  return new Promise((resolve, reject) => {
    execFile(
      program,
      [...args],
      { env: { PATH: process.env["PATH"], ...environment }, maxBuffer: longestOutput },
      (error, output, errors) => {
        if (error === null) resolve({ output, errors, exitCode: 0 });
        else if (typeof error.code === "number") resolve({ output, errors, exitCode: error.code });
        else reject(new CommandError(`failed to run "${program}": ${error.message}`, { cause: error }));
      },
    );
  });
}
