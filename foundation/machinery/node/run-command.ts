import { spawn } from "node:child_process";
import type { Tasks } from "../tasks.ts";

export interface CommandResult {
  /** -1 when the command could not be started or was killed. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly tasks: Tasks;
  /** Kills the command when it is aborted. */
  readonly signal?: AbortSignal;
  /** What the command reads from its standard input; nothing when absent. */
  readonly input?: string;
}

/** A command that ended with another code than 0, or could not be started. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
  readonly exitCode: number;
  readonly stderr: string;

  constructor(command: string, args: readonly string[], { exitCode, stdout, stderr }: CommandResult) {
    super(`Command "${[command, ...args].join(" ")}" failed with ${exitCode}: ${(stderr || stdout).trim()}`);
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
}

/** System programs are run by their names: what a user's PATH lacks of the system's directories is added to it. */
const path = [process.env["PATH"], "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"].filter(Boolean).join(":");

/** Runs a command to its end; an exit code that isn't 0 is an answer like any other. */
export function runCommand(command: string, args: readonly string[], { tasks, signal, input }: CommandOptions): Promise<CommandResult> {
  return tasks.run("command", () => {
    const { promise, resolve } = Promise.withResolvers<CommandResult>();
    const child = spawn(command, args, {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, PATH: path },
      ...(signal === undefined ? {} : { signal }),
    });
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

/** Runs a command to its end and answers what it wrote. Rejects with a {@link CommandFailure}. */
export async function demandCommand(command: string, args: readonly string[], options: CommandOptions): Promise<string> {
  const result = await runCommand(command, args, options);
  if (result.exitCode === 0) return result.stdout;
  throw new CommandFailure(command, args, result);
}
