import { expect, test } from "vitest";
import { createDuplexPair } from "../duplex-pair.ts";
import { createSpdyEncoder, createSpdyParser, type SpdyFrame } from "./frames.ts";
import { type SpdyConnection, spdyConnection, type SpdyStream } from "./connection.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
async function textOf({ readable }: SpdyStream): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const piece of readable) text += decoder.decode(piece, { stream: true });
  return text;
}

test("every frame comes back as it was sent, in whatever pieces it arrives", () => {
  const frames: readonly SpdyFrame[] = [
    { kind: "stream", stream: 1, headers: { streamtype: "data", port: "8080", requestid: "0" }, isLast: false },
    { kind: "stream", stream: 3, headers: { streamtype: "x".repeat(60_000) }, isLast: true },
    { kind: "reply", stream: 1, headers: {}, isLast: false },
    { kind: "data", stream: 1, bytes: bytes("hello"), isLast: false },
    { kind: "ping", id: 7 },
    { kind: "data", stream: 1, bytes: new Uint8Array(0), isLast: true },
    { kind: "reset", stream: 3, status: 5 },
    { kind: "goAway", lastStream: 3 },
  ];
  const encode = createSpdyEncoder();
  const sent = Buffer.concat(frames.map(encode));
  for (const size of [1, 7, 1000, sent.length]) {
    const parser = createSpdyParser();
    const seen: SpdyFrame[] = [];
    for (let offset = 0; offset < sent.length; offset += size)
      seen.push(...parser.push(new Uint8Array(sent.subarray(offset, offset + size))));
    expect(seen.map(plain)).toEqual(frames.map(plain));
  }
});

function plain(frame: SpdyFrame): unknown {
  return "bytes" in frame ? { ...frame, bytes: [...frame.bytes] } : { ...frame };
}

test("another version, and a frame of control beyond all measure, are refused", () => {
  expect(() => createSpdyParser().push(Uint8Array.of(0x80, 2, 0, 6, 0, 0, 0, 4, 0, 0, 0, 1))).toThrow("a frame of SPDY/2");
  expect(() => createSpdyParser().push(Uint8Array.of(0x80, 3, 0, 1, 0, 0xff, 0xff, 0xff))).toThrow("16777215 bytes");
});

function connected(onStream: (stream: SpdyStream) => void): { readonly client: SpdyConnection; readonly ended: Promise<unknown> } {
  const [there, here] = createDuplexPair();
  const client = spdyConnection({ connection: there, end: "client" });
  const server = spdyConnection({ connection: here, end: "server" });
  return { client, ended: Promise.all([client.serve(() => {}), server.serve(onStream)]) };
}

test("streams of one connection carry what they are given, each on its own, and end one by one", async () => {
  const answering: Promise<void>[] = [];
  const { client, ended } = connected((stream) =>
    answering.push(
      (async () => {
        await stream.write(bytes(`${stream.headers["streamtype"]}: ${(await textOf(stream)).length}`));
        await stream.end();
      })(),
    ),
  );
  const sizes = [0, 5, 100_000];
  const answers = await Promise.all(
    sizes.map(async (size) => {
      const stream = await client.open({ streamtype: `of ${size}` });
      await stream.write(new Uint8Array(size));
      await stream.end();
      return textOf(stream);
    }),
  );
  expect(answers).toEqual(["of 0: 0", "of 5: 5", "of 100000: 100000"]);
  await client.close();
  await ended;
  await Promise.all(answering);
});

test("a stream that is given up fails at the other end; the others go on", async () => {
  const failed = Promise.withResolvers<unknown>();
  const { client, ended } = connected((stream) => {
    textOf(stream).then(
      (text) => stream.write(bytes(text.toUpperCase())).then(() => stream.end()),
      (error: unknown) => failed.resolve(error),
    );
  });
  const [first, second] = [await client.open({}), await client.open({})];
  await first.end(new Error("enough"));
  expect(await failed.promise).toMatchObject({ message: "the other end has given up the stream" });
  await second.write(bytes("well"));
  await second.end();
  expect(await textOf(second)).toBe("WELL");
  await client.close();
  await ended;
});
