import { type Headers, requestTooLarge, StatusError } from "@kubets/machinery";
import { longestBody } from "../../request/body.ts";
import type { AnswerSink } from "../response-writer.ts";
import type { FrameOutput } from "./frame-output.ts";
import { type Code, codes, flags, frames, headBytes, largestFrame, largestWindow } from "./frames.ts";
import { roomOfHead, writeHead } from "./header-encoder.ts";

/** What a stream asks of its connection. */
export interface StreamOwner {
  readonly output: FrameOutput;
  /** How much the client takes on the whole connection at the moment. */
  sendWindow: number;
  /** What is left to be sent waits for the client to take more. */
  blocked(stream: ServerStream): void;
  /** The request is whole, or refused without its rest: it can be answered. */
  received(stream: ServerStream): void;
  /** Nothing more comes or goes on the stream. */
  ended(stream: ServerStream): void;
}

export interface StreamHead {
  readonly method: string;
  readonly target: string;
  readonly headers: Headers;
}

/** A body must have arrived after this time: a caller that sends a byte now and then would hold memory for ever. */
const longestArrival = 60_000;

/** One request with its answer on an HTTP/2 connection. */
export class ServerStream implements AnswerSink {
  readonly id: number;
  readonly request: StreamHead;
  /** How much the client takes on this stream at the moment. */
  sendWindow: number;
  /** What has come since the client was last told that it may send more. */
  uncredited = 0;
  readonly #owner: StreamOwner;
  readonly #gone = new AbortController();
  #pieces: Uint8Array[] = [];
  #length = 0;
  readonly #announced: number | undefined;
  #refusal: StatusError | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Nothing more comes of the request. */
  #isReceived = false;
  /** Somebody answers it. */
  #isOffered = false;
  #hasHead = false;
  /** The whole answer is there, though not all of it may have been sent. */
  #isAnswered = false;
  #isClosed = false;
  /** What couldn't be sent yet. */
  #unsent: Uint8Array | undefined;
  #onSent: (() => void) | undefined;

  constructor(owner: StreamOwner, id: number, request: StreamHead, sendWindow: number) {
    this.#owner = owner;
    this.id = id;
    this.request = request;
    this.sendWindow = sendWindow;
    const length = request.headers["content-length"];
    this.#announced = length === undefined ? undefined : Number(length);
  }

  /** Aborted when the caller has gone before it had the answer. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  get isReceived(): boolean {
    return this.#isReceived;
  }

  /** The body, `undefined` where there is none. Throws a `StatusError` for one that was refused. */
  body(): Uint8Array | undefined {
    if (this.#refusal !== undefined) throw this.#refusal;
    const pieces = this.#pieces;
    this.#pieces = [];
    return pieces.length === 0 ? undefined : pieces.length === 1 ? pieces[0] : Buffer.concat(pieces, this.#length);
  }

  /** A body is under way. One that is announced as too large is refused before it comes. */
  awaitBody(): void {
    if ((this.#announced ?? 0) > longestBody) return this.#refuse(requestTooLarge(longestBody));
    this.#timer = setTimeout(() => this.#refuse(slow), longestArrival);
  }

  take(piece: Uint8Array): void {
    if (this.#refusal !== undefined || piece.length === 0) return;
    this.#length += piece.length;
    if (this.#length > longestBody) return this.#refuse(requestTooLarge(longestBody));
    this.#pieces.push(piece);
  }

  /** Nothing more comes of the request. Answers whether it is as long as it said. */
  endOfRequest(): boolean {
    this.#isReceived = true;
    const isWhole = this.#refusal !== undefined || this.#announced === undefined || this.#announced === this.#length;
    if (isWhole) this.#offer();
    return isWhole;
  }

  #refuse(error: StatusError): void {
    this.#refusal = error;
    this.#pieces = [];
    this.#offer();
  }

  #offer(): void {
    clearTimeout(this.#timer);
    if (this.#isOffered || this.#isClosed) return;
    this.#isOffered = true;
    this.#owner.received(this);
  }

  head(status: number, headers: Headers): void {
    if (this.#isClosed || this.#hasHead) return;
    this.#hasHead = true;
    const { output } = this.#owner;
    const room = roomOfHead(headers);
    if (room > largestFrame) return this.#longHead(status, headers, room);
    const { block, at } = output.open(headBytes + room);
    output.close(frames.headers, flags.endHeaders, this.id, writeHead(block, at + headBytes, status, headers));
  }

  #longHead(status: number, headers: Headers, room: number): void {
    const block = Buffer.alloc(room);
    const length = writeHead(block, 0, status, headers);
    for (let at = 0; at < length; at += largestFrame) {
      const isLast = at + largestFrame >= length;
      const piece = block.subarray(at, Math.min(length, at + largestFrame));
      this.#owner.output.frame(at === 0 ? frames.headers : frames.continuation, isLast ? flags.endHeaders : 0, this.id, piece);
    }
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#isClosed || this.#isAnswered) return Promise.reject(new Error("the caller has gone"));
    this.#unsent = bytes;
    this.send();
    if (this.#unsent === undefined && !this.#owner.output.isBusy) return Promise.resolve();
    return this.#sent();
  }

  async #sent(): Promise<void> {
    if (this.#unsent !== undefined) await new Promise<void>((resolve) => (this.#onSent = resolve));
    if (!this.#isClosed && this.#owner.output.isBusy) await this.#owner.output.drained();
    if (this.#isClosed) throw new Error("the caller has gone");
  }

  end(bytes?: Uint8Array): void {
    if (this.#isClosed || this.#isAnswered) return;
    this.#isAnswered = true;
    this.#unsent = bytes ?? nothing;
    this.send();
  }

  abort(): void {
    this.reset(codes.internal);
  }

  /** Sends what is left, as far as the client takes it; at most `most` bytes. */
  send(most: number = Infinity): void {
    const owner = this.#owner;
    const { output } = owner;
    let rest = this.#unsent;
    if (rest === undefined || this.#isClosed) return;
    for (let left = most; left > 0;) {
      const length = Math.min(rest.length, largestFrame, this.sendWindow, owner.sendWindow, left);
      const isLast = length === rest.length;
      if (length <= 0 && !isLast) break;
      output.frame(frames.data, isLast && this.#isAnswered ? flags.endStream : 0, this.id, isLast ? rest : rest.subarray(0, length));
      this.sendWindow -= length;
      owner.sendWindow -= length;
      left -= length;
      if (isLast) return this.#sentAll();
      rest = rest.subarray(length);
    }
    this.#unsent = rest;
    owner.blocked(this);
  }

  #sentAll(): void {
    this.#unsent = undefined;
    this.#onSent?.();
    this.#onSent = undefined;
    if (!this.#isAnswered) return;
    // What is still to come of the request is of no use to anybody.
    if (!this.#isReceived) this.reset(codes.noError);
    else this.close();
  }

  /** Whether anything waits for the client to take more. */
  get isWaiting(): boolean {
    return this.#unsent !== undefined && !this.#isClosed;
  }

  /** The client takes more. Answers whether that is more than it may. */
  grow(bytes: number): boolean {
    this.sendWindow += bytes;
    return this.sendWindow <= largestWindow;
  }

  /** Ends the stream for both. */
  reset(code: Code): void {
    if (this.#isClosed) return;
    const reason = Buffer.alloc(4);
    reason.writeUInt32BE(code);
    this.#owner.output.frame(frames.reset, 0, this.id, reason);
    this.close();
  }

  /** The stream has ended, by whichever side. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const wasWhole = this.#isAnswered && this.#unsent === undefined;
    this.#unsent = undefined;
    this.#pieces = [];
    this.#onSent?.();
    this.#onSent = undefined;
    if (!wasWhole) this.#gone.abort(new Error("the caller has gone"));
    this.#owner.ended(this);
  }
}

const nothing = new Uint8Array();
const slow = new StatusError(408, "Timeout", "the body of the request did not arrive in time");
