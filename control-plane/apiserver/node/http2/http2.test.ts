import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants, type IncomingHttpHeaders } from "node:http2";
import { connect as connectTls } from "node:tls";
import { setImmediate } from "node:timers/promises";
import { createTasks, type Handler, silent } from "@kubets/machinery";
import { beforeAll, expect, test } from "vitest";
import { createTestAuthority, type TestAuthority, type TestCertificate } from "../../testing/certificates.ts";
import { type HttpsServer, serveHttps } from "../index.ts";
import { codes, flags, frames, headBytes, preface } from "./frames.ts";
import { HeaderDecoder, UnreadableHead } from "./header-decoder.ts";

let authority: TestAuthority;
let serving: TestCertificate;

beforeAll(async () => {
  authority = await createTestAuthority("ca");
  serving = await authority.issue("CN=apiserver");
});

/** Answers with the body of the request, or with what it was asked. */
const echo: Handler = async ({ method, target, headers, body }) => ({
  status: 200,
  headers: { "x-said": headers["x-say"] ?? "" },
  body: { kind: "bytes", bytes: () => body ?? Buffer.from(`${method} ${target}`) },
});

interface World extends AsyncDisposable {
  readonly server: HttpsServer;
  session(options?: { readonly initialWindowSize?: number }): ClientHttp2Session;
  raw(): Promise<RawClient>;
}

async function serve(handle: Handler = echo): Promise<World> {
  const tasks = createTasks({ turn: () => setImmediate() });
  const server = await serveHttps({ handle, tasks, logger: silent, serving, clientCertificateAuthority: authority.certificate });
  const sessions: ClientHttp2Session[] = [];
  return {
    server,
    session(settings = {}) {
      const session = connect(server.url, { ca: authority.certificate, servername: "localhost", settings });
      session.on("error", () => {});
      sessions.push(session);
      return session;
    },
    raw: () => rawClient(server.port),
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      await server.close({ graceMilliseconds: 0 });
      await tasks.settle();
      expect(tasks.failures).toEqual([]);
    },
  };
}

interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
}

async function got(stream: ClientHttp2Stream): Promise<Got> {
  const pieces: Buffer[] = [];
  // At once: Node throws away what nobody has asked for when the stream ends.
  stream.on("data", (piece: Buffer) => pieces.push(piece));
  const [[headers]] = (await Promise.all([once(stream, "response"), once(stream, "end")])) as [[IncomingHttpHeaders], unknown];
  return { status: Number(headers[":status"]), headers, bytes: Buffer.concat(pieces) };
}

function post(session: ClientHttp2Session, body: Uint8Array): Promise<Got> {
  const stream = session.request({ ":method": "POST", ":path": "/" });
  stream.end(body);
  return got(stream);
}

interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly payload: Buffer;
}

/** A client that says whatever a test wants. */
interface RawClient {
  send(...pieces: readonly Uint8Array[]): void;
  /** The first frame of this kind that came; rejects when the connection ended without one. */
  first(type: number): Promise<Frame>;
}

async function rawClient(port: number): Promise<RawClient> {
  const socket = connectTls({ host: "127.0.0.1", port, ALPNProtocols: ["h2"], ca: authority.certificate, servername: "localhost" });
  await once(socket, "secureConnect");
  let rest = Buffer.alloc(0);
  const came: Frame[] = [];
  const closed = once(socket, "close");
  socket.on("error", () => {});
  socket.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= headBytes && rest.length >= headBytes + rest.readUIntBE(0, 3)) {
      const end = headBytes + rest.readUIntBE(0, 3);
      came.push({ type: rest[3]!, flags: rest[4]!, id: rest.readUInt32BE(5), payload: rest.subarray(headBytes, end) });
      rest = rest.subarray(end);
      socket.emit("frame");
    }
  });
  return {
    send: (...pieces) => void socket.write(Buffer.concat(pieces)),
    async first(type) {
      for (;;) {
        const frame = came.find((each) => each.type === type);
        if (frame !== undefined) return frame;
        const isOver = await Promise.race([once(socket, "frame").then(() => false), closed.then(() => true)]);
        if (isOver && !came.some((each) => each.type === type)) throw new Error(`The connection ended without a frame of kind ${type}`);
      }
    },
  };
}

function frame(type: number, flag: number, id: number, payload: Uint8Array = new Uint8Array()): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flag;
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, payload]);
}

const begin = Buffer.concat([preface, frame(frames.settings, 0, 0)]);
/** `GET / https`, all of it from the table that both ends know. */
const get = Buffer.from([0x82, 0x87, 0x84]);
const { endHeaders, endStream } = flags;

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function literal(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name), Buffer.from([value.length]), Buffer.from(value)]);
}

test("every character of a target and of a field arrives as it was sent", async () => {
  await using world = await serve();
  const session = world.session();
  const target = `/${Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index)).join("")}`;
  const say = Array.from({ length: 223 }, (_, index) => String.fromCharCode(32 + index))
    .filter((character) => character !== "\x7f")
    .join("")
    .trim();
  const { bytes, headers } = await got(session.request({ ":path": target, "x-say": say }));
  expect(bytes.toString("latin1")).toBe(`GET ${target}`);
  expect(headers["x-said"]).toBe(say);
});

test("fields are understood by what was said in earlier requests, also once some of it is forgotten", async () => {
  await using world = await serve();
  const session = world.session();
  const says = Array.from({ length: 120 }, (_, index) => `${index % 7} ${"x".repeat(10 + ((index * 37) % 500))}`);
  const answers = await Promise.all(says.map((say) => got(session.request({ ":path": "/", "x-say": say }))));
  expect(answers.map(({ headers }) => headers["x-said"])).toEqual(says);
});

test("bodies larger than any window go in and out whole, beside one another", async () => {
  await using world = await serve();
  const session = world.session({ initialWindowSize: 5000 });
  const bodies = [3 * 1024 * 1024, 1, 0, 2_000_000, 16_384, 16_385].map((length, index) => Buffer.alloc(length, 65 + index));
  const answers = await Promise.all(bodies.map((body) => post(session, body)));
  expect(answers.map(({ bytes }) => bytes.length)).toEqual(bodies.map(({ length }) => (length === 0 ? "POST /".length : length)));
  for (const [index, { bytes }] of answers.entries()) if (index !== 2) expect(bytes.equals(bodies[index]!)).toBe(true);
});

test("who doesn't read one answer still gets the others", async () => {
  await using world = await serve();
  const session = world.session({ initialWindowSize: 60_000 });
  const unread = session.request({ ":method": "POST", ":path": "/" });
  unread.end(Buffer.alloc(1_000_000));
  await once(unread, "response");
  expect((await got(session.request({ ":path": "/other" }))).bytes.toString()).toBe("GET /other");
  unread.close(constants.NGHTTP2_CANCEL);
});

test("a head that is too long is answered with 431, also when it is short as it is written", async () => {
  await using world = await serve();
  const client = await world.raw();
  const kept = Buffer.concat([Buffer.from([0x40, 1]), Buffer.from("x"), Buffer.from([0x7f, 0xb9, 0x16]), Buffer.alloc(3000, "a")]);
  const again = Buffer.alloc(30, 0xbe);
  client.send(begin, frame(frames.headers, endHeaders | endStream, 1, Buffer.concat([get, kept, again])));
  const { payload } = await client.first(frames.headers);
  expect(payload.subarray(0, 5)).toEqual(Buffer.concat([Buffer.from([8, 3]), Buffer.from("431")]));
});

test("a body that isn't as long as it says is no request", async () => {
  await using world = await serve();
  const client = await world.raw();
  const head = Buffer.concat([Buffer.from([0x83, 0x87, 0x84]), literal("content-length", "5")]);
  client.send(begin, frame(frames.headers, endHeaders, 1, head), frame(frames.data, endStream, 1, Buffer.from("four")));
  expect((await client.first(frames.reset)).payload.readUInt32BE()).toBe(codes.protocol);
});

test.each([
  ["a name in capitals", Buffer.concat([get, literal("Accept", "x")])],
  ["a field of HTTP/1.1 connections", Buffer.concat([get, literal("connection", "close")])],
  ["no path", get.subarray(0, 2)],
  ["two methods", Buffer.concat([Buffer.from([0x82]), get])],
  ["a field about the request after others", Buffer.concat([literal("accept", "x"), get])],
  ["a line break in a value", Buffer.concat([get, literal("x-a", "a\r\nb")])],
])("a head with %s is no request, and the next one is answered", async (_what, block) => {
  await using world = await serve();
  const client = await world.raw();
  client.send(begin, frame(frames.headers, endHeaders | endStream, 1, block), frame(frames.headers, endHeaders | endStream, 3, get));
  const reset = await client.first(frames.reset);
  expect([reset.id, reset.payload.readUInt32BE()]).toEqual([1, codes.protocol]);
  expect((await client.first(frames.headers)).id).toBe(3);
});

const window = (id: number, more: number): Buffer => frame(frames.windowUpdate, 0, id, number(more));

test.each([
  ["speaks something else", codes.protocol, [Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")]],
  ["begins without settings", codes.protocol, [preface, frame(frames.ping, 0, 0, Buffer.alloc(8))]],
  ["sends a frame that is too large", codes.frameSize, [begin, frame(frames.data, 0, 1, Buffer.alloc(16_385))]],
  ["sends a ping of the wrong size", codes.frameSize, [begin, frame(frames.ping, 0, 0, Buffer.alloc(7))]],
  ["begins a stream of the server's", codes.protocol, [begin, frame(frames.headers, endHeaders, 2, get)]],
  ["sends a body before its head", codes.protocol, [begin, frame(frames.data, 0, 1)]],
  ["doesn't continue a head", codes.protocol, [begin, frame(frames.headers, 0, 1, get), frame(frames.ping, 0, 0, Buffer.alloc(8))]],
  ["refers to a field that was never sent", codes.compression, [begin, frame(frames.headers, endHeaders, 1, Buffer.from([0xff, 0x20]))]],
  ["pads a frame beyond its end", codes.protocol, [begin, frame(frames.headers, endHeaders | flags.padded, 1, Buffer.from([9, 0x82]))]],
  ["grows a window beyond all bounds", codes.flowControl, [begin, window(0, 2 ** 31 - 1)]],
  ["grows a window by nothing", codes.protocol, [begin, window(0, 0)]],
  ["resets what it never began", codes.protocol, [begin, frame(frames.reset, 0, 1, number(8))]],
  [
    "sends a head that doesn't end",
    codes.enhanceYourCalm,
    [begin, frame(frames.headers, 0, 1, get), ...Array.from({ length: 40 }, () => frame(frames.continuation, 0, 1))],
  ],
  [
    "resets all that it asks",
    codes.enhanceYourCalm,
    [
      begin,
      ...Array.from({ length: 1100 }, (_, index) => [
        frame(frames.headers, endHeaders | endStream, 2 * index + 1, get),
        frame(frames.reset, 0, 2 * index + 1, number(codes.cancel)),
      ]).flat(),
    ],
  ],
  [
    "asks a thousand times without listening",
    codes.enhanceYourCalm,
    [begin, ...Array.from({ length: 1100 }, () => frame(frames.ping, 0, 0, Buffer.alloc(8)))],
  ],
  [
    "sends a body of nothing without an end",
    codes.enhanceYourCalm,
    [begin, frame(frames.headers, endHeaders, 1, get), ...Array.from({ length: 1100 }, () => frame(frames.data, 0, 1))],
  ],
])("a client that %s is told why its connection ends, and others don't notice", async (_what, code, pieces) => {
  await using world = await serve();
  const other = world.session();
  const client = await world.raw();
  client.send(...pieces);
  expect((await client.first(frames.goAway)).payload.readUInt32BE(4)).toBe(code);
  expect((await got(other.request({ ":path": "/" }))).status).toBe(200);
});

test("requests beyond what one connection may have under way are refused, to be sent again", async () => {
  const answered = Promise.withResolvers<void>();
  await using world = await serve(async (...request) => {
    await answered.promise;
    return echo(...request);
  });
  const client = await world.raw();
  const ids = Array.from({ length: 251 }, (_, index) => 2 * index + 1);
  client.send(begin, ...ids.map((id) => frame(frames.headers, endHeaders | endStream, id, get)));
  const reset = await client.first(frames.reset);
  expect([reset.id, reset.payload.readUInt32BE()]).toEqual([501, codes.refusedStream]);
  answered.resolve();
  expect((await client.first(frames.headers)).id).toBe(1);
});

test("a server that closes answers what is under way, and takes nothing new", async () => {
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  await using world = await serve(async (...request) => {
    asked.resolve();
    await answer.promise;
    return echo(...request);
  });
  const session = world.session();
  const pending = got(session.request({ ":path": "/" }));
  await asked.promise;
  const closed = world.server.close({ graceMilliseconds: 5000 });
  await once(session, "goaway");
  answer.resolve();
  expect((await pending).status).toBe(200);
  await closed;
});

test("heads of RFC 7541 are read as it says", () => {
  const decoder = new HeaderDecoder(1000);
  const decode = (hex: string): unknown =>
    decoder.decode(Buffer.from(hex.replaceAll(" ", ""), "hex"))?.map(({ name, value }) => `${name}: ${value}`);
  const about = [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"];
  expect(decode("8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff")).toEqual(about);
  expect(decode("8286 84be 5886 a8eb 1064 9cbf")).toEqual([...about, "cache-control: no-cache"]);
  expect(decode("8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf")).toEqual([
    ...[":method: GET", ":scheme: https", ":path: /index.html", ":authority: www.example.com", "custom-key: custom-value"],
  ]);
});

test.each(["80", "ff80808080ff", "00", "0003", "4003ff", "0081ff00", "3fe21f", "8220"])("%s is no head", (hex) => {
  expect(() => new HeaderDecoder(1000).decode(Buffer.from(hex, "hex"))).toThrow(UnreadableHead);
});
