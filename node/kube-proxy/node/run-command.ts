import { execFile } from "node:child_process";

/** A program that ended with another code than 0, or could not be started. */
export class CommandFailure extends Error {
  readonly exitCode: number | undefined;
  readonly stderr: string;

  constructor(command: string, exitCode: number | undefined, stderr: string, cause: unknown) {
    super(`Cannot run ${command}: ${stderr.trim() || `it ended with code ${exitCode ?? "none"}`}`, { cause });
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
}

/** Runs a program to its end and answers what it wrote. Rejects with a {@link CommandFailure}. */
export type RunCommand = (program: string, parameters: readonly string[]) => Promise<string>;

export const runCommand: RunCommand = (program, parameters) =>
  new Promise((resolve, reject) => {
    execFile(program, parameters, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new CommandFailure(program, typeof error.code === "number" ? error.code : undefined, stderr || error.message, error));
    });
  });
