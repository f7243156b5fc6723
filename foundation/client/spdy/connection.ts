import type { Duplex, Headers } from "@kubets/machinery";
import { createSpdyEncoder, createSpdyParser, type SpdyFrame } from "./frames.ts";

/** One of the streams that share a SPDY connection. `end` ends the writing direction; with an error, the stream. */
export interface SpdyStream extends Duplex {
  readonly headers: Headers;
}

export interface SpdyConnection {
  /** Opens a stream. */
  open(headers: Headers): Promise<SpdyStream>;
  /**
   * Reads what the other end sends until that has gone or the connection is closed, and resolves then. Nothing moves without it.
   * `onStream` is told of each stream that the other end opens.
   */
  serve(onStream: (stream: SpdyStream) => void): Promise<void>;
  /** Says goodbye. What hasn't been read by then is lost. */
  close(): Promise<void>;
}

/** What waits in one stream to be read, at most, before the other end is made to wait. */
const mostUnread = 4 * 2 ** 20;
const largestFrame = 32_768;
const resetStatus = { refused: 3, cancelled: 5 } as const;

/** One end of a SPDY/3.1 connection over a pair of byte streams. Windows are not kept, as by no client and no server of Kubernetes. */
export function spdyConnection({ connection, end }: { readonly connection: Duplex; readonly end: "client" | "server" }): SpdyConnection {
  const encode = createSpdyEncoder();
  const streams = new Map<number, Stream>();
  const isOurs = (id: number): boolean => id % 2 === (end === "client" ? 1 : 0);
  let nextStream = end === "client" ? 1 : 2;
  let lastStream = 0;
  let isClosed = false;

  const send = (frame: SpdyFrame): Promise<void> => connection.write(encode(frame));
  const finish = (): void => {
    isClosed = true;
    for (const stream of streams.values()) stream.received.fail(new Error("the connection was closed"));
    streams.clear();
  };
  const add = (id: number, headers: Headers): Stream => {
    const stream = createStream(id, headers, { send, forget: () => void streams.delete(id) });
    streams.set(id, stream);
    return stream;
  };

  const take = async (frame: SpdyFrame, onStream: (stream: SpdyStream) => void): Promise<void> => {
    switch (frame.kind) {
      case "stream": {
        const { stream: id, headers, isLast } = frame;
        if (isOurs(id) || id <= lastStream) return send({ kind: "reset", stream: id, status: resetStatus.refused });
        lastStream = id;
        const stream = add(id, headers);
        if (isLast) stream.received.end();
        await send({ kind: "reply", stream: id, headers: {}, isLast: false });
        return onStream(stream.duplex);
      }
      case "reply":
        if (frame.isLast) streams.get(frame.stream)?.received.end();
        return;
      case "data": {
        const received = streams.get(frame.stream)?.received;
        await received?.push(frame.bytes);
        if (frame.isLast) received?.end();
        return;
      }
      case "reset":
        streams.get(frame.stream)?.received.fail(new Error("the other end has given up the stream"));
        streams.delete(frame.stream);
        return;
      case "ping":
        // Ours are never sent: this one wants to come back.
        return send(frame);
      case "goAway":
        return;
    }
  };

  return {
    async open(headers) {
      const id = nextStream;
      nextStream += 2;
      const { duplex } = add(id, headers);
      await send({ kind: "stream", stream: id, headers, isLast: false });
      return duplex;
    },
    async serve(onStream) {
      const parser = createSpdyParser();
      try {
        for await (const bytes of connection.readable) {
          for (const frame of parser.push(bytes)) await take(frame, onStream);
        }
        await connection.end();
      } catch (error) {
        if (!isClosed) await connection.end(error);
      } finally {
        finish();
      }
    },
    async close() {
      if (isClosed) return;
      finish();
      await send({ kind: "goAway", lastStream }).catch(() => {});
      await connection.end();
    },
  };
}

interface Stream {
  readonly received: Received;
  readonly duplex: SpdyStream;
}

function createStream(
  id: number,
  headers: Headers,
  { send, forget }: { readonly send: (frame: SpdyFrame) => Promise<void>; readonly forget: () => void },
): Stream {
  const received = createReceived();
  let isEnded = false;
  return {
    received,
    duplex: {
      headers,
      readable: received.chunks(),
      async write(bytes) {
        if (isEnded) throw new Error("Cannot write: this direction of the stream has ended");
        for (let offset = 0; offset < bytes.length; offset += largestFrame)
          await send({ kind: "data", stream: id, bytes: bytes.subarray(offset, offset + largestFrame), isLast: false });
      },
      async end(error) {
        if (error !== undefined) {
          forget();
          received.fail(error);
          if (!isEnded) await send({ kind: "reset", stream: id, status: resetStatus.cancelled });
        } else if (!isEnded) await send({ kind: "data", stream: id, bytes: new Uint8Array(0), isLast: true });
        isEnded = true;
      },
    },
  };
}

interface Received {
  /** Resolves when there is room for more. */
  push(bytes: Uint8Array): Promise<void>;
  end(): void;
  fail(error: unknown): void;
  chunks(): AsyncIterable<Uint8Array>;
}

function createReceived(): Received {
  const waiting: Uint8Array[] = [];
  let size = 0;
  let outcome: { readonly error?: unknown } | undefined;
  let isUnwanted = false;
  let news = Promise.withResolvers<void>();
  let room = Promise.withResolvers<void>();
  const isFull = (): boolean => size > mostUnread && !isUnwanted && outcome === undefined;
  const tell = (): void => {
    news.resolve();
    news = Promise.withResolvers();
  };
  const makeRoom = (): void => {
    room.resolve();
    room = Promise.withResolvers();
  };
  const conclude = (end: { readonly error?: unknown }): void => {
    outcome ??= end;
    tell();
    makeRoom();
  };
  async function* read(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        const bytes = waiting.shift();
        if (bytes !== undefined) {
          size -= bytes.length;
          makeRoom();
          yield bytes;
        } else if (outcome === undefined) await news.promise;
        else if (outcome.error === undefined) return;
        else throw outcome.error;
      }
    } finally {
      isUnwanted = true;
      waiting.length = 0;
      makeRoom();
    }
  }
  return {
    async push(bytes) {
      if (bytes.length === 0 || isUnwanted || outcome !== undefined) return;
      waiting.push(bytes);
      size += bytes.length;
      tell();
      while (isFull()) await room.promise;
    },
    end: () => conclude({}),
    fail: (error) => conclude({ error }),
    chunks: read,
  };
}
