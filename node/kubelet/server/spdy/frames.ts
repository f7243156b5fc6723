/**
 * The frames of SPDY/3.1, as far as one who opens streams at a container runtime needs them: runtimes answer, they open none. Their flow
 * control is that of the connection below, for they know no other.
 */
export type SpdyFrame =
  | { readonly kind: "data"; readonly stream: number; readonly bytes: Uint8Array; readonly isLast: boolean }
  | { readonly kind: "reset"; readonly stream: number }
  | { readonly kind: "ping"; readonly id: number }
  | { readonly kind: "goAway" }
  /** That a stream was accepted, and settings: nothing follows from them. */
  | { readonly kind: "other" };

const types = { synStream: 1, rstStream: 3, ping: 6, goAway: 7 } as const;
const headLength = 8;
const finalFlag = 1;
const version = 3;

/** A piece of what a stream says. `isLast`: it says nothing more, and may still be answered. */
export function dataFrame(stream: number, bytes: Uint8Array, { isLast = false }: { readonly isLast?: boolean } = {}): Uint8Array {
  const frame = new Uint8Array(headLength + bytes.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, stream);
  view.setUint32(4, bytes.length);
  frame[4] = isLast ? finalFlag : 0;
  frame.set(bytes, headLength);
  return frame;
}

/** The answer to a ping is the same. */
export function pingFrame(id: number): Uint8Array {
  const body = new Uint8Array(4);
  new DataView(body.buffer).setUint32(0, id);
  return controlFrame(types.ping, body);
}

/** Writes the frames that open streams, in one connection: the headers of all of them are one compressed text. */
export function createStreamOpener(): (stream: number, headers: Readonly<Record<string, string>>) => Uint8Array {
  let isFirst = true;
  return (stream, headers) => {
    const block = compressed(headerBlock(headers), isFirst);
    isFirst = false;
    const body = new Uint8Array(10 + block.length);
    new DataView(body.buffer).setUint32(0, stream);
    body.set(block, 10);
    return controlFrame(types.synStream, body);
  };
}

/** Cuts a stream of bytes into frames. `push` answers those that are whole now. */
export function createSpdyParser(): { push(bytes: Uint8Array): readonly SpdyFrame[] } {
  let buffered = new Uint8Array(0);
  return {
    push(bytes) {
      const whole = new Uint8Array(buffered.length + bytes.length);
      whole.set(buffered);
      whole.set(bytes, buffered.length);
      const view = new DataView(whole.buffer);
      const frames: SpdyFrame[] = [];
      let offset = 0;
      while (whole.length - offset >= headLength) {
        const end = offset + headLength + (view.getUint32(offset + 4) & 0xff_ffff);
        if (whole.length < end) break;
        frames.push(readFrame(view, offset, whole.subarray(offset + headLength, end)));
        offset = end;
      }
      buffered = whole.subarray(offset);
      return frames;
    },
  };
}

function readFrame(view: DataView, offset: number, body: Uint8Array): SpdyFrame {
  const first = view.getUint32(offset);
  const isLast = (view.getUint8(offset + 4) & finalFlag) !== 0;
  if (first >>> 31 === 0) return { kind: "data", stream: first, bytes: body, isLast };
  switch (first & 0xffff) {
    case types.rstStream:
      return { kind: "reset", stream: view.getUint32(offset + headLength) & 0x7fff_ffff };
    case types.ping:
      return { kind: "ping", id: view.getUint32(offset + headLength) };
    case types.goAway:
      return { kind: "goAway" };
    default:
      return { kind: "other" };
  }
}

function controlFrame(type: number, body: Uint8Array): Uint8Array {
  const frame = new Uint8Array(headLength + body.length);
  const view = new DataView(frame.buffer);
  view.setUint16(0, 0x8000 | version);
  view.setUint16(2, type);
  view.setUint32(4, body.length);
  frame.set(body, headLength);
  return frame;
}

/** How many there are; then each name and value with its length before it. */
function headerBlock(headers: Readonly<Record<string, string>>): Uint8Array {
  const texts = Object.entries(headers)
    .flat()
    .map((text) => new TextEncoder().encode(text));
  const block = new Uint8Array(4 + texts.reduce((length, text) => length + 4 + text.length, 0));
  const view = new DataView(block.buffer);
  view.setUint32(0, texts.length / 2);
  let offset = 4;
  for (const text of texts) {
    view.setUint32(offset, text.length);
    block.set(text, offset + 4);
    offset += 4 + text.length;
  }
  return block;
}

/**
 * Headers are compressed by all means, so this is zlib's form without compression: once its head, then a stored block, and an empty one,
 * at which readers hand on what they have. The dictionary that SPDY has for headers needn't be named where nothing is taken from it.
 */
function compressed(bytes: Uint8Array, isFirst: boolean): Uint8Array {
  const head = isFirst ? [0x78, 0x01] : [];
  const { length } = bytes;
  const stored = [0x00, length & 0xff, length >> 8, ~length & 0xff, (~length >> 8) & 0xff];
  return Uint8Array.from([...head, ...stored, ...bytes, 0x00, 0x00, 0x00, 0xff, 0xff]);
}
