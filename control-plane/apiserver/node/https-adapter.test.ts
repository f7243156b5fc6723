import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { type ClientHttp2Session, connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import { request as httpsRequest } from "node:https";
import { connect as connectTls } from "node:tls";
import { setImmediate } from "node:timers/promises";
import { gunzipSync, gzipSync } from "node:zlib";
import { createTasks, type Handler, type Peer, type Request, type Response, silent, type Tasks, type Upgrade } from "@kubets/machinery";
import { beforeAll, expect, test } from "vitest";
import { createTestAuthority, type TestAuthority, type TestCertificate } from "../testing/certificates.ts";
import { type HttpsServer, serveHttps } from "./index.ts";

let authority: TestAuthority;
let stranger: TestAuthority;
let serving: TestCertificate;
let alice: TestCertificate;

beforeAll(async () => {
  authority = await createTestAuthority("ca");
  stranger = await createTestAuthority("someone else");
  serving = await authority.issue("CN=apiserver");
  alice = await authority.issue("CN=alice, O=team-a, O=team-b");
});

interface World {
  readonly server: HttpsServer;
  readonly tasks: Tasks;
  readonly seen: { readonly request: Request; readonly peer: Peer }[];
  get(path: string, options?: Sent): Promise<Got>;
  [Symbol.asyncDispose](): Promise<void>;
}
interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  readonly as?: TestCertificate;
  readonly http2?: boolean;
}
interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly bytes: Buffer;
}

async function serve(handle: Handler): Promise<World> {
  const tasks = createTasks({ turn: () => setImmediate() });
  const seen: World["seen"] = [];
  const server = await serveHttps({
    handle: (request, peer, signal) => {
      seen.push({ request, peer });
      return handle(request, peer, signal);
    },
    tasks,
    logger: silent,
    serving,
    clientCertificateAuthority: authority.certificate,
  });
  const trust = { ca: authority.certificate, servername: "localhost" };
  return {
    server,
    tasks,
    seen,
    get: (path, sent = {}) => (sent.http2 === true ? getHttp2(server, trust.ca, path, sent) : getHttp1(server, trust.ca, path, sent)),
    async [Symbol.asyncDispose]() {
      await server.close({ graceMilliseconds: 0 });
      await tasks.settle();
      expect(tasks.failures).toEqual([]);
    },
  };
}

async function getHttp1({ port }: HttpsServer, ca: string, path: string, { method = "GET", headers = {}, body, as }: Sent): Promise<Got> {
  const request = httpsRequest({
    host: "127.0.0.1",
    port,
    path,
    method,
    headers,
    ca,
    agent: false,
    ...(as === undefined ? {} : { cert: as.certificate, key: as.key }),
  });
  request.end(body);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode!, headers: response.headers, bytes: Buffer.concat(chunks) };
}

async function getHttp2({ url }: HttpsServer, ca: string, path: string, { method = "GET", headers = {}, body, as }: Sent): Promise<Got> {
  const session: ClientHttp2Session = connectHttp2(url, { ca, ...(as === undefined ? {} : { cert: as.certificate, key: as.key }) });
  try {
    const stream = session.request({ ":method": method, ":path": path, ...headers });
    stream.end(body);
    const [head] = (await once(stream, "response")) as [IncomingHttpHeaders & { readonly ":status"?: number }];
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    return { status: head[":status"]!, headers: head, bytes: Buffer.concat(chunks) };
  } finally {
    session.close();
  }
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const echo: Handler = async ({ body }) => ({
  status: 200,
  headers: { "content-type": "text/plain" },
  body: { kind: "bytes", bytes: () => body ?? text("nothing") },
});

test.each([true, false])("a request reaches the handler and its answer comes back (HTTP/2: %s)", async (http2) => {
  await using world = await serve(echo);
  const got = await world.get("/api/v1/pods?limit=5", { method: "POST", headers: { "x-some": "thing" }, body: "hello", http2 });
  expect({ status: got.status, text: got.bytes.toString() }).toEqual({ status: 200, text: "hello" });
  expect(world.seen).toMatchObject([
    {
      request: { method: "POST", target: "/api/v1/pods?limit=5", headers: { "x-some": "thing" } },
      peer: { via: "network", address: "127.0.0.1" },
    },
  ]);
});

test.each([true, false])("the handler knows whose certificate the caller showed (HTTP/2: %s)", async (http2) => {
  await using world = await serve(echo);
  await world.get("/", { as: alice, http2 });
  expect(world.seen[0]?.peer).toEqual({
    via: "network",
    address: "127.0.0.1",
    certificate: { commonName: "alice", organizations: ["team-a", "team-b"], fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
});

test.each(["of another authority", "expired"])("a client certificate that is %s is refused", async (why) => {
  await using world = await serve(echo);
  const bad = why === "expired" ? await authority.issue("CN=alice", { expired: true }) : await stranger.issue("CN=alice");
  const got = await world.get("/", { as: bad });
  expect({ status: got.status, reason: JSON.parse(got.bytes.toString()).reason }).toEqual({ status: 401, reason: "Unauthorized" });
  expect(world.seen).toEqual([]);
  // With a token it is for authentication to say.
  expect(await world.get("/", { as: bad, headers: { authorization: "Bearer x" } })).toMatchObject({ status: 200 });
  expect(world.seen[0]?.peer).toEqual({ via: "network", address: "127.0.0.1" });
});

test.each([true, false])("a body that is too large is refused (HTTP/2: %s)", async (http2) => {
  await using world = await serve(echo);
  const got = await world.get("/", { method: "POST", body: new Uint8Array(3 * 1024 * 1024 + 1), http2 });
  expect(JSON.parse(got.bytes.toString())).toMatchObject({
    code: 413,
    reason: "RequestEntityTooLarge",
    message: "Request entity too large: limit is 3145728",
  });
});

test("a compressed body is unpacked, and a bomb is refused", async () => {
  await using world = await serve(echo);
  const headers = { "content-encoding": "gzip" };
  const packed = await world.get("/", { method: "POST", body: gzipSync("hello"), headers });
  expect(packed.bytes.toString()).toBe("hello");
  const bomb = await world.get("/", { method: "POST", body: gzipSync(new Uint8Array(64 * 1024 * 1024)), headers });
  expect(bomb.status).toBe(413);
  const broken = await world.get("/", { method: "POST", body: "not gzip", headers });
  expect(broken.status).toBe(400);
});

test("a large answer is compressed for those who accept it", async () => {
  const long = text("kubets ".repeat(40_000));
  await using world = await serve(async () => ({ status: 200, headers: {}, body: { kind: "bytes", bytes: () => long } }));
  const packed = await world.get("/", { headers: { "accept-encoding": "gzip" } });
  expect(packed.headers["content-encoding"]).toBe("gzip");
  expect(gunzipSync(packed.bytes)).toEqual(Buffer.from(long));
  expect((await world.get("/", { headers: { "accept-encoding": "gzip;q=0" } })).bytes).toEqual(Buffer.from(long));
});

test.each([true, false])("a long answer in pieces is compressed, and what comes piece by piece isn't (HTTP/2: %s)", async (http2) => {
  const pieces = Array.from({ length: 20 }, (_, index) => text(`piece ${index} `.repeat(20_000)));
  const stream = (isWhole: boolean): Response["body"] => ({
    kind: "stream",
    chunks: (async function* () {
      for (const piece of pieces) yield { bytes: () => piece };
    })(),
    ...(isWhole ? { isWhole } : {}),
  });
  await using world = await serve(async ({ target }) => ({ status: 200, headers: {}, body: stream(target === "/list") }));
  const headers = { "accept-encoding": "gzip" };
  const list = await world.get("/list", { headers, http2 });
  expect(list.headers["content-encoding"]).toBe("gzip");
  expect(gunzipSync(list.bytes)).toEqual(Buffer.concat(pieces));
  expect(list.bytes.length).toBeLessThan(Buffer.concat(pieces).length / 20);
  const watch = await world.get("/watch", { headers, http2 });
  expect([watch.headers["content-encoding"], watch.bytes]).toEqual([undefined, Buffer.concat(pieces)]);
});

test.each([true, false])("a stream is delivered chunk by chunk and ended when its reader goes (HTTP/2: %s)", async (http2) => {
  let isClosed = false;
  const delivered: number[] = [];
  await using world = await serve(async () => ({
    status: 200,
    headers: {},
    body: {
      kind: "stream",
      chunks: (async function* () {
        try {
          for (let index = 0; index < 3; index++) yield { bytes: () => text(`${index}\n`), delivered: () => void delivered.push(index) };
        } finally {
          isClosed = true;
        }
      })(),
    },
  }));
  expect((await world.get("/", { http2 })).bytes.toString()).toBe("0\n1\n2\n");
  expect({ delivered, isClosed }).toEqual({ delivered: [0, 1, 2], isClosed: true });
});

test.each([
  { http2: true, compressed: false },
  { http2: true, compressed: true },
  { http2: false, compressed: false },
])(
  "pieces that are written into the same memory arrive as they were (HTTP/2: $http2, compressed: $compressed)",
  async ({ http2, compressed }) => {
    const size = 300_000;
    await using world = await serve(async () => {
      const chunks = (async function* () {
        let room: Uint8Array | undefined;
        for (let index = 0; index < 20; index++) {
          const bytes = (room ?? new Uint8Array(size)).fill(index);
          room = undefined;
          yield { bytes: () => bytes, release: () => void (room = bytes) };
        }
      })();
      return { status: 200, headers: {}, body: { kind: "stream", chunks, isWhole: true } };
    });
    const { bytes } = await world.get("/", { http2, headers: compressed ? { "accept-encoding": "gzip" } : {} });
    const whole = compressed ? gunzipSync(bytes) : bytes;
    expect(whole.equals(Buffer.concat(Array.from({ length: 20 }, (_, index) => Buffer.alloc(size, index))))).toBe(true);
  },
);

test("a caller that leaves is noticed", async () => {
  const left = Promise.withResolvers<void>();
  await using world = await serve(async (_request, _peer, signal) => {
    signal.addEventListener("abort", () => left.resolve());
    const gone = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    const chunks = (async function* () {
      yield { bytes: () => text("first") };
      await gone;
    })();
    return { status: 200, headers: {}, body: { kind: "stream", chunks } };
  });
  const session = connectHttp2(world.server.url, { ca: authority.certificate });
  const stream = session.request({ ":path": "/" });
  await once(stream, "data");
  stream.close();
  await left.promise;
  session.destroy();
});

test("an upgrade hands over the raw connection, and a refusal is an answer", async () => {
  await using world = await serve(async ({ headers }): Promise<Response | Upgrade> => {
    if (headers.upgrade === "refused") return { status: 403, headers: {}, body: { kind: "bytes", bytes: () => text("no") } };
    return {
      status: 101,
      headers: { upgrade: "echo", connection: "Upgrade" },
      async serve({ readable, write, end }) {
        for await (const bytes of readable) await write(bytes);
        await end();
      },
    };
  });
  const socket = connectTls({ host: "127.0.0.1", port: world.server.port, ca: authority.certificate, ALPNProtocols: ["http/1.1"] });
  socket.write("GET /exec HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
  const [head] = (await once(socket, "data")) as [Buffer];
  expect(head.toString()).toBe("HTTP/1.1 101 Switching Protocols\r\nupgrade: echo\r\nconnection: Upgrade\r\n\r\n");
  socket.write("ping");
  expect(String((await once(socket, "data"))[0])).toBe("ping");
  socket.end();
  await once(socket, "close");
  const refused = connectTls({ host: "127.0.0.1", port: world.server.port, ca: authority.certificate, ALPNProtocols: ["http/1.1"] });
  refused.write("GET /exec HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: refused\r\n\r\n");
  let answer = "";
  for await (const chunk of refused) answer += String(chunk);
  expect(answer).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n[^]*\r\n\r\nno$/);
});

test("what is no HTTP is answered or dropped, and the server stays", async () => {
  await using world = await serve(echo);
  const socket = connectTls({ host: "127.0.0.1", port: world.server.port, ca: authority.certificate, ALPNProtocols: ["http/1.1"] });
  socket.write("hello\r\n\r\n");
  let answer = "";
  for await (const chunk of socket) answer += String(chunk);
  expect(answer).toMatch(/^HTTP\/1\.1 400/);
  expect(await world.get("/")).toMatchObject({ status: 200 });
});

test("another certificate is served without a restart", async () => {
  await using world = await serve(echo);
  const renewed = await authority.issue("CN=renewed");
  world.server.setCertificates({ serving: renewed, clientCertificateAuthority: authority.certificate });
  const socket = connectTls({ host: "127.0.0.1", port: world.server.port, ca: authority.certificate });
  await once(socket, "secureConnect");
  expect(socket.getPeerCertificate().subject.CN).toBe("renewed");
  socket.destroy();
});
