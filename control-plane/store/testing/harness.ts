import type { Cause, Instant, ManualClock, Tasks } from "@kubets/machinery";
import { createManualClock, createTasks } from "@kubets/machinery";
import type { Entry, Revision, Store, StoreEvent, WatchBatch } from "../store.ts";

/** What a store under test is made with. Bounds are given only where a test is about them. */
export interface StoreSettings {
  readonly clock: ManualClock;
  readonly tasks: Tasks;
  readonly watchWindowBytes?: number;
}

/** Opens a store that is empty, though its revision may be any. */
export type OpenStore = (settings: StoreSettings) => Promise<Store>;

export interface ConformanceOptions {
  /** Concurrent writes get their revisions in the order of the calls: true where one process decides. */
  readonly ordered: boolean;
  /** How many histories the comparison with the model tries. */
  readonly histories: number;
  readonly seed?: number;
}

export interface Bench extends AsyncDisposable {
  readonly store: Store;
  readonly clock: ManualClock;
  readonly tasks: Tasks;
  /** The revision before anything was written. */
  readonly start: Revision;
  watch(prefix: string, after: Revision): Watching;
}

export const noon: Instant = 1_800_000_000_000 as Instant;
export const alice: Cause = { user: "alice" };

// Law 2 keeps the macrotask queue out of components; a test is at the edge.
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export async function setUp(open: OpenStore, bounds: { readonly watchWindowBytes?: number } = {}): Promise<Bench> {
  const tasks = createTasks({ turn });
  const clock = createManualClock({ start: noon, tasks, turn });
  const store = await open({ clock, tasks, ...bounds });
  const watches: Watching[] = [];
  return {
    store,
    clock,
    tasks,
    start: await store.currentRevision(),
    watch(prefix, after) {
      const watching = startWatching(store, { prefix, after });
      watches.push(watching);
      return watching;
    },
    async [Symbol.asyncDispose]() {
      for (const watching of watches) watching.stop();
      await store.close();
      if (tasks.failures.length > 0) throw new AggregateError(tasks.failures.map(({ error }) => error));
    },
  };
}

/** A watcher that writes down everything it is given. */
export interface Watching {
  readonly batches: readonly WatchBatch[];
  readonly events: readonly StoreEvent[];
  /** Resolves when everything up to `revision` was given; rejects when the watch ended before. */
  reached(revision: Revision): Promise<void>;
  /** Resolves when the watch has ended, with its error if it ended by one. */
  readonly ended: Promise<unknown>;
  stop(): void;
}

function startWatching(store: Store, { prefix, after }: { readonly prefix: string; readonly after: Revision }): Watching {
  const abort = new AbortController();
  const batches: WatchBatch[] = [];
  const events: StoreEvent[] = [];
  let news = Promise.withResolvers<void>();
  let over = false;
  const read = async (): Promise<unknown> => {
    try {
      for await (const batch of store.watch({ prefix, after, signal: abort.signal })) {
        batches.push(batch);
        events.push(...batch.events);
        news.resolve();
        news = Promise.withResolvers();
      }
      return undefined;
    } catch (error) {
      return error;
    } finally {
      over = true;
      news.resolve();
    }
  };
  const ended = read();
  return {
    batches,
    events,
    ended,
    async reached(revision) {
      while ((batches.at(-1)?.revision ?? after) < revision) {
        if (over) throw new Error(`The watch of "${prefix}" ended before revision ${revision}`, { cause: await ended });
        await news.promise;
      }
    },
    stop: () => abort.abort(),
  };
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function text(value: Uint8Array | undefined): string | undefined {
  return value === undefined ? undefined : new TextDecoder().decode(value);
}

/** An entry or event with its values as text, to compare and to read. */
export function shown(entry: Entry): Record<string, unknown> {
  const { key, value, revision, created, cause } = entry;
  return { key, value: text(value), revision, created, cause };
}

export function shownEvent(event: StoreEvent): Record<string, unknown> {
  return event.type === "put"
    ? { type: "put", ...shown(event.entry), previous: text(event.previous) }
    : { ...event, previous: text(event.previous) };
}

/** The error that a call rejects with. */
export async function rejection(call: Promise<unknown>): Promise<Record<string, unknown>> {
  const outcome = await call.then(
    (value) => ({ resolved: value }),
    (error: unknown) => ({ error }),
  );
  if (!("error" in outcome)) throw new Error(`Expected a rejection; the call resolved with ${JSON.stringify(outcome.resolved)}`);
  if (!(outcome.error instanceof Error) || !("reason" in outcome.error)) throw outcome.error;
  const { reason, revision } = outcome.error as Error & { reason: unknown; revision?: unknown };
  return { reason, revision };
}
