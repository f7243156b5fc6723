import { forbiddenTo, type Handler, type Peer, type Request } from "@kubets/machinery";
import { describe, expect, test } from "vitest";
import { createInProcessTransport } from "./in-process-transport.ts";
import { createWorld } from "./testing/harness.ts";
import { createScriptedServer } from "./testing/scripted-server.ts";
import { serveWebSockets } from "./testing/web-socket-server.ts";

const peer: Peer = { via: "in-process", user: { name: "tester", groups: [] } };
const patch = { "content-type": "application/json-patch+json" };
const never = new AbortController().signal;

describe("the in-process transport", () => {
  test("calls the server as its peer, with the body encoded and typed", async () => {
    const { tasks } = createWorld();
    const seen: { readonly request: Request; readonly peer: Peer }[] = [];
    const handle: Handler = async (request, as) => {
      seen.push({ request, peer: as });
      return { status: 201, headers: {}, body: { kind: "bytes", bytes: () => new TextEncoder().encode('{"answer":[1]}') } };
    };
    const transport = createInProcessTransport({ handle, peer, tasks });
    const answer = await transport.send({ method: "POST", target: "/x", headers: { accept: "application/json" }, body: { a: "ü" } }, never);
    const object = await answer.object();
    expect({ status: answer.status, object, frozen: Object.isFrozen((object as { readonly answer: unknown }).answer) }).toEqual({
      status: 201,
      object: { answer: [1] },
      frozen: true,
    });
    expect(seen).toMatchObject([
      { peer, request: { method: "POST", target: "/x", headers: { accept: "application/json", "content-type": "application/json" } } },
    ]);
    expect(new TextDecoder().decode(seen[0]!.request.body)).toBe('{"a":"ü"}');
  });

  test("hands over what its body says as nobody can change it afterwards, and what JSON says otherwise as text", async () => {
    const { tasks } = createWorld();
    const seen: Request[] = [];
    const handle: Handler = async (request) => {
      seen.push({ ...request });
      return { status: 200, headers: {}, body: { kind: "bytes", bytes: () => new TextEncoder().encode("{}") } };
    };
    const transport = createInProcessTransport({ handle, peer, tasks });
    const send = async (body: unknown, headers = {}): Promise<Request> => {
      await transport.send({ method: "POST", target: "/x", headers, body }, never);
      return seen.at(-1)!;
    };
    const labels: Record<string, string> = { app: "web" };
    const handedOver = await send({ labels });
    labels["app"] = "changed";
    expect(handedOver.value).toEqual({ labels: { app: "web" } });
    expect(new TextDecoder().decode(handedOver.body)).toBe('{"labels":{"app":"web"}}');
    const written = [await send({ at: new Date(0) }), await send(new TextEncoder().encode("{}")), await send([{ op: "test" }], patch)];
    expect(written.map(({ value, body }) => [value, new TextDecoder().decode(body)])).toEqual([
      [undefined, '{"at":"1970-01-01T00:00:00.000Z"}'],
      [undefined, "{}"],
      [undefined, '[{"op":"test"}]'],
    ]);
  });

  test("a batch of events counts as delivered when the next one is asked for", async () => {
    const { tasks } = createWorld();
    const server = createScriptedServer(tasks);
    const transport = createInProcessTransport({ handle: server.handle, peer, tasks });
    const sent = transport.send({ method: "GET", target: "/x?watch=1", headers: {} }, never);
    const watch = (await server.next()).stream();
    const events = (await sent).events()[Symbol.asyncIterator]();
    watch.send({ type: "ADDED", object: { a: 1 } });
    expect(await events.next()).toMatchObject({ value: [{ type: "ADDED", object: { a: 1 } }] });
    expect(tasks.pending()).toEqual([{ name: "undelivered event", count: 1 }]);
    void events.next();
    await tasks.settle();
    expect(tasks.pending()).toEqual([]);
  });

  test("a reader that stops early is gone for the server, and leaves nothing undelivered", async () => {
    const { tasks } = createWorld();
    const server = createScriptedServer(tasks);
    const transport = createInProcessTransport({ handle: server.handle, peer, tasks });
    const sent = transport.send({ method: "GET", target: "/x?watch=1", headers: {} }, never);
    const request = await server.next();
    const watch = request.stream();
    watch.send({ type: "ADDED", object: {} });
    watch.send({ type: "ADDED", object: {} });
    for await (const _ of (await sent).events()) break;
    expect({ aborted: request.signal.aborted, pending: tasks.pending() }).toEqual({ aborted: true, pending: [] });
  });

  test("an abort ends the request at once and reaches the server", async () => {
    const { tasks } = createWorld();
    const server = createScriptedServer(tasks);
    const transport = createInProcessTransport({ handle: server.handle, peer, tasks });
    const caller = new AbortController();
    const sent = transport.send({ method: "GET", target: "/x", headers: {} }, caller.signal);
    const request = await server.next();
    caller.abort(new Error("enough"));
    await expect(sent).rejects.toThrow("enough");
    expect(request.signal.aborted).toBe(true);
  });
});

describe("a channel connection in one process", () => {
  test("carries messages of any size both ways, pings and fragments aside, and ends in order", async () => {
    const { tasks } = createWorld();
    const codes: number[] = [];
    const handle = serveWebSockets((socket) => {
      socket.ping("are you there");
      socket.send(Buffer.from([1, 2]), { fin: false });
      socket.send(Buffer.from([3]), { fin: true });
      socket.on("message", (message: Buffer) => socket.send(message));
      socket.on("close", (code) => codes.push(code));
    });
    const transport = createInProcessTransport({ handle, peer, tasks });
    const connection = await transport.connect({ target: "/exec", protocols: ["v5.channel.k8s.io", "v4.channel.k8s.io"] }, never);
    expect(connection.protocol).toBe("v4.channel.k8s.io");
    const messages = connection.messages[Symbol.asyncIterator]();
    expect((await messages.next()).value).toEqual(Uint8Array.of(1, 2, 3));
    for (const size of [0, 1, 125, 126, 65_535, 65_536, 300_000]) {
      const message = new Uint8Array(size).fill(size % 251);
      const [, echoed] = await Promise.all([connection.send(message), messages.next()]);
      expect(echoed.value).toEqual(message);
    }
    const end = messages.next();
    await connection.close();
    expect(await end).toMatchObject({ done: true });
    await tasks.settle();
    expect({ codes, failures: tasks.failures }).toEqual({ codes: [1000], failures: [] });
  });

  test("ends when the server closes it", async () => {
    const { tasks } = createWorld();
    const transport = createInProcessTransport({ handle: serveWebSockets((socket) => socket.close(1000)), peer, tasks });
    const connection = await transport.connect({ target: "/exec", protocols: ["v4.channel.k8s.io"] }, never);
    const got: Uint8Array[] = [];
    for await (const message of connection.messages) got.push(message);
    expect(got).toEqual([]);
  });

  test("is reset by an abort", async () => {
    const { tasks } = createWorld();
    const caller = new AbortController();
    const transport = createInProcessTransport({ handle: serveWebSockets(() => {}), peer, tasks });
    const connection = await transport.connect({ target: "/exec", protocols: ["v4.channel.k8s.io"] }, caller.signal);
    const next = connection.messages[Symbol.asyncIterator]().next();
    caller.abort(new Error("enough"));
    await expect(next).rejects.toThrow("enough");
    await expect(connection.send(Uint8Array.of(1))).rejects.toThrow("enough");
  });

  test("a refusal is a StatusError", async () => {
    const { tasks } = createWorld();
    const error = forbiddenTo({ group: "", resource: "pods" }, "web", "no");
    const handle: Handler = async () => ({
      status: 403,
      headers: {},
      body: { kind: "bytes", bytes: () => new TextEncoder().encode(JSON.stringify(error.status)) },
    });
    const transport = createInProcessTransport({ handle, peer, tasks });
    await expect(transport.connect({ target: "/exec", protocols: ["v4.channel.k8s.io"] }, never)).rejects.toMatchObject({
      code: 403,
      reason: "Forbidden",
    });
  });
});
