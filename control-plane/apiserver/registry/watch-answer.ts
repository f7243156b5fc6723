import type { Chunk, Clock, Response } from "@kubets/machinery";
import type { Delivery, Watcher } from "../watch-cache/watcher.ts";
import { type Encoding, eventValue } from "./encoding/encoding.ts";
import type { Projector } from "./projector.ts";

export interface WatchAnswerOptions {
  readonly projector: Projector;
  readonly encoding: Encoding;
  readonly clock: Clock;
  /** After this time the watch ends, so that no client hangs on one server for ever. */
  readonly milliseconds: number;
  readonly signal: AbortSignal;
}

/** A watch as an answer: a chunk for all that came while the reader was busy. */
export function watchAnswer(watcher: Watcher, { projector, encoding, clock, milliseconds, signal }: WatchAnswerOptions): Response {
  const timer = clock.after(milliseconds, () => watcher.end());
  const onAbort = (): void => {
    timer[Symbol.dispose]();
    watcher.close();
  };
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();

  async function* chunks(): AsyncGenerator<Chunk> {
    let isFirst = true;
    try {
      for (;;) {
        const deliveries = await watcher.next();
        if (deliveries === undefined) return;
        const first = isFirst;
        isFirst = false;
        yield {
          bytes: () => framesOf(encoding, deliveries, first),
          decoded: () => deliveries.map((delivery, index) => eventValue(delivery, projector, first && index === 0)),
          delivered: () => watcher.delivered(),
        };
      }
    } finally {
      timer[Symbol.dispose]();
      signal.removeEventListener("abort", onAbort);
      watcher.close();
    }
  }

  return { status: 200, headers: { "content-type": encoding.streamType }, body: { kind: "stream", chunks: chunks() } };
}

// Watchers of one kind that get the same events one after another share the bytes of the last chunk.
const lastChunk = new WeakMap<Delivery, { readonly encoding: Encoding; readonly bytes: Uint8Array }>();

function framesOf(encoding: Encoding, deliveries: readonly Delivery[], isFirst: boolean): Uint8Array {
  const only = deliveries.length === 1 && !isFirst ? deliveries[0]! : undefined;
  const known = only === undefined ? undefined : lastChunk.get(only);
  if (known !== undefined && known.encoding === encoding) return known.bytes;
  const bytes = encoding.events(deliveries, isFirst);
  if (only !== undefined) lastChunk.set(only, { encoding, bytes });
  return bytes;
}
