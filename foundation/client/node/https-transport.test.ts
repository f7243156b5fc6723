import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Handler, notFound, type Response } from "@kubets/machinery";
import { beforeAll, describe, expect, test } from "vitest";
import { createClient } from "../client-implementation.ts";
import { createCertificates, type TestCertificates } from "../testing/certificates.ts";
import { aWidget, createWorld, WidgetKind, type World } from "../testing/harness.ts";
import { type CuttableServer, serveCuttably } from "../testing/https-server.ts";
import { added, createScriptedServer, type ScriptedServer } from "../testing/scripted-server.ts";
import { serveWebSockets } from "../testing/web-socket-server.ts";
import type { Transport } from "../transport.ts";
import { createHttpsTransport, type HttpsTransportOptions } from "./https-transport.ts";
import { bearer, tokenFile } from "./kubeconfig-transport.ts";

let certificates: TestCertificates;
beforeAll(async () => {
  certificates = await createCertificates();
});

interface Setting extends World, AsyncDisposable {
  readonly server: CuttableServer;
  readonly scripted: ScriptedServer;
  readonly client: ReturnType<typeof createClient>;
}

/** A scripted server behind TLS, and a client that reaches it. */
async function setting(options: Partial<HttpsTransportOptions> = {}): Promise<Setting> {
  const world = createWorld();
  const scripted = createScriptedServer(world.tasks);
  const server = await serveCuttably(scripted.handle, certificates, world.tasks);
  const transport = createHttpsTransport({ url: server.url, certificateAuthority: certificates.authority, tasks: world.tasks, ...options });
  return {
    ...world,
    server,
    scripted,
    client: createClient(transport),
    async [Symbol.asyncDispose]() {
      await transport.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

const jsonOf = (object: unknown): Response => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body: { kind: "bytes", bytes: () => new TextEncoder().encode(JSON.stringify(object)) },
});

/** A server with this handler, and a transport to it. */
async function serving(
  handle: Handler,
  { path = "", ...options }: Partial<HttpsTransportOptions> & { readonly path?: string } = {},
): Promise<AsyncDisposable & { readonly transport: Transport; readonly ask: () => Promise<unknown> }> {
  const { tasks } = createWorld();
  const server = await serveCuttably(handle, certificates, tasks);
  const transport = createHttpsTransport({ url: server.url + path, certificateAuthority: certificates.authority, tasks, ...options });
  return {
    transport,
    ask: async () => (await transport.send({ method: "GET", target: "/x?y=1", headers: {} }, never)).object(),
    async [Symbol.asyncDispose]() {
      await transport.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** A handler that answers with what it saw of the request. */
const echo: Handler = async ({ target, headers: { authorization } }, peer) => jsonOf({ target, authorization, peer });
const never = new AbortController().signal;

describe("the HTTPS transport", () => {
  test("sends a request and reads the object, with the defaults that an older server left out", async () => {
    await using s = await setting();
    const created = s.client
      .resource(WidgetKind)
      .in("default")
      .create({ metadata: { name: "a" }, spec: { size: 1 } });
    const request = await s.scripted.next();
    expect(request.body).toMatchObject({ apiVersion: "test.kubets.dev/v1", kind: "Widget", metadata: { name: "a" } });
    const { spec: _, ...withoutSpec } = aWidget("a", 5);
    request.answer(withoutSpec, 201);
    expect(await created).toEqual(aWidget("a", 5, { size: 1 }));
  });

  test("counts a request as a task until its answer is read", async () => {
    await using s = await setting();
    const got = s.client.resource(WidgetKind).in("default").get("a");
    const request = await s.scripted.next();
    expect(s.tasks.pending()).toContainEqual({ name: "HTTPS request sent", count: 1 });
    request.answer(aWidget("a", 5));
    await got;
    expect(s.tasks.pending().map(({ name }) => name)).not.toContain("HTTPS request sent");
  });

  test("answers a failure as a StatusError", async () => {
    await using s = await setting();
    const got = s.client.resource(WidgetKind).in("default").get("a");
    (await s.scripted.next()).fail(notFound({ group: "test.kubets.dev", resource: "widgets" }, "a"));
    await expect(got).rejects.toMatchObject({ code: 404, reason: "NotFound", message: `widgets.test.kubets.dev "a" not found` });
  });

  test("reads watch events out of chunks that are cut anywhere, within a character as well", async () => {
    await using s = await setting();
    const events = s.client.resource(WidgetKind).watch({ resourceVersion: "1" })[Symbol.asyncIterator]();
    const first = events.next();
    const watch = (await s.scripted.next()).stream();
    const line = new TextEncoder().encode(`${JSON.stringify(added(aWidget("grün", 2)))}\n`);
    const middle = line.indexOf(0xc3) + 1;
    watch.sendRaw(line.subarray(0, middle));
    watch.sendRaw(line.subarray(middle));
    expect(await first).toMatchObject({ value: [{ type: "ADDED", object: { metadata: { name: "grün" } } }] });
    const second = events.next();
    watch.send(added(aWidget("b", 3)), added(aWidget("c", 4)));
    const batch = (await second).value;
    expect(batch?.map(({ object }: { readonly object: { readonly metadata: { readonly name: string } } }) => object.metadata.name)).toEqual(
      ["b", "c"],
    );
    const end = events.next();
    watch.end();
    expect(await end).toMatchObject({ done: true });
  });

  test("a watch that breaks rejects; one that is given up is known to the server", async () => {
    await using s = await setting();
    const broken = s.client.resource(WidgetKind).watch({ resourceVersion: "1" })[Symbol.asyncIterator]();
    const next = broken.next();
    (await s.scripted.next()).stream();
    s.server.cut();
    await expect(next).rejects.toThrow();
    const stopping = new AbortController();
    const given = s.client.resource(WidgetKind).watch({ resourceVersion: "1", signal: stopping.signal })[Symbol.asyncIterator]();
    const waiting = given.next();
    const request = await s.scripted.next();
    request.stream();
    stopping.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow();
    await new Promise((resolve) => void (request.signal.aborted ? resolve(undefined) : request.signal.addEventListener("abort", resolve)));
  });

  test("gives a server up that falls silent though it is pinged, and asks again on another connection", async () => {
    await using s = await setting({ silence: { pingEvery: 50, endAfter: 500 } });
    const watched = s.client.resource(WidgetKind).watch({ resourceVersion: "1" })[Symbol.asyncIterator]();
    const event = watched.next();
    (await s.scripted.next()).stream();
    const got = s.client.resource(WidgetKind).in("default").get("a");
    await s.scripted.next();
    s.server.silence();
    const since = "nothing came from 127.0.0.1:";
    await Promise.all([event, got].map((asked) => expect(asked).rejects.toThrow(since)));
    const again = s.client.resource(WidgetKind).in("default").get("a");
    (await s.scripted.next()).answer(aWidget("a", 5));
    expect(await again).toMatchObject({ metadata: { name: "a" } });
    expect(s.server.connections).toBe(2);
  });

  test("waits as long as it takes for a server that has nothing to say but answers pings", async () => {
    await using s = await setting({ silence: { pingEvery: 50, endAfter: 1_500 } });
    const event = s.client.resource(WidgetKind).watch({ resourceVersion: "1" })[Symbol.asyncIterator]().next();
    const watch = (await s.scripted.next()).stream();
    const before = s.server.sent;
    await expect.poll(() => s.server.sent - before, { timeout: 10_000 }).toBeGreaterThan(31);
    watch.send(added(aWidget("a", 2)));
    expect(await event).toMatchObject({ value: [{ type: "ADDED" }] });
    expect(s.server.connections).toBe(1);
  });

  test("takes one connection for a burst of watches, and few more when it is cut", async () => {
    await using s = await setting();
    const start = async () => {
      const watches = Array.from({ length: 40 }, () =>
        s.client.resource(WidgetKind).watch({ resourceVersion: "1" })[Symbol.asyncIterator](),
      );
      const first = watches.map((watch) => watch.next());
      for (let index = 0; index < watches.length; index++) (await s.scripted.next()).stream().send(added(aWidget("a", 2)));
      await Promise.all(first);
      return watches;
    };
    const cut = async (watches: Awaited<ReturnType<typeof start>>): Promise<unknown> => {
      const next = watches.map((watch) => watch.next());
      s.server.cut();
      return Promise.allSettled(next);
    };
    await cut(await start());
    expect(s.server.connections).toBe(1);
    await cut(await start());
    // A request or two may be sent before the pool knows that its connection is gone.
    expect(s.server.connections).toBeLessThanOrEqual(4);
  });

  test("shows a certificate, a token, or the token that is in a file now", async () => {
    await using byCertificate = await serving(echo, { credentials: [{ by: "certificate", ...certificates.client }] });
    expect(await byCertificate.ask()).toMatchObject({ peer: { certificate: { commonName: "alice", organizations: ["team"] } } });
    await using byToken = await serving(echo, { credentials: [bearer("secret")] });
    expect(await byToken.ask()).toMatchObject({ authorization: "Bearer secret", peer: { via: "network" } });
    const directory = await mkdtemp(join(tmpdir(), "token-"));
    try {
      const path = join(directory, "token");
      const { clock } = createWorld();
      await using byFile = await serving(echo, { credentials: [tokenFile(path, clock)] });
      await expect(byFile.ask()).rejects.toThrow(/token file/);
      await writeFile(path, "first\n");
      expect(await byFile.ask()).toMatchObject({ authorization: "Bearer first" });
      await writeFile(path, "second\n");
      expect(await byFile.ask()).toMatchObject({ authorization: "Bearer first" });
      await clock.advance(60_000);
      expect(await byFile.ask()).toMatchObject({ authorization: "Bearer second" });
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  test("trusts no server that the given authority did not sign for", async () => {
    const other = await createCertificates();
    await using distrustful = await serving(echo, { certificateAuthority: other.authority });
    await expect(distrustful.ask()).rejects.toThrow(/certificate/);
    await using careless = await serving(echo, { certificateAuthority: other.authority, skipVerification: true });
    expect(await careless.ask()).toMatchObject({ target: "/x?y=1" });
  });

  test("puts the path of the URL before every target", async () => {
    await using behindPath = await serving(echo, { path: "/clusters/one/" });
    expect(await behindPath.ask()).toMatchObject({ target: "/clusters/one/x?y=1" });
  });
});

describe("a channel connection over HTTPS", () => {
  const protocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"];

  test("speaks the protocol that the server prefers, in messages of any size, both ways", async () => {
    const authorizations: (string | undefined)[] = [];
    const handle = serveWebSockets((socket) => socket.on("message", (message: Buffer) => socket.send(message)));
    const noting: Handler = (request, ...rest) => {
      authorizations.push(request.headers["authorization"]);
      return handle(request, ...rest);
    };
    await using s = await serving(noting, { credentials: [bearer("secret")] });
    const connection = await s.transport.connect({ target: "/api/v1/namespaces/default/pods/web/exec?command=cat", protocols }, never);
    expect({ protocol: connection.protocol, authorizations }).toEqual({ protocol: "v4.channel.k8s.io", authorizations: ["Bearer secret"] });
    const messages = connection.messages[Symbol.asyncIterator]();
    for (const size of [0, 3, 125, 126, 65_536, 300_000]) {
      const message = new Uint8Array(size).fill(size % 251);
      await connection.send(message);
      expect(Uint8Array.from((await messages.next()).value!)).toEqual(message);
    }
    await connection.close();
    expect(await messages.next()).toMatchObject({ done: true });
  });

  test("a refusal is a StatusError", async () => {
    const error = notFound({ group: "", resource: "pods" }, "web");
    await using s = await serving(async () => ({ ...jsonOf(error.status), status: 404 }));
    await expect(s.transport.connect({ target: "/x", protocols }, never)).rejects.toMatchObject({
      reason: "NotFound",
      message: error.message,
    });
  });

  test("is ended by an abort, and by the transport's end", async () => {
    await using s = await serving(serveWebSockets(() => {}));
    const stopping = new AbortController();
    const aborted = await s.transport.connect({ target: "/x", protocols }, stopping.signal);
    const left = await s.transport.connect({ target: "/x", protocols }, never);
    const [next, later] = [aborted, left].map(({ messages }) => messages[Symbol.asyncIterator]().next());
    stopping.abort(new Error("enough"));
    await expect(next).rejects.toThrow("enough");
    await s.transport.close();
    await expect(later).rejects.toThrow("closed");
  });
});
