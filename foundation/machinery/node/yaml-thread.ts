import { getCompileCacheDir } from "node:module";
import { Worker } from "node:worker_threads";
import type { Clock, Timer } from "../clock.ts";
import type { ParsedJson } from "../json.ts";
import { badRequest } from "../status-error.ts";
import type { Tasks } from "../tasks.ts";
import type { YamlReader } from "../yaml.ts";
import type { YamlAnswer, YamlQuestion } from "./yaml-worker.ts";

/** A thread that reads YAML for one that must not be kept from others. */
export interface YamlThread extends AsyncDisposable {
  readonly read: YamlReader;
}

/** Milliseconds without anything to read, after which the thread ends: large YAML is seldom. */
const longestIdle = 60_000;

/** The thread is started by the first text, and again by the first after it ended. */
export function createYamlThread({ clock, tasks }: { readonly clock: Clock; readonly tasks: Tasks }): YamlThread {
  const waiting = new Map<number, PromiseWithResolvers<ParsedJson>>();
  let worker: Worker | undefined;
  let idle: Timer | undefined;
  let lastId = 0;

  const ended = (which: Worker, cause: unknown): void => {
    if (worker !== which) return;
    worker = undefined;
    const unanswered = [...waiting.values()];
    waiting.clear();
    for (const { reject } of unanswered) reject(new Error("Cannot read YAML: the thread that reads it has ended", { cause }));
  };

  const start = (): Worker => {
    // The file beside this one, as it lies there: TypeScript in a checkout, JavaScript in a package.
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    const compiled = getCompileCacheDir();
    const env = compiled === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: compiled };
    const started = new Worker(new URL(`./yaml-worker.${extension}`, import.meta.url), { name: "yaml", env });
    started.on("message", (answer: YamlAnswer) => {
      const asked = waiting.get(answer.id);
      waiting.delete(answer.id);
      if (waiting.size === 0) idle = clock.after(longestIdle, () => void tasks.start("yaml thread", stop));
      if ("problem" in answer) asked?.reject(badRequest(answer.problem));
      else asked?.resolve({ value: JSON.parse(answer.json), duplicates: answer.duplicates });
    });
    started.on("error", (error) => ended(started, error));
    started.on("exit", () => ended(started, undefined));
    return started;
  };

  const stop = async (): Promise<void> => {
    idle?.[Symbol.dispose]();
    const which = worker;
    if (which === undefined) return;
    await which.terminate();
    ended(which, undefined);
  };

  return {
    read: (source, options) =>
      tasks.run("yaml thread", async () => {
        idle?.[Symbol.dispose]();
        worker ??= start();
        const asked = Promise.withResolvers<ParsedJson>();
        const question: YamlQuestion = { id: ++lastId, source, options };
        waiting.set(question.id, asked);
        worker.postMessage(question, []);
        return await asked.promise;
      }),
    [Symbol.asyncDispose]: () => tasks.run("yaml thread", stop),
  };
}
