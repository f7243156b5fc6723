import { getCompileCacheDir } from "node:module";
import { Worker } from "node:worker_threads";
import type { Tasks } from "@kubets/machinery";
import { StoreError } from "../../store.ts";
import type { Disk, ReplyMessage, RequestName, Requests } from "./disk.ts";

interface Waiting {
  readonly name: RequestName;
  readonly resolve: (reply: Requests[RequestName]["reply"]) => void;
  readonly reject: (error: StoreError) => void;
}

/** The file of a store, reached through a thread that is started by the first request, and again after it died. */
export class WorkerDisk implements Disk {
  readonly #tasks: Tasks;
  #worker: Worker | undefined;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #closed = false;
  #isOpen = false;

  constructor(tasks: Tasks) {
    this.#tasks = tasks;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  async call<Name extends RequestName>(
    name: Name,
    request: Requests[Name]["request"],
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<Requests[Name]["reply"]> {
    if (this.#closed) throw new StoreError("Unavailable", "Cannot reach the file of the store: it is closed");
    if (name !== "open" && this.#worker === undefined)
      throw new StoreError("Unavailable", "Cannot reach the file of the store: its thread has ended");
    if (name === "close") this.#closed = true;
    using _task = this.#tasks.begin("store disk");
    this.#worker ??= this.#start();
    const worker = this.#worker;
    const id = ++this.#lastId;
    const reply = Promise.withResolvers<Requests[RequestName]["reply"]>();
    this.#waiting.set(id, { name, resolve: reply.resolve, reject: reply.reject });
    worker.postMessage({ id, name, request }, transfer);
    const answer = (await reply.promise) as Requests[Name]["reply"];
    if (name === "open") this.#isOpen = true;
    if (name === "close") await this.stop();
    return answer;
  }

  async stop(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    using _task = this.#tasks.begin("store disk");
    await worker.terminate();
    this.#ended(worker, undefined);
  }

  #start(): Worker {
    // The file beside this one, as it lies there: TypeScript in a checkout, JavaScript in a package.
    const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
    // A thread doesn't take over the cache of compiled code that its process uses, and would compile everything anew.
    const compiled = getCompileCacheDir();
    const env = compiled === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: compiled };
    const worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), { name: "store disk", env });
    worker.on("message", (message: ReplyMessage) => {
      const waiting = this.#waiting.get(message.id);
      this.#waiting.delete(message.id);
      if ("reply" in message) return waiting?.resolve(message.reply);
      const { reason, message: text, outcomeUnknown } = message.failure;
      waiting?.reject(new StoreError(reason, text, { outcomeUnknown }));
    });
    worker.on("error", (error) => this.#ended(worker, error));
    worker.on("exit", () => this.#ended(worker, undefined));
    return worker;
  }

  #ended(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#isOpen = false;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { name, reject } of waiting) {
      // Whether the thread got to write the batch before it ended, nobody knows until the file is read again.
      const outcomeUnknown = name === "commit";
      reject(new StoreError("Unavailable", "Cannot reach the file of the store: its thread has ended", { cause, outcomeUnknown }));
    }
  }
}
