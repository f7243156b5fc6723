import type { Chunk, Clock, Response, Status, StreamReader } from "@kubets/machinery";
import { statusObject } from "../watch-cache/cached-object.ts";
import type { Delivery, Watcher } from "../watch-cache/watcher.ts";
import { type Encoding, eventValue } from "./encoding/encoding.ts";
import type { Projector } from "./projector.ts";

export interface WatchAnswerOptions {
  readonly projector: Projector;
  /** What is done with events before they are written. */
  readonly prepare?: (deliveries: readonly Delivery[]) => Promise<readonly Delivery[]>;
  readonly encoding: Encoding;
  readonly clock: Clock;
  /** After this time the watch ends, so that no client hangs on one server for ever. */
  readonly milliseconds: number;
  readonly signal: AbortSignal;
}

/** A watch as an answer: a chunk for all that came while the reader was busy, or events that are brought to a reader in the same process. */
export function watchAnswer(watcher: Watcher, { projector, prepare, encoding, clock, milliseconds, signal }: WatchAnswerOptions): Response {
  const timer = clock.after(milliseconds, () => watcher.end());
  let reader: StreamReader | undefined;
  let isFirst = true;
  const release = (): void => {
    timer[Symbol.dispose]();
    signal.removeEventListener("abort", onAbort);
  };
  const onAbort = (): void => {
    release();
    watcher.close();
    reader?.end(signal.reason);
  };
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();

  const valuesOf = (deliveries: readonly Delivery[], first: boolean): readonly unknown[] =>
    deliveries.map((delivery, index) => eventValue(delivery, projector, first && index === 0));

  async function* chunks(): AsyncGenerator<Chunk> {
    try {
      for (;;) {
        const taken = await watcher.next();
        if (taken === undefined) return;
        const deliveries = prepare === undefined ? taken : await prepare(taken);
        if (deliveries.length === 0) {
          watcher.delivered();
          continue;
        }
        const first = isFirst;
        isFirst = false;
        yield {
          bytes: () => framesOf(encoding, deliveries, first),
          decoded: () => valuesOf(deliveries, first),
          delivered: () => watcher.delivered(),
        };
      }
    } finally {
      release();
      watcher.close();
    }
  }

  const subscribe = (subscriber: StreamReader): void => {
    if (signal.aborted) return subscriber.end(signal.reason);
    reader = subscriber;
    watcher.bringTo({
      take(deliveries) {
        const first = isFirst;
        isFirst = false;
        subscriber.take(valuesOf(deliveries, first));
      },
      end(error) {
        release();
        subscriber.end(error);
      },
    });
  };

  const body = {
    kind: "stream",
    // Made when somebody asks: a suspended generator is a large thing to keep.
    chunks: { [Symbol.asyncIterator]: chunks },
    // What takes time before it can be shown is asked for, so that whoever reads waits for it.
    ...(prepare === undefined ? { subscribe } : {}),
  } as const;
  return { status: 200, headers: { "content-type": encoding.streamType }, body };
}

/** A watch that can't begin any more: all that it tells is why. */
export function failedWatchAnswer(status: Status, encoding: Encoding): Response {
  const failure: Delivery = { type: "ERROR", object: statusObject(status) };
  async function* chunks(): AsyncGenerator<Chunk> {
    yield { bytes: () => encoding.events([failure], true), decoded: () => [{ type: "ERROR", object: failure.object.object }] };
  }
  return { status: 200, headers: { "content-type": encoding.streamType }, body: { kind: "stream", chunks: chunks() } };
}

interface LastChunk {
  readonly encoding: Encoding;
  readonly deliveries: readonly Delivery[];
  readonly bytes: Uint8Array;
}

// Watchers that get the same events one after another share the bytes of a chunk: it is known by its first event.
const lastChunk = new WeakMap<Delivery, LastChunk>();

function framesOf(encoding: Encoding, deliveries: readonly Delivery[], isFirst: boolean): Uint8Array {
  if (isFirst) return encoding.events(deliveries, true);
  const known = lastChunk.get(deliveries[0]!);
  if (known !== undefined && known.encoding === encoding && sameItems(known.deliveries, deliveries)) return known.bytes;
  const bytes = encoding.events(deliveries, false);
  lastChunk.set(deliveries[0]!, { encoding, deliveries, bytes });
  return bytes;
}

function sameItems<Item>(a: readonly Item[], b: readonly Item[]): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}
