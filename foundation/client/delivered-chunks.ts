import type { Chunk } from "@kubets/machinery";
import type { ScopedSignal } from "./abort-scope.ts";

export interface DeliveredChunksOptions<Value> {
  readonly chunks: AsyncIterable<Chunk>;
  readonly request: ScopedSignal;
  /** What the reader is given for a chunk. */
  readonly read: (chunk: Chunk) => Value;
  /** What is left for the reader after the last chunk; nothing when absent or `undefined`. */
  readonly rest?: () => Value | undefined;
}

/**
 * The chunks of a streamed answer, for one reader. A chunk counts as delivered when the next one is asked for, or none ever will be. Rejects at
 * once when the request is aborted.
 *
 * Written by hand rather than as generators: every change in a cluster passes here once for each of its watchers.
 */
export class DeliveredChunks<Value> implements AsyncIterableIterator<Value> {
  readonly #options: DeliveredChunksOptions<Value>;
  readonly #chunks: AsyncIterator<Chunk>;
  #given: Chunk | undefined;
  #rejectNext: ((reason: unknown) => void) | undefined;
  #ended = false;

  constructor(options: DeliveredChunksOptions<Value>) {
    this.#options = options;
    this.#chunks = options.chunks[Symbol.asyncIterator]();
    const { signal } = options.request;
    // It is the request's own and goes with it: there is nothing to take back.
    signal.addEventListener("abort", () => this.#rejectNext?.(signal.reason), { once: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Value, undefined>> {
    this.#deliver();
    if (this.#ended) return { done: true, value: undefined };
    const { request, read, rest } = this.#options;
    try {
      const next = await this.#nextChunk();
      if (next.done !== true) {
        this.#given = next.value;
        return { done: false, value: read(next.value) };
      }
      this.#ended = true;
      request.release();
      // The server may end a stream quietly when its caller is gone; whoever reads it is told.
      request.signal.throwIfAborted();
      const value = rest?.();
      return value === undefined ? { done: true, value: undefined } : { done: false, value };
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  async return(): Promise<IteratorResult<Value, undefined>> {
    this.#leave();
    return { done: true, value: undefined };
  }

  #nextChunk(): Promise<IteratorResult<Chunk>> {
    return new Promise((resolve, reject) => {
      const { signal } = this.#options.request;
      if (signal.aborted) return reject(signal.reason);
      this.#rejectNext = reject;
      this.#chunks.next().then(resolve, reject);
    });
  }

  #deliver(): void {
    const given = this.#given;
    this.#given = undefined;
    given?.delivered?.();
  }

  #leave(): void {
    this.#deliver();
    if (this.#ended) return;
    this.#ended = true;
    this.#options.request.abort();
    // Not awaited: a stream that waits ends when its server has noticed.
    this.#chunks.return?.().catch(() => {});
  }
}
