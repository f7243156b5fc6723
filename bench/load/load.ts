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
  readonly counter?: Counter;
  readonly expected: number;
  /** An answer without a body is a failure: gRPC's. */
  readonly needsBody?: boolean;
  /** How many are under way at a time. */
  readonly inFlight: number;
  /** Sent at this rate instead, whether or not those before were answered. */
  readonly perSecond?: number;
  /** Ends after so many instead of by time. */
  readonly total?: number;
}

/** How requests differ from one another: by their number, eight digits in the path and at places of the body. */
export interface Counter {
  /** Where the number stands in the body. */
  readonly offsets?: readonly number[];
  /** Where the number of the object that is meant stands in the body, which is also that in the path: it begins anew at `modulo`. */
  readonly nameOffsets?: readonly number[];
  readonly modulo?: number;
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
  /** Of all answers' bodies. */
  readonly bytes: number;
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

/** Requests that make what is measured later: all of them, or as many as `seconds` allow. */
export async function fill(
  pid: number,
  access: Pick<Job, "origin" | "credentials">,
  requests: Requests & { readonly total: number },
  { seconds = 3600 }: { readonly seconds?: number } = {},
): Promise<void> {
  await load(pid, { ...access, warmUpSeconds: 0, seconds, requests: [requests] });
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
