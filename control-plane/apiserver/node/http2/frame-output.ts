import type { Socket } from "node:net";
import { headBytes } from "./frames.ts";

/** Most of what is said in one turn fits a small block; a list takes large ones. */
const smallBytes = 8 * 1024;
const largeBytes = 128 * 1024;
const mostSmall = 1024;
const mostLarge = 32;
/** Whoever has more to say waits while this much is on its way. */
const enoughUnderWay = 512 * 1024;

/**
 * Memory in which frames are put together, used again and again by all connections of a server: memory beside V8's heap that is thrown away by the
 * megabyte makes it look for garbage in the whole heap.
 */
export class Blocks {
  readonly #small: Buffer[] = [];
  readonly #large: Buffer[] = [];

  take(room: number): Buffer {
    return room <= smallBytes
      ? (this.#small.pop() ?? Buffer.allocUnsafeSlow(smallBytes))
      : (this.#large.pop() ?? Buffer.allocUnsafeSlow(largeBytes));
  }

  give(block: Buffer): void {
    if (block.length === largeBytes) {
      if (this.#large.length < mostLarge) this.#large.push(block);
    } else if (this.#small.length < mostSmall) this.#small.push(block);
  }
}

/** The frames of one connection on their way out: those of one turn of the event loop leave in one piece, so that records of TLS are shared. */
export class FrameOutput {
  readonly #socket: Socket;
  readonly #blocks: Blocks;
  #block: Buffer | undefined;
  #length = 0;
  #isScheduled = false;
  /** Bytes that the socket has, and hasn't sent yet. */
  #underWay = 0;
  #waiting: (() => void)[] = [];
  /** How often the socket has sent something. */
  progress = 0;

  constructor(socket: Socket, blocks: Blocks) {
    this.#socket = socket;
    this.#blocks = blocks;
  }

  /** Whether so much is on its way that whoever has more should wait for {@link drained}. */
  get isBusy(): boolean {
    return this.#underWay + this.#length >= enoughUnderWay;
  }

  /** Resolves when more may be said, or the connection has gone. */
  drained(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** One frame. Its payload is copied. */
  frame(type: number, flags: number, id: number, payload: Uint8Array): void {
    const { length } = payload;
    const { block, at } = this.open(headBytes + length);
    block.set(payload, at + headBytes);
    this.close(type, flags, id, length);
  }

  /** Begins a frame in place: where it begins, with so much room at least. What is written after its head is of the frame once that is closed. */
  open(room: number): { readonly block: Buffer; readonly at: number } {
    if (this.#block !== undefined && this.#length + room > largeBytes) this.#send();
    this.#block ??= this.#blocks.take(room);
    if (this.#length + room > this.#block.length) {
      const small = this.#block;
      this.#block = this.#blocks.take(largeBytes);
      this.#block.set(small.subarray(0, this.#length));
      this.#blocks.give(small);
    }
    return { block: this.#block, at: this.#length };
  }

  /** Ends the frame that was opened last: so many bytes follow its head. */
  close(type: number, flags: number, id: number, length: number): void {
    const block = this.#block!;
    const at = this.#length;
    block[at] = length >> 16;
    block[at + 1] = length >> 8;
    block[at + 2] = length;
    block[at + 3] = type;
    block[at + 4] = flags;
    block.writeUInt32BE(id, at + 5);
    this.#length += headBytes + length;
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // After everything that follows from what the loop has called us for.
    process.nextTick(this.#later);
  }

  /** Hands over what there is now. */
  flush(): void {
    this.#send();
  }

  /** The connection has gone. */
  end(): void {
    if (this.#block !== undefined) this.#blocks.give(this.#block);
    this.#block = undefined;
    this.#length = 0;
    this.#wake();
  }

  readonly #later = (): void => {
    this.#isScheduled = false;
    this.#send();
  };

  #send(): void {
    const block = this.#block;
    if (block === undefined) return;
    const bytes = block.subarray(0, this.#length);
    this.#block = undefined;
    this.#length = 0;
    if (this.#socket.destroyed || this.#socket.writableEnded) return this.#blocks.give(block);
    this.#underWay += bytes.length;
    this.#socket.write(bytes, (error) => {
      // What a broken socket still holds isn't known.
      if (error === null || error === undefined) this.#blocks.give(block);
      this.#underWay -= bytes.length;
      this.progress++;
      if (!this.isBusy) this.#wake();
    });
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}
