import type { TLSSocket } from "node:tls";
import { type Blocks, FrameOutput } from "./frame-output.ts";
import {
  type Code,
  codes,
  ConnectionError,
  firstWindow,
  flags,
  frames,
  headBytes,
  largestFrame,
  largestWindow,
  preface,
  settings,
} from "./frames.ts";
import { HeaderDecoder, UnreadableHead } from "./header-decoder.ts";
import { requestOf } from "./request-head.ts";
import { ServerStream, type StreamOwner } from "./server-stream.ts";

export interface Http2Options {
  readonly blocks: Blocks;
  /** Requests that may be under way at a time on one connection. */
  readonly mostStreams: number;
  /** How large the fields of a head may be together. */
  readonly longestHead: number;
  /** How much of one body, and of all of them, clients may send ahead. */
  readonly streamWindow: number;
  readonly connectionWindow: number;
  /** How long a client may take to begin. */
  readonly beginMilliseconds: number;
  readonly onRequest: (stream: ServerStream, socket: TLSSocket) => void;
  /** Told why a connection was broken off that broke the protocol. */
  readonly onError: (error: Error) => void;
}

/** A head may come in so many pieces after its first. */
const mostContinuations = 32;
/** Frames that ask for an answer, or say nothing, while nothing is read: more than this are an attack. */
const mostNuisances = 1000;
/** Streams that are reset by the client: so many at once, and so many per second for ever. */
const mostResets = 1000;
const resetsPerSecond = 33;

/** A head that comes in pieces. */
interface PartialHead {
  readonly id: number;
  readonly flags: number;
  readonly pieces: Buffer[];
  length: number;
}

/**
 * The server's end of an HTTP/2 connection (RFC 9113, RFC 7541): requests come out of it whole, with their bodies, and answers go in. It offers
 * nothing else: no pushes, no priorities, no trailers, and heads of answers that use no table.
 */
export class Http2Connection implements StreamOwner {
  readonly output: FrameOutput;
  sendWindow: number = firstWindow;
  readonly #socket: TLSSocket;
  readonly #options: Http2Options;
  readonly #decoder: HeaderDecoder;
  readonly #streams = new Map<number, ServerStream>();
  /** Those that wait for the client to take more, in the order of their turns. */
  readonly #blocked = new Set<ServerStream>();
  #rest: Buffer = nothing;
  #hasPreface = false;
  #hasSettings = false;
  #head: PartialHead | undefined;
  #lastId = 0;
  /** What streams begin with, as the client said. */
  #initialWindow = firstWindow;
  #uncredited = 0;
  #nuisances = 0;
  #progress = 0;
  #resets = 0;
  #resetsSince = performance.now();
  #isClosing = false;
  #isEnded = false;
  readonly #timer: NodeJS.Timeout;

  constructor(socket: TLSSocket, options: Http2Options) {
    this.#socket = socket;
    this.#options = options;
    this.#decoder = new HeaderDecoder(options.longestHead);
    this.output = new FrameOutput(socket, options.blocks);
    this.#timer = setTimeout(() => socket.destroy(), options.beginMilliseconds);
    socket.setNoDelay(true);
    socket.on("data", this.#read);
    socket.on("end", () => socket.end());
    // Errors of a socket end in its close; without a listener they would end the process.
    socket.on("error", options.onError);
    socket.on("close", () => this.#end());
    this.#greet();
  }

  /** Takes no more requests, and ends once those under way are answered. */
  close(): void {
    if (this.#isEnded || this.#isClosing) return;
    this.#isClosing = true;
    this.#goAway(codes.noError);
    this.#closeIfIdle();
  }

  blocked(stream: ServerStream): void {
    this.#blocked.add(stream);
  }

  received(stream: ServerStream): void {
    this.#options.onRequest(stream, this.#socket);
  }

  ended(stream: ServerStream): void {
    this.#streams.delete(stream.id);
    this.#blocked.delete(stream);
    this.#closeIfIdle();
  }

  #greet(): void {
    const { mostStreams, longestHead, streamWindow, connectionWindow } = this.#options;
    const offers = [
      [settings.mostStreams, mostStreams],
      [settings.initialWindow, streamWindow],
      [settings.longestHead, longestHead],
    ] as const;
    const payload = Buffer.alloc(6 * offers.length);
    for (const [index, [name, value]] of offers.entries()) {
      payload.writeUInt16BE(name, index * 6);
      payload.writeUInt32BE(value, index * 6 + 2);
    }
    this.output.frame(frames.settings, 0, 0, payload);
    this.#credit(0, connectionWindow - firstWindow);
  }

  readonly #read = (chunk: Buffer): void => {
    if (this.#isEnded) return;
    try {
      const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
      const taken = this.#take(bytes);
      this.#rest = taken === bytes.length ? nothing : bytes.subarray(taken);
    } catch (error) {
      this.#fail(error);
    }
  };

  /** Takes the frames that are whole; answers how many bytes that are. */
  #take(bytes: Buffer): number {
    let at = 0;
    if (!this.#hasPreface) {
      const given = bytes.subarray(0, preface.length);
      if (!given.equals(preface.subarray(0, given.length))) throw new ConnectionError(codes.protocol, "the client doesn't speak HTTP/2");
      if (given.length < preface.length) return 0;
      this.#hasPreface = true;
      at = preface.length;
    }
    while (at + headBytes <= bytes.length && !this.#isEnded) {
      const length = bytes.readUIntBE(at, 3);
      if (length > largestFrame) throw new ConnectionError(codes.frameSize, `a frame of ${length} bytes is too large`);
      const start = at + headBytes;
      if (start + length > bytes.length) break;
      this.#frame(bytes[at + 3]!, bytes[at + 4]!, bytes.readUInt32BE(at + 5) & largestWindow, bytes.subarray(start, start + length));
      at = start + length;
    }
    return at;
  }

  #frame(type: number, flag: number, id: number, payload: Buffer): void {
    if (!this.#hasSettings && type !== frames.settings) throw new ConnectionError(codes.protocol, "the first frame isn't one of settings");
    if (this.#head !== undefined && (type !== frames.continuation || id !== this.#head.id)) {
      throw new ConnectionError(codes.protocol, "a head was not continued");
    }
    switch (type) {
      case frames.data:
        return this.#data(flag, id, payload);
      case frames.headers:
        return this.#headers(flag, id, payload);
      case frames.continuation:
        return this.#continuation(flag, payload);
      case frames.priority:
        if (payload.length !== 5) throw new ConnectionError(codes.frameSize, "a priority has five bytes");
        return;
      case frames.reset:
        return this.#reset(id, payload);
      case frames.settings:
        return this.#settings(flag, id, payload);
      case frames.pushPromise:
        throw new ConnectionError(codes.protocol, "clients don't push");
      case frames.ping:
        if (id !== 0) throw new ConnectionError(codes.protocol, "pings are of the connection");
        if (payload.length !== 8) throw new ConnectionError(codes.frameSize, "a ping has eight bytes");
        if ((flag & flags.acknowledged) === 0) this.#answer(frames.ping, payload);
        return;
      case frames.windowUpdate:
        return this.#grow(id, payload);
      default:
        // A client that goes away closes its connection when it has its answers; frames of kinds that are unknown are passed over.
        return;
    }
  }

  #data(flag: number, id: number, payload: Buffer): void {
    const stream = this.#streams.get(id);
    if (id === 0 || (stream === undefined && id > this.#lastId)) throw new ConnectionError(codes.protocol, `no stream ${id} takes a body`);
    this.#uncredited += payload.length;
    const { connectionWindow, streamWindow } = this.#options;
    if (this.#uncredited >= connectionWindow / 2) {
      this.#credit(0, this.#uncredited);
      this.#uncredited = 0;
    }
    const isEnd = (flag & flags.endStream) !== 0;
    const piece = unpadded(flag, payload);
    if (piece.length === 0 && !isEnd) this.#nuisance("it sends empty pieces of bodies");
    // What was on its way when the stream ended.
    if (stream === undefined) return;
    if (stream.isReceived) return stream.reset(codes.streamClosed);
    stream.uncredited += payload.length;
    if (stream.uncredited > streamWindow) return stream.reset(codes.flowControl);
    stream.take(piece);
    if (isEnd) {
      if (!stream.endOfRequest()) stream.reset(codes.protocol);
    } else if (stream.uncredited >= streamWindow / 2) {
      this.#credit(id, stream.uncredited);
      stream.uncredited = 0;
    }
  }

  #headers(flag: number, id: number, payload: Buffer): void {
    if ((id & 1) === 0) throw new ConnectionError(codes.protocol, `clients don't begin stream ${id}`);
    const piece = unpadded(flag, payload);
    const block = (flag & flags.priority) === 0 ? piece : piece.subarray(5);
    if ((flag & flags.endHeaders) !== 0) return this.#begin(flag, id, block);
    this.#head = { id, flags: flag, pieces: [Buffer.from(block)], length: block.length };
  }

  #continuation(flag: number, payload: Buffer): void {
    const head = this.#head;
    if (head === undefined) throw new ConnectionError(codes.protocol, "there is no head to be continued");
    head.pieces.push(Buffer.from(payload));
    head.length += payload.length;
    // Fields may be longer than they are written, but not shorter by much.
    if (head.pieces.length > mostContinuations || head.length > 2 * this.#options.longestHead) {
      throw new ConnectionError(codes.enhanceYourCalm, "a head doesn't end");
    }
    if ((flag & flags.endHeaders) === 0) return;
    this.#head = undefined;
    this.#begin(head.flags, head.id, Buffer.concat(head.pieces, head.length));
  }

  #begin(flag: number, id: number, block: Buffer): void {
    const fields = this.#decoder.decode(block);
    const isEnd = (flag & flags.endStream) !== 0;
    const known = this.#streams.get(id);
    if (known !== undefined) {
      // Trailers: nobody reads them.
      if (!isEnd || known.isReceived || !known.endOfRequest()) known.reset(codes.protocol);
      return;
    }
    if (id <= this.#lastId) return this.#refuse(id, codes.streamClosed);
    this.#lastId = id;
    if (this.#isClosing || this.#streams.size >= this.#options.mostStreams) return this.#refuse(id, codes.refusedStream);
    const request = fields === undefined ? tooLarge : requestOf(fields);
    if (request === undefined) return this.#refuse(id, codes.protocol);
    const stream = new ServerStream(this, id, request, this.#initialWindow);
    this.#streams.set(id, stream);
    if (request === tooLarge) {
      stream.head(431, {});
      stream.end();
    } else if (!isEnd) stream.awaitBody();
    else if (!stream.endOfRequest()) stream.reset(codes.protocol);
  }

  #reset(id: number, payload: Buffer): void {
    if (payload.length !== 4) throw new ConnectionError(codes.frameSize, "a reset has four bytes");
    if (id === 0 || id > this.#lastId) throw new ConnectionError(codes.protocol, `no stream ${id} can be reset`);
    const now = performance.now();
    this.#resets = Math.max(0, this.#resets - ((now - this.#resetsSince) / 1000) * resetsPerSecond) + 1;
    this.#resetsSince = now;
    if (this.#resets > mostResets) throw new ConnectionError(codes.enhanceYourCalm, "it resets one stream after the other");
    this.#streams.get(id)?.close();
  }

  #settings(flag: number, id: number, payload: Buffer): void {
    if (id !== 0) throw new ConnectionError(codes.protocol, "settings are of the connection");
    const isAnswer = (flag & flags.acknowledged) !== 0;
    if (payload.length % 6 !== 0 || (isAnswer && payload.length > 0))
      throw new ConnectionError(codes.frameSize, "settings have six bytes each");
    if (isAnswer) return;
    for (let at = 0; at < payload.length; at += 6) this.#set(payload.readUInt16BE(at), payload.readUInt32BE(at + 2));
    if (!this.#hasSettings) clearTimeout(this.#timer);
    this.#hasSettings = true;
    this.#answer(frames.settings, nothing);
    this.#sendMore();
  }

  #set(name: number, value: number): void {
    switch (name) {
      case settings.initialWindow:
        if (value > largestWindow) throw new ConnectionError(codes.flowControl, "the window is too large");
        for (const stream of this.#streams.values()) {
          if (!stream.grow(value - this.#initialWindow)) throw new ConnectionError(codes.flowControl, "the window is too large");
        }
        this.#initialWindow = value;
        return;
      case settings.enablePush:
        if (value > 1) throw new ConnectionError(codes.protocol, "pushes are wanted or not");
        return;
      case settings.largestFrame:
        if (value < largestFrame || value >= 2 ** 24) throw new ConnectionError(codes.protocol, `frames of ${value} bytes can't be`);
    }
  }

  #grow(id: number, payload: Buffer): void {
    if (payload.length !== 4) throw new ConnectionError(codes.frameSize, "a change of a window has four bytes");
    const more = payload.readUInt32BE(0) & largestWindow;
    if (id === 0) {
      this.sendWindow += more;
      if (more === 0) throw new ConnectionError(codes.protocol, "a window grows by nothing");
      if (this.sendWindow > largestWindow) throw new ConnectionError(codes.flowControl, "the window is too large");
      return this.#sendMore();
    }
    const stream = this.#streams.get(id);
    if (stream === undefined) {
      if (id > this.#lastId) throw new ConnectionError(codes.protocol, `there is no stream ${id} yet`);
      return;
    }
    if (more === 0) return stream.reset(codes.protocol);
    if (!stream.grow(more)) return stream.reset(codes.flowControl);
    if (stream.isWaiting) stream.send();
  }

  /** Each that waits may send a frame, in turns, until the client takes no more. */
  #sendMore(): void {
    for (let before = 0; this.#blocked.size > 0 && this.sendWindow > 0 && this.sendWindow !== before;) {
      before = this.sendWindow;
      for (const stream of [...this.#blocked]) {
        this.#blocked.delete(stream);
        if (stream.isWaiting) stream.send(largestFrame);
      }
    }
  }

  /** The client may send so many bytes more. */
  #credit(id: number, bytes: number): void {
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(bytes);
    this.output.frame(frames.windowUpdate, 0, id, payload);
  }

  #answer(type: number, payload: Uint8Array): void {
    this.#nuisance("it asks without listening to the answers");
    this.output.frame(type, flags.acknowledged, 0, payload);
  }

  /** Counts what costs the client nothing, since something was last sent. */
  #nuisance(what: string): void {
    if (this.output.progress !== this.#progress) {
      this.#progress = this.output.progress;
      this.#nuisances = 0;
    }
    if (++this.#nuisances > mostNuisances) throw new ConnectionError(codes.enhanceYourCalm, what);
  }

  #refuse(id: number, code: Code): void {
    const payload = Buffer.alloc(4);
    payload.writeUInt32BE(code);
    this.output.frame(frames.reset, 0, id, payload);
  }

  #goAway(code: Code): void {
    const payload = Buffer.alloc(8);
    payload.writeUInt32BE(this.#lastId, 0);
    payload.writeUInt32BE(code, 4);
    this.output.frame(frames.goAway, 0, 0, payload);
  }

  #fail(error: unknown): void {
    const known = error instanceof UnreadableHead ? new ConnectionError(codes.compression, error.message) : error;
    this.#options.onError(known as Error);
    this.#goAway(known instanceof ConnectionError ? known.code : codes.internal);
    this.output.flush();
    this.#end();
    this.#socket.destroySoon();
  }

  #closeIfIdle(): void {
    if (!this.#isClosing || this.#streams.size > 0 || this.#isEnded) return;
    this.output.flush();
    this.#socket.end();
  }

  #end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    clearTimeout(this.#timer);
    for (const stream of [...this.#streams.values()]) stream.close();
    this.output.end();
  }
}

const nothing: Buffer = Buffer.alloc(0);
/** Stands for a request whose head is too large to be kept. */
const tooLarge = { method: "GET", target: "/", headers: {} };

/** Without what a frame was filled up with. */
function unpadded(flag: number, payload: Buffer): Buffer {
  if ((flag & flags.padded) === 0) return payload;
  const padding = payload[0] ?? 0;
  if (padding >= payload.length) throw new ConnectionError(codes.protocol, "a frame is filled up beyond its length");
  return payload.subarray(1, payload.length - padding);
}
