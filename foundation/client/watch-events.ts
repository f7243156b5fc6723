import type { KubernetesObject, WatchEvent } from "@kubets/machinery";
import type { Watching } from "./client.ts";
import { failureOf } from "./status-answer.ts";
import type { TransportResponse } from "./transport.ts";

export interface WatchEventsOptions<T extends KubernetesObject> {
  /** Sends the request, when the first event is asked for. */
  readonly open: () => Promise<TransportResponse>;
  /** Fills in what a remote server left out; absent where nothing is. */
  readonly complete?: (event: WatchEvent<T>) => WatchEvent<T>;
}

/** The events of one watch, in batches, for one reader. An ERROR event rejects with its `StatusError`, after what came before it. */
export class WatchEvents<T extends KubernetesObject> implements AsyncIterableIterator<readonly WatchEvent<T>[]>, Watching<T> {
  readonly #options: WatchEventsOptions<T>;
  #batches: AsyncIterator<readonly unknown[]> | undefined;
  #failure: unknown;
  #ended = false;

  constructor(options: WatchEventsOptions<T>) {
    this.#options = options;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<readonly WatchEvent<T>[], undefined>> {
    try {
      while (!this.#ended) {
        if (this.#failure !== undefined) throw this.#failure;
        this.#batches ??= (await this.#options.open()).events()[Symbol.asyncIterator]();
        const next = await this.#batches.next();
        if (next.done === true) break;
        const good = this.#goodOf(next.value as readonly WatchEvent<T>[]);
        if (good.length > 0) return { done: false, value: good };
      }
    } catch (error) {
      await this.return();
      throw error;
    }
    this.#ended = true;
    return { done: true, value: undefined };
  }

  async forEach(take: (events: readonly WatchEvent<T>[]) => void): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    const batches = (await this.#options.open()).events();
    const takeGood = (batch: readonly unknown[]): void => {
      const good = this.#goodOf(batch as readonly WatchEvent<T>[]);
      if (good.length > 0) take(good);
      if (this.#failure !== undefined) throw this.#failure;
    };
    if (batches.forEach !== undefined) return batches.forEach(takeGood);
    for await (const batch of batches) takeGood(batch);
  }

  async return(): Promise<IteratorResult<readonly WatchEvent<T>[], undefined>> {
    if (!this.#ended) {
      this.#ended = true;
      await this.#batches?.return?.();
    }
    return { done: true, value: undefined };
  }

  /** What comes before a failure, which is remembered. */
  #goodOf(events: readonly WatchEvent<T>[]): readonly WatchEvent<T>[] {
    const { complete } = this.#options;
    const failure = events.findIndex((event) => event.type === "ERROR");
    if (failure >= 0) this.#failure = failureOf(500, events[failure]!.object);
    const good = failure < 0 ? events : events.slice(0, failure);
    return complete === undefined ? good : good.map(complete);
  }
}
