import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Edited } from "../command-line/command.ts";
import { CommandError } from "../errors.ts";

export interface EditOptions {
  readonly extension: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Has a text edited by `KUBE_EDITOR`, `EDITOR` or vi, on this process's terminal. */
export async function editText(text: string, { extension, environment }: EditOptions): Promise<Edited> {
  const folder = await mkdtemp(join(tmpdir(), "kubectl-edit-"));
  const remove = (): Promise<void> => rm(folder, { recursive: true });
  try {
    const file = join(folder, `edit${extension}`);
    await writeFile(file, text, { mode: 0o600 });
    await run(environment["KUBE_EDITOR"] || environment["EDITOR"] || "vi", file, environment);
    return { text: await readFile(file, "utf8"), file, [Symbol.asyncDispose]: remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

function run(editor: string, file: string, environment: EditOptions["environment"]): Promise<void> {
  return new Promise((resolve, reject) => {
    // By a shell: an editor may be given with arguments, in quotes too.
    const env = { PATH: process.env["PATH"], ...environment };
    const child = spawn("sh", ["-c", `${editor} "$0"`, file], { stdio: "inherit", env });
    const fail = (cause?: Error): void =>
      reject(new CommandError(`there was a problem with the editor ${JSON.stringify(editor)}`, { cause }));
    child.once("error", fail);
    child.once("exit", (code) => (code === 0 ? resolve() : fail()));
  });
}
