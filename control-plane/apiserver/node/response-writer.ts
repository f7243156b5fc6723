import { promisify } from "node:util";
import { createGzip, gzip } from "node:zlib";
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
  // What is passed on as it comes, such as a watch, isn't held back to be compressed.
  const packer = acceptsGzip && body.isWhole === true ? gzipPacker() : undefined;
  sink.head(status, packer === undefined ? headers : { ...headers, "content-encoding": "gzip", vary: "accept-encoding" });
  const chunks = body.chunks[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await task.idle(chunks.next());
      if (next.done === true) return sink.end(await packer?.end());
      await turns.enter(sink);
      const bytes = packer === undefined ? next.value.bytes() : await packer.pack(next.value.bytes());
      if (bytes.length > 0 || packer === undefined) await task.idle(sink.write(bytes));
      next.value.delivered?.();
      // What was written is encrypted, or compressed, by now: longer pieces than a socket takes at once are waited for.
      next.value.release?.();
      // Waiting for a fast socket never yields. And what comes meanwhile goes into one piece.
      await turns.later(sink);
    }
  } catch (error) {
    sink.abort();
    await chunks.return?.();
    throw error;
  }
}

/** Compresses an answer piece by piece, off the loop. */
interface Packer {
  /** What can be sent when these bytes have been taken; often nothing yet. */
  pack(bytes: Uint8Array): Promise<Uint8Array>;
  /** What is left to be sent. */
  end(): Promise<Uint8Array>;
}

function gzipPacker(): Packer {
  const stream = createGzip({ level: 1 });
  let packed: Buffer[] = [];
  stream.on("data", (bytes: Buffer) => packed.push(bytes));
  const taken = (): Uint8Array => {
    const bytes = Buffer.concat(packed);
    packed = [];
    return bytes;
  };
  return {
    pack: (bytes) =>
      new Promise((resolve, reject) =>
        stream.write(bytes, (error) => (error === null || error === undefined ? resolve(taken()) : reject(error))),
      ),
    end: () =>
      new Promise((resolve, reject) =>
        stream
          .once("error", reject)
          .once("end", () => resolve(taken()))
          .end(),
      ),
  };
}
