import { fork } from "node:child_process";
import { join } from "node:path";
import type { Credentials } from "./http2-connection.ts";

export interface WatchJob {
  readonly origin: string;
  readonly credentials: Credentials;
  readonly path: string;
  readonly connections: number;
  readonly perConnection: number;
}

export type WatcherMessage = { readonly ready: true } | { readonly events: number } | { readonly failed: string };

/** Watchers in a process of their own. */
export interface Watching extends AsyncDisposable {
  /** How many events they have got so far, all together. */
  events(): Promise<number>;
}

export async function startWatching(job: WatchJob): Promise<Watching> {
  const child = fork(join(import.meta.dirname, "watchers.ts"), { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const answer = (): Promise<WatcherMessage> =>
    new Promise((resolve, reject) => {
      child.once("message", (message: WatcherMessage) => ("failed" in message ? reject(new Error(message.failed)) : resolve(message)));
      exited.then(() => reject(new Error("Cannot measure: the watchers ended")), reject);
    });
  child.send(job);
  await answer();
  return {
    async events() {
      child.send("count");
      const message = await answer();
      return "events" in message ? message.events : 0;
    },
    async [Symbol.asyncDispose]() {
      child.disconnect();
      await exited;
    },
  };
}
