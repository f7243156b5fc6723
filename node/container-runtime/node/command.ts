import { spawn } from "node:child_process";
import type { Tasks } from "@kubets/machinery";

export interface CommandResult {
  /** -1 when the command could not be started or was killed. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end; an exit code that isn't 0 is an answer like any other. */
export function runCommand(
  command: string,
  args: readonly string[],
  { tasks, signal, input }: { readonly tasks: Tasks; readonly signal?: AbortSignal; readonly input?: string },
): Promise<CommandResult> {
  return tasks.run("command", () => {
    const { promise, resolve } = Promise.withResolvers<CommandResult>();
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], ...(signal === undefined ? {} : { signal }) });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", (error) => resolve({ exitCode: -1, stdout, stderr: stderr === "" ? error.message : stderr }));
    child.on("close", (code) => resolve({ exitCode: code ?? -1, stdout, stderr }));
    // A command that ends without reading is no failure of its own.
    child.stdin.on("error", () => {});
    child.stdin.end(input ?? "");
    return promise;
  });
}

/** Like {@link runCommand}, but throws what the command said when it failed. */
export async function demandCommand(command: string, args: readonly string[], options: Parameters<typeof runCommand>[2]): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand(command, args, options);
  if (exitCode === 0) return stdout;
  throw new Error(`Command "${command} ${args.join(" ")}" failed with ${exitCode}: ${(stderr || stdout).trim()}`);
}
