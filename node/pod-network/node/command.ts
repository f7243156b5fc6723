import { spawn } from "node:child_process";
import type { Tasks } from "@kubets/machinery";

export interface CommandResult {
  /** -1 when the command could not be started. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export type RunCommand = (command: string, args: readonly string[], input?: string) => Promise<CommandResult>;

/** System programs are run by their names: what a user's PATH lacks of the system's directories is added to it. */
const path = [process.env["PATH"], "/usr/sbin:/usr/bin:/sbin:/bin"].filter(Boolean).join(":");

export function commandRunner(tasks: Tasks): RunCommand {
  return (command, args, input = "") =>
    tasks.run("network command", () => {
      const { promise, resolve } = Promise.withResolvers<CommandResult>();
      const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, PATH: path } });
      let [stdout, stderr] = ["", ""];
      child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
      child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
      child.on("error", (error) => resolve({ exitCode: -1, stdout, stderr: error.message }));
      child.on("close", (code) => resolve({ exitCode: code ?? -1, stdout, stderr }));
      // A command that ends without reading is no failure of its own.
      child.stdin.on("error", () => {});
      child.stdin.end(input);
      return promise;
    });
}
