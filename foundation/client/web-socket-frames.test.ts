import { expect, test } from "vitest";
import { createFrameParser, encodeClientFrame, encodeServerFrame, type Frame, opcodes } from "./web-socket-frames.ts";

const long = Uint8Array.from({ length: 70_000 }, (_, index) => index % 251);
const payloads = [new Uint8Array(), Uint8Array.of(1), long.subarray(0, 125), long.subarray(0, 126), long.subarray(0, 65_535), long];

test.each(["client", "server"] as const)("frames of a %s are the same however they are cut into pieces", (from) => {
  const encode = from === "client" ? encodeClientFrame : encodeServerFrame;
  const bytes = Buffer.concat(payloads.map((payload) => encode(opcodes.binary, payload)));
  const wanted = payloads.map((payload) => ({ opcode: opcodes.binary, final: true, payload: Uint8Array.from(payload) }));
  for (const size of [1, 2, 3, 7, 4096, bytes.length]) {
    const parser = createFrameParser(from);
    const frames: Frame[] = [];
    // One piece of memory for all, as a socket may use it.
    const piece = Buffer.alloc(size);
    for (let at = 0; at < bytes.length; at += size) {
      piece.set(bytes.subarray(at, at + size));
      frames.push(...parser.push(piece.subarray(0, Math.min(size, bytes.length - at))));
    }
    expect(frames).toEqual(wanted);
  }
});
