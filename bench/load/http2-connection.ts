import { once } from "node:events";
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { pathField, type RequestFields, requestFields, statusOf } from "./header-block.ts";

export interface Credentials {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** What becomes of one request. */
export interface Answer {
  onHead?(status: number): void;
  onData?(bytes: Uint8Array): void;
  /** `status` 0: the stream was reset. */
  onEnd(status: number, hadBody: boolean): void;
}

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const largestWindow = 2 ** 31 - 1;
const firstWindow = 65_535;
const largestFrame = 16_384;
// The server may send this much before it hears that we took it.
const windowStep = 64 * 2 ** 20;

const frames = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goAway: 7, windowUpdate: 8 } as const;
const endStream = 1;
const acknowledged = 1;
const endHeaders = 4;

interface Stream {
  readonly answer: Answer;
  status: number;
  hadBody: boolean;
}

interface Unsent {
  readonly id: number;
  readonly body: Uint8Array;
}

/**
 * A client's end of one HTTP/2 connection, as cheap as it can be: the generator shares two cores with what it measures, and Node's own
 * client costs as much as a server. Requests made in one turn of the event loop leave in one piece.
 */
export class Http2Connection {
  readonly #socket: Socket;
  readonly #authority: string;
  readonly #isTls: boolean;
  readonly #streams = new Map<number, Stream>();
  #nextId = 1;
  #out: Uint8Array[] = [];
  #isFlushing = false;
  #rest: Buffer = Buffer.alloc(0);
  #window = firstWindow;
  #streamWindow = firstWindow;
  #unsent: Unsent[] = [];
  #taken = 0;

  private constructor(socket: Socket, authority: string, isTls: boolean) {
    this.#socket = socket;
    this.#authority = authority;
    this.#isTls = isTls;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("error", () => {});
    socket.on("close", () => {
      for (const { answer, hadBody } of this.#streams.values()) answer.onEnd(0, hadBody);
      this.#streams.clear();
    });
    const settings = Buffer.alloc(12);
    settings.writeUInt16BE(1, 0); // SETTINGS_HEADER_TABLE_SIZE
    settings.writeUInt16BE(4, 6); // SETTINGS_INITIAL_WINDOW_SIZE
    settings.writeUInt32BE(largestWindow, 8);
    socket.write(Buffer.concat([preface, frame(frames.settings, 0, 0, settings), windowUpdate(largestWindow - firstWindow)]));
  }

  static async open(origin: string, credentials?: Credentials): Promise<Http2Connection> {
    const { hostname, port, host, protocol } = new URL(origin);
    const isTls = protocol === "https:";
    const socket = isTls
      ? connectTls({ host: hostname, port: Number(port), ALPNProtocols: ["h2"], ...credentials })
      : connectPlain({ host: hostname, port: Number(port) });
    await once(socket, isTls ? "secureConnect" : "connect");
    return new Http2Connection(socket, host, isTls);
  }

  /** The fields of requests of one sort, to be encoded once. */
  fields(method: string, headers: Readonly<Record<string, string>>): RequestFields {
    return requestFields(method, this.#authority, this.#isTls, headers);
  }

  request(fields: RequestFields, path: string, body: Uint8Array | undefined, answer: Answer): void {
    const id = this.#nextId;
    this.#nextId += 2;
    this.#streams.set(id, { answer, status: 0, hadBody: false });
    const block = Buffer.concat([fields.before, pathField(path), fields.after]);
    this.#out.push(frame(frames.headers, endHeaders | (body === undefined ? endStream : 0), id, block));
    if (body !== undefined) this.#sendBody({ id, body });
    this.#flushSoon();
  }

  close(): void {
    this.#socket.destroy();
  }

  #sendBody(unsent: Unsent): void {
    const { id, body } = unsent;
    if (this.#unsent.length > 0 || body.length > this.#window || body.length > this.#streamWindow) {
      this.#unsent.push(unsent);
      return;
    }
    this.#window -= body.length;
    for (let at = 0; at < body.length || at === 0; at += largestFrame) {
      const piece = body.subarray(at, at + largestFrame);
      this.#out.push(frame(frames.data, at + piece.length === body.length ? endStream : 0, id, piece));
    }
  }

  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    queueMicrotask(() => {
      this.#isFlushing = false;
      const out = this.#out;
      this.#out = [];
      if (!this.#socket.destroyed) this.#socket.write(Buffer.concat(out));
    });
  }

  #read(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (at + 9 <= bytes.length) {
      const length = bytes.readUIntBE(at, 3);
      if (at + 9 + length > bytes.length) break;
      this.#frame(bytes[at + 3]!, bytes[at + 4]!, bytes.readUInt32BE(at + 5) & 0x7fffffff, bytes.subarray(at + 9, at + 9 + length));
      at += 9 + length;
    }
    this.#rest = at === bytes.length ? Buffer.alloc(0) : Buffer.from(bytes.subarray(at));
    if (this.#taken < windowStep) return;
    this.#out.push(windowUpdate(this.#taken));
    this.#taken = 0;
    this.#flushSoon();
  }

  #frame(type: number, flags: number, id: number, payload: Buffer): void {
    switch (type) {
      case frames.headers: {
        const stream = this.#streams.get(id);
        // The second block of a stream is its trailers.
        if (stream !== undefined && stream.status === 0) {
          stream.status = statusOf(payload);
          stream.answer.onHead?.(stream.status);
        }
        if ((flags & endStream) !== 0) this.#end(id);
        return;
      }
      case frames.data: {
        const stream = this.#streams.get(id);
        this.#taken += payload.length;
        if (stream !== undefined) {
          stream.hadBody ||= payload.length > 0;
          stream.answer.onData?.(payload);
        }
        if ((flags & endStream) !== 0) this.#end(id);
        return;
      }
      case frames.reset: {
        const stream = this.#streams.get(id);
        if (stream !== undefined) stream.status = 0;
        return this.#end(id);
      }
      case frames.settings:
        if ((flags & acknowledged) === 0) this.#settings(payload);
        return;
      case frames.ping:
        if ((flags & acknowledged) === 0) this.#send(frame(frames.ping, acknowledged, 0, payload));
        return;
      case frames.windowUpdate:
        if (id === 0) {
          this.#window += payload.readUInt32BE(0);
          const waiting = this.#unsent;
          this.#unsent = [];
          for (const unsent of waiting) this.#sendBody(unsent);
          this.#flushSoon();
        }
        return;
      case frames.goAway:
        this.#socket.destroy();
    }
  }

  #settings(payload: Buffer): void {
    for (let at = 0; at + 6 <= payload.length; at += 6) {
      if (payload.readUInt16BE(at) === 4) this.#streamWindow = payload.readUInt32BE(at + 2);
    }
    this.#send(frame(frames.settings, acknowledged, 0, Buffer.alloc(0)));
  }

  #send(bytes: Uint8Array): void {
    this.#out.push(bytes);
    this.#flushSoon();
  }

  #end(id: number): void {
    const stream = this.#streams.get(id);
    if (!this.#streams.delete(id)) return;
    stream!.answer.onEnd(stream!.status, stream!.hadBody);
  }
}

function frame(type: number, flags: number, id: number, payload: Uint8Array): Uint8Array {
  const bytes = Buffer.allocUnsafe(9 + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(id, 5);
  bytes.set(payload, 9);
  return bytes;
}

function windowUpdate(bytes: number): Uint8Array {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(bytes);
  return frame(frames.windowUpdate, 0, 0, payload);
}
