import { joinedBytes } from "./joined-bytes.ts";

/** The frames of RFC 6455, as far as two ends that trust one another need them: no extensions, messages of any length. */
export interface Frame {
  readonly opcode: number;
  /** The last frame of its message. */
  readonly final: boolean;
  readonly payload: Uint8Array;
}

export const opcodes = { continuation: 0x0, text: 0x1, binary: 0x2, close: 0x8, ping: 0x9, pong: 0xa } as const;

/**
 * One frame as a client sends it. It is masked, as a client's must be, with the key zero, which leaves the payload as it is:
 * a key that can't be guessed protects proxies on the way, and between two ends in one process there are none.
 */
export function encodeClientFrame(opcode: number, payload: Uint8Array): Uint8Array {
  return encodeFrame(opcode, payload, 0x80);
}

/** One frame as a server sends it: not masked. */
export function encodeServerFrame(opcode: number, payload: Uint8Array): Uint8Array {
  return encodeFrame(opcode, payload, 0);
}

function encodeFrame(opcode: number, payload: Uint8Array, mask: 0 | 0x80): Uint8Array {
  const { length } = payload;
  const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const start = 2 + lengthBytes + (mask === 0 ? 0 : 4);
  const frame = new Uint8Array(start + length);
  const view = new DataView(frame.buffer);
  frame[0] = 0x80 | opcode;
  if (lengthBytes === 0) frame[1] = mask | length;
  else if (lengthBytes === 2) {
    frame[1] = mask | 126;
    view.setUint16(2, length);
  } else {
    frame[1] = mask | 127;
    view.setBigUint64(2, BigInt(length));
  }
  frame.set(payload, start);
  return frame;
}

/** Cuts a stream of bytes into frames, those of a client or those of a server. `push` answers those that are whole now. */
export function createFrameParser(from: "client" | "server" = "server"): { push(bytes: Uint8Array): readonly Frame[] } {
  // Pieces of the frame that isn't whole yet. They are joined once it can be, or its length can be read: joining all of them with every piece
  // would take the square of a long frame.
  let pieces: Uint8Array[] = [];
  let length = 0;
  let needed = 2;
  return {
    push(bytes) {
      length += bytes.length;
      if (length < needed) {
        // The caller's memory may be used again.
        pieces.push(new Uint8Array(bytes));
        return [];
      }
      const whole = joinedBytes([...pieces, bytes]);
      const frames: Frame[] = [];
      let offset = 0;
      for (;;) {
        const next = readFrame(whole, offset, from);
        if (typeof next === "number") {
          needed = next;
          break;
        }
        frames.push(next.frame);
        offset = next.end;
      }
      pieces = offset === whole.length ? [] : [new Uint8Array(whole.subarray(offset))];
      length = whole.length - offset;
      return frames;
    },
  };
}

/** A frame, and where it ends; or how many bytes from `start` on it takes to know more. */
function readFrame(bytes: Uint8Array, start: number, from: "client" | "server"): { readonly frame: Frame; readonly end: number } | number {
  if (bytes.length - start < 2) return 2;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const first = bytes[start]!;
  const second = bytes[start + 1]!;
  let length = second & 0x7f;
  let offset = start + 2;
  if (length === 126) {
    if (bytes.length < offset + 2) return 4;
    length = view.getUint16(offset);
    offset += 2;
  } else if (length === 127) {
    if (bytes.length < offset + 8) return 10;
    length = Number(view.getBigUint64(offset));
    offset += 8;
  }
  const isMasked = (second & 0x80) !== 0;
  if (isMasked && from === "server") throw new Error("Cannot read the websocket: a server's frame is masked");
  if (!isMasked && from === "client") throw new Error("Cannot read the websocket: a client's frame isn't masked");
  if ((first & 0x70) !== 0) throw new Error("Cannot read the websocket: an extension is used that was not agreed on");
  const mask = isMasked ? bytes.subarray(offset, offset + 4) : undefined;
  offset += isMasked ? 4 : 0;
  if (bytes.length < offset + length) return offset + length - start;
  // Its own: `slice` of a Buffer shares the memory of whoever sent it.
  const payload = new Uint8Array(bytes.subarray(offset, offset + length));
  if (mask !== undefined) for (let index = 0; index < length; index++) payload[index]! ^= mask[index & 3]!;
  return { frame: { opcode: first & 0x0f, final: (first & 0x80) !== 0, payload }, end: offset + length };
}
