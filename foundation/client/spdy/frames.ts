import type { Headers } from "@kubets/machinery";
import { joinedBytes } from "../joined-bytes.ts";
import { headerDictionary } from "./header-dictionary.ts";
import { createInflater } from "./inflate.ts";

/** The frames of SPDY/3.1 that Kubernetes' clients and kubelets send each other. */
export type SpdyFrame =
  | { readonly kind: "stream"; readonly stream: number; readonly headers: Headers; readonly isLast: boolean }
  | { readonly kind: "reply"; readonly stream: number; readonly headers: Headers; readonly isLast: boolean }
  | { readonly kind: "reset"; readonly stream: number; readonly status: number }
  | { readonly kind: "ping"; readonly id: number }
  | { readonly kind: "goAway"; readonly lastStream: number }
  | { readonly kind: "data"; readonly stream: number; readonly bytes: Uint8Array; readonly isLast: boolean };

const version = 3;
const types = { stream: 1, reply: 2, reset: 3, settings: 4, ping: 6, goAway: 7, headers: 8, windowUpdate: 9 } as const;
const lastFlag = 1;
/** More than any stream's headers are; a frame of control is never longer. */
const longestHeaders = 65_536;
const longestData = 2 ** 24 - 1;
const headLength = 8;

/** Cuts a stream of bytes into frames. `push` answers those that are whole now, without those that say nothing here: settings and windows. */
export function createSpdyParser(): { push(bytes: Uint8Array): readonly SpdyFrame[] } {
  const inflater = createInflater({ dictionary: headerDictionary(), most: longestHeaders });
  let pieces: Uint8Array[] = [];
  let size = 0;
  /** Less than this is no whole frame. */
  let needed = headLength;
  return {
    push(bytes) {
      pieces.push(bytes);
      size += bytes.length;
      if (size < needed) return [];
      const whole = joinedBytes(pieces);
      const view = new DataView(whole.buffer, whole.byteOffset);
      const frames: SpdyFrame[] = [];
      let offset = 0;
      for (; ; offset += needed) {
        needed = headLength;
        if (size - offset < needed) break;
        const word = view.getUint32(offset);
        const flagsAndLength = view.getUint32(offset + 4);
        const length = flagsAndLength & longestData;
        if (word >= 0x80_00_00_00 && length > longestHeaders) throw new RangeError(`Cannot read a SPDY frame of ${length} bytes`);
        needed += length;
        if (size - offset < needed) break;
        const body = whole.subarray(offset + headLength, offset + needed);
        const frame = readFrame(word, flagsAndLength >>> 24, body, (block) => readHeaders(inflater.push(block)));
        if (frame !== undefined) frames.push(frame);
      }
      pieces = [whole.subarray(offset)];
      size -= offset;
      return frames;
    },
  };
}

function readFrame(word: number, flags: number, body: Uint8Array, headersOf: (block: Uint8Array) => Headers): SpdyFrame | undefined {
  const isLast = (flags & lastFlag) !== 0;
  if (word < 0x80_00_00_00) return { kind: "data", stream: word, bytes: body, isLast };
  if (((word >>> 16) & 0x7fff) !== version) throw new RangeError(`Cannot read a frame of SPDY/${(word >>> 16) & 0x7fff}`);
  const numbers = new DataView(body.buffer, body.byteOffset, body.byteLength);
  switch (word & 0xffff) {
    case types.stream:
      return { kind: "stream", stream: numbers.getUint32(0) & 0x7fffffff, headers: headersOf(body.subarray(10)), isLast };
    case types.reply:
      return { kind: "reply", stream: numbers.getUint32(0) & 0x7fffffff, headers: headersOf(body.subarray(4)), isLast };
    case types.headers:
      // Nobody sends more headers; but whatever is packed together with others must be unpacked.
      headersOf(body.subarray(4));
      return undefined;
    case types.reset:
      return { kind: "reset", stream: numbers.getUint32(0) & 0x7fffffff, status: numbers.getUint32(4) };
    case types.ping:
      return { kind: "ping", id: numbers.getUint32(0) };
    case types.goAway:
      return { kind: "goAway", lastStream: numbers.getUint32(0) & 0x7fffffff };
    default:
      return undefined;
  }
}

function readHeaders(block: Uint8Array): Headers {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  const decoder = new TextDecoder();
  let offset = 4;
  const text = (): string => {
    const length = view.getUint32(offset);
    if (length > block.length - offset - 4) throw new RangeError("Cannot read SPDY headers: they end within a word");
    const start = offset + 4;
    offset = start + length;
    return decoder.decode(block.subarray(start, offset));
  };
  const headers: Record<string, string> = {};
  for (let left = view.getUint32(0); left > 0; left--) headers[text().toLowerCase()] = text();
  return headers;
}

/** Writes frames. One for each direction of a connection: headers are packed as one stream. */
export function createSpdyEncoder(): (frame: SpdyFrame) => Uint8Array {
  let isBegun = false;
  const pack = (headers: Headers): Uint8Array => {
    const begin = isBegun ? [] : [Uint8Array.of(0x78, 0x01)];
    isBegun = true;
    return joinedBytes([...begin, ...stored(headerBlock(headers))]);
  };
  return (frame) => {
    switch (frame.kind) {
      case "stream":
        return control(types.stream, [number(frame.stream), number(0), Uint8Array.of(0, 0), pack(frame.headers)], frame.isLast);
      case "reply":
        return control(types.reply, [number(frame.stream), pack(frame.headers)], frame.isLast);
      case "reset":
        return control(types.reset, [number(frame.stream), number(frame.status)]);
      case "ping":
        return control(types.ping, [number(frame.id)]);
      case "goAway":
        return control(types.goAway, [number(frame.lastStream), number(0)]);
      case "data":
        return joinedBytes([number(frame.stream), number(frame.bytes.length + (frame.isLast ? lastFlag * 2 ** 24 : 0)), frame.bytes]);
    }
  };
}

function control(type: number, parts: readonly Uint8Array[], isLast = false): Uint8Array {
  const body = joinedBytes(parts);
  return joinedBytes([number(0x80_00_00_00 + version * 65_536 + type), number(body.length + (isLast ? lastFlag * 2 ** 24 : 0)), body]);
}

function headerBlock(headers: Headers): Uint8Array {
  const encoder = new TextEncoder();
  const entries = Object.entries(headers);
  const words = entries.flatMap(([name, value]) => [name.toLowerCase(), value ?? ""]).map((word) => encoder.encode(word));
  return joinedBytes([number(entries.length), ...words.flatMap((word) => [number(word.length), word])]);
}

/** As blocks that are not compressed, and the empty one that ends every flush: readers wait for it. */
function stored(bytes: Uint8Array): readonly Uint8Array[] {
  const block = (part: Uint8Array): readonly Uint8Array[] => {
    const { length } = part;
    return [Uint8Array.of(0, length & 0xff, length >> 8, ~length & 0xff, (~length >> 8) & 0xff), part];
  };
  const blocks: Uint8Array[] = [];
  for (let offset = 0; offset < bytes.length; offset += 65_535) blocks.push(...block(bytes.subarray(offset, offset + 65_535)));
  return [...blocks, ...block(new Uint8Array(0))];
}

function number(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}
