import type { Clock, Logger, Task, Tasks } from "@kubets/machinery";
import { sleep } from "@kubets/machinery";
import { compacted } from "../../errors.ts";
import type { RecentEvents } from "../../recent-events.ts";
import type { Revision, StoreEvent, WatchBatch } from "../../store.ts";
import type { EtcdConnection } from "./connection.ts";
import { unavailable } from "./errors.ts";
import type { Keyspace } from "./keyspace.ts";
import { revisionOf } from "./keyspace.ts";
import type { WatchResponse } from "./messages.ts";

/** After a watch broke, the next one is tried this much later. */
const retryMilliseconds = 1000;
/** A batch of old events ends here. */
const batchEvents = 1024;

export interface FollowerOptions {
  readonly connection: EtcdConnection;
  readonly keyspace: Keyspace;
  readonly recent: RecentEvents;
  readonly clock: Clock;
  readonly tasks: Tasks;
  readonly logger: Logger;
  /** Told when the recent events have changed. */
  readonly onNews: () => void;
  /** Told of a compaction that was come across. */
  readonly onCompacted: (revision: Revision) => void;
  /** Writes the mark, so that there is an event; resolves with its revision. */
  readonly writeMark: () => Promise<Revision>;
}

/**
 * One watch of the whole store on etcd, from which all watchers of this process are served.
 *
 * Progress comes with the events: some versions of etcd answer a request for progress before they have sent the events up to it, so
 * none is made.
 */
export class Follower {
  readonly #options: FollowerOptions;
  readonly #abort = new AbortController();
  #over: Promise<void> = Promise.resolve();

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  start(): void {
    const over = Promise.withResolvers<void>();
    this.#over = over.promise;
    this.#options.tasks.start("etcd watch", async (task) => {
      try {
        while (!this.#abort.signal.aborted) await this.#follow(task);
      } finally {
        over.resolve();
      }
    });
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#over;
  }

  /** The next old events of a prefix: after one revision, up to another at which there is one, or as many as make a batch. */
  async readOld(prefix: string, after: Revision, upTo: Revision): Promise<WatchBatch> {
    const { connection, keyspace, onCompacted, tasks } = this.#options;
    const abort = new AbortController();
    const { endpoint } = connection;
    return tasks.run("etcd request", async () => {
      try {
        const events: StoreEvent[] = [];
        // From `after` itself, so that etcd refuses when it is compacted; its own event is left out.
        for await (const response of endpoint.watch.watch(this.#request(after, abort.signal), { signal: abort.signal })) {
          if (response.canceled) {
            const oldest = revisionOf(response.compactRevision);
            onCompacted(oldest);
            throw compacted(`watch "${prefix}" after revision ${after}`, oldest);
          }
          const last = revisionOf(response.events.at(-1)?.kv?.modRevision);
          for (const event of keyspace.eventsOf(response.events)) {
            const { key, revision } = event.type === "put" ? event.entry : event;
            if (revision > after && revision <= upTo && key.startsWith(prefix)) events.push(event);
          }
          if (last >= upTo) return { events, revision: upTo };
          if (events.length >= batchEvents && last > after) return { events, revision: last };
        }
        throw unavailable(`watch "${prefix}"`, new Error("the stream of events ended"), { wasWrite: false });
      } catch (error) {
        if (error instanceof Error && "reason" in error) throw error;
        connection.leave(endpoint);
        throw unavailable(`watch "${prefix}"`, error, { wasWrite: false });
      } finally {
        abort.abort();
      }
    });
  }

  /** Follows until the watch breaks, and then waits a little. */
  async #follow(task: Task): Promise<void> {
    const { connection, clock, logger, recent } = this.#options;
    const { signal } = this.#abort;
    const { endpoint } = connection;
    try {
      const from = (recent.current + 1) as Revision;
      const stream = endpoint.watch.watch(this.#request(from, signal), { signal, headers: { hasleader: "true" } });
      const responses = stream[Symbol.asyncIterator]();
      for (;;) {
        const next = await task.idle(responses.next());
        if (next.done === true) throw new Error("the stream of events ended");
        await this.#take(next.value);
      }
    } catch (error) {
      if (signal.aborted) return;
      logger.warn("The watch of etcd broke; it is begun again", { error });
      connection.leave(endpoint);
      await task.idle(sleep(clock, retryMilliseconds, signal)).catch(() => {});
    }
  }

  async #take(response: WatchResponse): Promise<void> {
    const { keyspace, onCompacted, onNews, recent, writeMark } = this.#options;
    if (response.canceled) {
      if (response.compactRevision === 0n) throw new Error(response.cancelReason);
      // What was missed can't be had any more: watchers have to begin again, from a revision at which there is an event.
      onCompacted(revisionOf(response.compactRevision));
      recent.restart(await writeMark());
      onNews();
      throw new Error("events were compacted away before they were seen");
    }
    const last = response.events.at(-1)?.kv?.modRevision;
    // A response without events tells progress: nothing up to its revision is missing.
    const revision = revisionOf(last ?? (response.created ? 0n : response.header?.revision));
    if (revision <= recent.current) return;
    recent.add(keyspace.eventsOf(response.events), revision);
    onNews();
  }

  async *#request(
    from: Revision,
    signal: AbortSignal,
  ): AsyncGenerator<{
    requestUnion: {
      case: "createRequest";
      value: { startRevision: bigint } & Keyspace["all"] & { prevKv: boolean; progressNotify: boolean };
    };
  }> {
    const value = { ...this.#options.keyspace.all, startRevision: BigInt(Math.max(1, from)), prevKv: true, progressNotify: true };
    yield { requestUnion: { case: "createRequest", value } };
    // The stream of requests stays open as long as the watch is wanted.
    if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  }
}
