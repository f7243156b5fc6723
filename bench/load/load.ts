import { fork } from "node:child_process";
import { join } from "node:path";
import { cpuSecondsOf } from "../processes.ts";
import type { Credentials } from "./http2-connection.ts";

/** Requests of one sort over one connection of their own. */
export interface Requests {
  readonly method: string;
  /** `{number}` in it becomes the number of the request, eight digits. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** In base64. */
  readonly body?: string;
  /** Numbers requests from `first`; the number is also written into the body at `offset`. */
  readonly counter?: { readonly first: number; readonly offset?: number };
  readonly expected: number;
  /** An answer without a body is a failure: gRPC's. */
  readonly needsBody?: boolean;
  /** How many are under way at a time. */
  readonly inFlight: number;
  /** Sent at this rate instead, whether or not those before were answered. */
  readonly perSecond?: number;
}

export interface Job {
  readonly origin: string;
  readonly credentials?: Credentials;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  readonly requests: readonly Requests[];
}

/** Of the requests of one sort, in milliseconds. */
export interface LoadResult {
  readonly perSecond: number;
  readonly count: number;
  readonly median: number;
  readonly p99: number;
  readonly longest: number;
}

export type Message = { readonly warm: true } | { readonly results: readonly LoadResult[] } | { readonly failed: string };

export interface LoadResults {
  readonly results: readonly LoadResult[];
  /** What the process under load used while it was measured, in seconds. */
  readonly cpuSeconds: number;
}

/** Loads a server with requests from another process; `pid` is the server's. */
export function load(pid: number, job: Job): Promise<LoadResults> {
  return new Promise((resolve, reject) => {
    const child = fork(join(import.meta.dirname, "generator.ts"), { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    let cpu = 0;
    let answered = false;
    child.on("message", (message: Message) => {
      if ("warm" in message) {
        cpu = cpuSecondsOf(pid);
        return;
      }
      answered = true;
      if ("failed" in message) return reject(new Error(message.failed));
      resolve({ results: message.results, cpuSeconds: cpuSecondsOf(pid) - cpu });
    });
    child.once("exit", (code) => {
      if (!answered) reject(new Error(`Cannot measure: the generator ended with ${code}`));
    });
    child.send(job);
  });
}
