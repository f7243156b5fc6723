import { type Chunk, type Clock, formatYaml, type Response } from "@kubets/machinery";

import type { Accepted } from "../request/content.ts";
import type { Delivery, Watcher } from "../watch-cache/watcher.ts";
import { concat } from "./list-answer.ts";
import type { Projector } from "./projector.ts";

export interface WatchAnswerOptions {
  readonly projector: Projector;
  readonly accepted: Accepted;
  readonly clock: Clock;
  /** After this time the watch ends, so that no client hangs on one server for ever. */
  readonly milliseconds: number;
  readonly signal: AbortSignal;
}

/** A watch as an answer: a chunk for all that came while the reader was busy. */
export function watchAnswer(watcher: Watcher, { projector, accepted, clock, milliseconds, signal }: WatchAnswerOptions): Response {
  const timer = clock.after(milliseconds, () => watcher.end());
  const onAbort = (): void => {
    timer[Symbol.dispose]();
    watcher.close();
  };
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  const frame = accepted.mediaType === "application/yaml" ? yamlFrames(projector) : jsonFrames(projector);

  async function* chunks(): AsyncGenerator<Chunk> {
    let isFirst = true;
    try {
      for (;;) {
        const deliveries = await watcher.next();
        if (deliveries === undefined) return;
        const first = isFirst;
        isFirst = false;
        yield {
          bytes: () => frame(deliveries, first),
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

  return { status: 200, headers: { "content-type": accepted.mediaType }, body: { kind: "stream", chunks: chunks() } };
}

const encoder = new TextEncoder();
const before = {
  ADDED: encoder.encode('{"type":"ADDED","object":'),
  MODIFIED: encoder.encode('{"type":"MODIFIED","object":'),
  DELETED: encoder.encode('{"type":"DELETED","object":'),
  BOOKMARK: encoder.encode('{"type":"BOOKMARK","object":'),
  ERROR: encoder.encode('{"type":"ERROR","object":'),
} as const;
const after = encoder.encode("}\n");

function eventValue(delivery: Delivery, projector: Projector, isFirst: boolean): unknown {
  const { type, object } = delivery;
  return { type, object: type === "ERROR" ? object.object : projector.value(object, isFirst) };
}

type Frames = (deliveries: readonly Delivery[], isFirst: boolean) => Uint8Array;

// Watchers of one kind that get the same events one after another share the bytes of the last chunk.
const lastChunk = new WeakMap<Delivery, { readonly projector: Projector; readonly bytes: Uint8Array }>();

function jsonFrames(projector: Projector): Frames {
  return (deliveries, isFirst) => {
    const only = deliveries.length === 1 && !isFirst ? deliveries[0]! : undefined;
    const known = only === undefined ? undefined : lastChunk.get(only);
    if (known !== undefined && known.projector === projector) return known.bytes;
    const parts: Uint8Array[] = [];
    for (let index = 0; index < deliveries.length; index++) {
      const { type, object } = deliveries[index]!;
      parts.push(before[type], type === "ERROR" ? object.bytes : projector.bytes(object, isFirst && index === 0), after);
    }
    const bytes = concat(parts);
    if (only !== undefined) lastChunk.set(only, { projector, bytes });
    return bytes;
  };
}

function yamlFrames(projector: Projector): Frames {
  return (deliveries, isFirst) => {
    const documents = deliveries.map((delivery, index) => `---\n${formatYaml(eventValue(delivery, projector, isFirst && index === 0))}`);
    return encoder.encode(documents.join(""));
  };
}
