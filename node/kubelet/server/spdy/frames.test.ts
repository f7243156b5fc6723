import { constants, createInflate } from "node:zlib";
import { expect, test } from "vitest";
import { createSpdyParser, createStreamOpener, dataFrame, pingFrame } from "./frames.ts";

/** What a reader that goes on from frame to frame makes of each part of one compressed text. */
async function inflated(parts: readonly Uint8Array[]): Promise<readonly string[]> {
  const inflate = createInflate({ flush: constants.Z_SYNC_FLUSH });
  const texts: string[] = [];
  for (const part of parts) {
    let text = "";
    inflate.on("data", (bytes: Buffer) => (text += bytes.toString("latin1")));
    await new Promise((resolve) => inflate.write(part, resolve));
    inflate.removeAllListeners("data");
    texts.push(text);
  }
  inflate.destroy();
  return texts;
}

test("a stream is opened by a frame of version 3 with its number and its compressed headers, which go on from frame to frame", async () => {
  const open = createStreamOpener();
  const frames = [open(1, { streamtype: "error" }), open(3, { streamtype: "stdin" })];
  const [first] = frames;
  expect([...first!.subarray(0, 18)]).toEqual([0x80, 3, 0, 1, 0, 0, 0, first!.length - 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
  expect(await inflated(frames.map((frame) => frame.subarray(18)))).toEqual([
    "\0\0\0\u0001\0\0\0\nstreamtype\0\0\0\u0005error",
    "\0\0\0\u0001\0\0\0\nstreamtype\0\0\0\u0005stdin",
  ]);
});

test("frames are found however their bytes come", () => {
  const bytes = [
    ...dataFrame(5, Uint8Array.of(1, 2, 3)),
    ...pingFrame(2),
    ...dataFrame(1, new Uint8Array(), { isLast: true }),
    ...[0x80, 3, 0, 3, 0, 0, 0, 8, 0, 0, 0, 7, 0, 0, 0, 5],
    ...[0x80, 3, 0, 2, 0, 0, 0, 4, 0, 0, 0, 7],
    ...[0x80, 3, 0, 7, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0],
  ];
  const expected = [
    { kind: "data", stream: 5, bytes: Uint8Array.of(1, 2, 3), isLast: false },
    { kind: "ping", id: 2 },
    { kind: "data", stream: 1, bytes: new Uint8Array(), isLast: true },
    { kind: "reset", stream: 7 },
    { kind: "other" },
    { kind: "goAway" },
  ];
  expect(createSpdyParser().push(Uint8Array.from(bytes))).toEqual(expected);
  const parser = createSpdyParser();
  expect(bytes.flatMap((byte) => parser.push(Uint8Array.of(byte)))).toEqual(expected);
});
