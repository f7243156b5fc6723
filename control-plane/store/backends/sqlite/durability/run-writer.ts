import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface WriterArguments {
  readonly path: string;
  readonly seed: number;
  readonly inFlight: number;
  readonly writes: number;
  readonly synchronous?: "FULL" | "OFF";
  readonly historyBytes?: number;
  /** A program that runs the writer, such as a tracer. */
  readonly under?: readonly string[];
}

export interface Acknowledgement {
  readonly what: "opened" | "put" | "delete";
  readonly revision: number;
  /** The revision of the key before; 0 when it was created. */
  readonly before: number;
  readonly key: string;
}

/**
 * Runs the writer in a process of its own. `onAcknowledged` is told of each acknowledgement, and may kill the process. Resolves with all
 * that were read, once the process is gone; rejects when it failed by itself.
 */
export async function runWriter(
  { path, seed, inFlight, writes, synchronous = "FULL", historyBytes = 2 ** 30, under = [] }: WriterArguments,
  onAcknowledged: (count: number, child: ChildProcess) => void = () => {},
): Promise<readonly Acknowledgement[]> {
  const writer = fileURLToPath(new URL("./writer.ts", import.meta.url));
  const options = [path, seed, inFlight, writes, synchronous, historyBytes];
  const [command, ...rest] = [...under, process.execPath, "--conditions=source", writer, ...options].map(String);
  const child = spawn(command!, rest, { stdio: ["ignore", "pipe", "pipe"] });
  const exited = new Promise<[number | null, string | null]>((resolve) => child.once("exit", (code, signal) => resolve([code, signal])));
  let complaints = "";
  child.stderr.on("data", (data: Buffer) => (complaints += data));
  const acknowledgements: Acknowledgement[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const [what, revision, before, key = ""] = line.split(" ");
    acknowledgements.push({ what: what as Acknowledgement["what"], revision: Number(revision), before: Number(before), key });
    onAcknowledged(acknowledgements.length, child);
  }
  const [code, signal] = await exited;
  if (code !== 0 && signal !== "SIGKILL") throw new Error(`The writer ended with ${code ?? signal}:\n${complaints}`);
  return acknowledgements;
}
