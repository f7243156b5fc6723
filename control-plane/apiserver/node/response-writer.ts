import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Headers, Response, Task } from "@kubets/machinery";
import type { Turns } from "./turns.ts";

const zip = promisify(gzip);

/** Where an answer goes: an HTTP/2 stream or an HTTP/1.1 response. */
export interface AnswerSink {
  head(status: number, headers: Headers): void;
  /** Resolves when more may be written; rejects when the caller has gone. */
  write(bytes: Uint8Array): Promise<void>;
  end(bytes?: Uint8Array): void;
  /** Breaks the answer off, so that the caller can tell it from a whole one. */
  abort(): void;
}

export interface WriteAnswerOptions {
  readonly isHead: boolean;
  readonly acceptsGzip: boolean;
  readonly task: Task;
  readonly turns: Turns;
}

// Smaller answers cost less to send than to compress.
const smallestCompressed = 128 * 1024;

export async function writeAnswer(
  { status, headers, body }: Response,
  sink: AnswerSink,
  { isHead, acceptsGzip, task, turns }: WriteAnswerOptions,
): Promise<void> {
  if (isHead) {
    sink.head(status, headers);
    return sink.end();
  }
  if (body.kind === "bytes") {
    const bytes = body.bytes();
    if (!acceptsGzip || bytes.length < smallestCompressed) {
      sink.head(status, { ...headers, "content-length": String(bytes.length) });
      return sink.end(bytes);
    }
    // Off the loop: zlib works in Node's own threads.
    const compressed = await zip(bytes, { level: 1 });
    sink.head(status, { ...headers, "content-encoding": "gzip", vary: "accept-encoding", "content-length": String(compressed.length) });
    return sink.end(compressed);
  }
  sink.head(status, headers);
  const chunks = body.chunks[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await task.idle(chunks.next());
      if (next.done === true) return sink.end();
      await turns.enter(sink);
      await task.idle(sink.write(next.value.bytes()));
      next.value.delivered?.();
      // Waiting for a fast socket never yields. And what comes meanwhile goes into one piece.
      await turns.later(sink);
    }
  } catch (error) {
    sink.abort();
    await chunks.return?.();
    throw error;
  }
}
