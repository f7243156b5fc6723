import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface WriterArguments {
  readonly path: string;
  readonly seed: number;
  readonly inFlight: number;
  readonly writes: number;
  readonly synchronous?: "FULL" | "OFF";
  readonly historyBytes?: number;
}

export interface Acknowledgement {
  readonly what: "opened" | "put" | "delete";
  readonly revision: number;
  /** The revision of the key before; 0 when it was created. */
  readonly before: number;
  readonly key: string;
}

/**
 * Runs the writer in a process of its own, `under` a program such as a tracer if one is given. `onAcknowledged` is told of each
 * acknowledgement, and may kill the process. Resolves with all that were read, once the process is gone; rejects when it failed by itself.
 */
export async function runWriter(
  { under = [], ...options }: WriterArguments & { readonly under?: readonly string[] },
  onAcknowledged: (count: number, child: ChildProcess) => void = () => {},
): Promise<readonly Acknowledgement[]> {
  const [command, ...rest] = [...under, ...writerCommand(options)];
  return await followWriter(spawn(command!, rest, { stdio: ["ignore", "pipe", "pipe"] }), onAcknowledged);
}

/** What starts the writer. */
export function writerCommand({
  path,
  seed,
  inFlight,
  writes,
  synchronous = "FULL",
  historyBytes = 2 ** 30,
}: WriterArguments): readonly string[] {
  const writer = fileURLToPath(new URL("./writer.ts", import.meta.url));
  return [process.execPath, "--conditions=source", writer, path, seed, inFlight, writes, synchronous, historyBytes].map(String);
}

/** Reads what a writer acknowledges on the standard output of `child`, until it is gone. A line that was cut off doesn't count. */
export async function followWriter(
  child: ChildProcess,
  onAcknowledged: (count: number, child: ChildProcess) => void,
): Promise<readonly Acknowledgement[]> {
  const ended = Promise.withResolvers<[number | null, string | null]>();
  child.once("close", (code, signal) => ended.resolve([code, signal]));
  child.once("error", ended.reject);
  let complaints = "";
  child.stderr!.on("data", (data: Buffer) => (complaints += data));
  const acknowledgements: Acknowledgement[] = [];
  let unfinished = "";
  child.stdout!.setEncoding("utf8").on("data", (text: string) => {
    const lines = (unfinished + text).split("\n");
    unfinished = lines.pop()!;
    for (const line of lines) {
      const [, what, revision, before, key = ""] = /^(opened|put|delete) (\d+) (\d+) (\S*)$/.exec(line) ?? [];
      if (what === undefined) complaints += `${line}\n`;
      else acknowledgements.push({ what: what as Acknowledgement["what"], revision: Number(revision), before: Number(before), key });
      if (what !== undefined) onAcknowledged(acknowledgements.length, child);
    }
  });
  const [code, signal] = await ended.promise;
  if (code !== 0 && signal !== "SIGKILL") throw new Error(`The writer ended with ${code ?? signal}:\n${complaints}`);
  return acknowledgements;
}
