import type { Chunk } from "@kubets/machinery";
import { expect, test } from "vitest";
import { startTestServer, type TestEvent, type TestObject, type TestServer } from "../testing/test-server.ts";

const configMaps = "/api/v1/namespaces/default/configmaps";

async function create(world: TestServer, name: string, labels: object = {}, namespace = "default"): Promise<TestObject> {
  const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { name, labels } };
  return (await world.send("POST", `/api/v1/namespaces/${namespace}/configmaps`, { body })).json;
}

async function label(world: TestServer, name: string, labels: object): Promise<void> {
  const { status, text } = await world.send("PATCH", `${configMaps}/${name}`, {
    headers: { "content-type": "application/merge-patch+json" },
    body: { metadata: { labels } },
  });
  expect(status, text).toBe(200);
}

/** `ADDED a@1`. */
const told = (events: readonly TestEvent[]): readonly string[] =>
  events.map(({ type, object: { metadata } }) => `${type} ${metadata.name ?? "-"}@${metadata.resourceVersion}`);

test("a watch without a revision begins with what is there, then tells what happens", async () => {
  await using world = await startTestServer();
  await create(world, "a");
  const watch = await world.watch(`${configMaps}?watch=true`);
  expect(told(await watch.events())).toEqual(["ADDED a@1"]);
  await create(world, "b");
  await label(world, "a", { x: "1" });
  await world.send("DELETE", `${configMaps}/b`);
  const events = await watch.events();
  expect(told(events)).toEqual(["ADDED b@2", "MODIFIED a@3", "DELETED b@4"]);
  expect(events[1]?.object).toMatchObject({ kind: "ConfigMap", apiVersion: "v1", metadata: { labels: { x: "1" } } });
});

test("a watch from a revision tells everything after it and nothing else", async () => {
  await using world = await startTestServer();
  for (const name of ["a", "b", "c"]) await create(world, name);
  const watch = await world.watch(`${configMaps}?watch=true&resourceVersion=2`);
  await create(world, "d");
  expect(told(await watch.events())).toEqual(["ADDED c@3", "ADDED d@4"]);
});

test("a watch of a namespace, a name or a label tells of no others", async () => {
  await using world = await startTestServer();
  const watches = {
    namespace: await world.watch(`${configMaps}?watch=true&resourceVersion=0`),
    name: await world.watch(`${configMaps}?watch=true&resourceVersion=0&fieldSelector=metadata.name%3Da`),
    label: await world.watch(`/api/v1/configmaps?watch=true&resourceVersion=0&labelSelector=app%3Dweb`),
    all: await world.watch(`/api/v1/watch/configmaps?resourceVersion=0`),
  };
  await create(world, "a");
  await create(world, "b", { app: "web" });
  await create(world, "a", { app: "web" }, "default-too");
  expect({
    namespace: told(await watches.namespace.events()),
    name: told(await watches.name.events()),
    label: told(await watches.label.events()),
    all: told(await watches.all.events()),
  }).toEqual({
    namespace: ["ADDED a@1", "ADDED b@2"],
    name: ["ADDED a@1"],
    label: ["ADDED b@2", "ADDED a@3"],
    all: ["ADDED a@1", "ADDED b@2", "ADDED a@3"],
  });
});

test("an object that begins or ceases to match is added or deleted for the watcher", async () => {
  await using world = await startTestServer();
  await create(world, "a");
  const watch = await world.watch(`${configMaps}?watch=true&resourceVersion=1&labelSelector=app%3Dweb`);
  await label(world, "a", { app: "web" });
  await label(world, "a", { other: "x" });
  await label(world, "a", { app: "db" });
  await label(world, "a", { other: "y" });
  const events = await watch.events();
  expect(told(events)).toEqual(["ADDED a@2", "MODIFIED a@3", "DELETED a@4"]);
  // As it was when it still matched, at the revision at which it ceased to.
  expect(events[2]?.object.metadata.labels).toEqual({ app: "web", other: "x" });
});

test("Pods are watched by their node as they are placed", async () => {
  await using world = await startTestServer();
  const pods = "/api/v1/namespaces/default/pods";
  const pod = (name: string): object => ({
    kind: "Pod",
    apiVersion: "v1",
    metadata: { name },
    spec: { containers: [{ name: "c", image: "i" }] },
  });
  const watch = await world.watch("/api/v1/pods?watch=true&resourceVersion=0&fieldSelector=spec.nodeName%3Dn1");
  await world.send("POST", pods, { body: pod("a") });
  await world.send("POST", pods, { body: pod("b") });
  await world.send("POST", `${pods}/a/binding`, {
    body: { kind: "Binding", apiVersion: "v1", metadata: { name: "a" }, target: { name: "n1" } },
  });
  await world.send("POST", `${pods}/b/binding`, {
    body: { kind: "Binding", apiVersion: "v1", metadata: { name: "b" }, target: { name: "n2" } },
  });
  expect(told(await watch.events())).toEqual(["ADDED a@3"]);
});

test("initial events end with a bookmark that says so", async () => {
  await using world = await startTestServer();
  await create(world, "a");
  const watch = await world.watch(
    `${configMaps}?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
  );
  const events = await watch.events();
  expect(told(events)).toEqual(["ADDED a@1", "BOOKMARK -@1"]);
  expect(events[1]?.object).toEqual({
    kind: "ConfigMap",
    apiVersion: "v1",
    metadata: { resourceVersion: "1", annotations: { "k8s.io/initial-events-end": "true" } },
  });
});

test("who asks for bookmarks gets one every minute, at the revision it has seen", async () => {
  await using world = await startTestServer();
  const watch = await world.watch(`${configMaps}?watch=true&resourceVersion=0&allowWatchBookmarks=true&timeoutSeconds=600`);
  const without = await world.watch(`${configMaps}?watch=true&resourceVersion=0&timeoutSeconds=600`);
  await world.send("POST", "/api/v1/namespaces/default/secrets", { body: { kind: "Secret", apiVersion: "v1", metadata: { name: "s" } } });
  await world.clock.advance(60_000);
  expect(told(await watch.events())).toEqual(["BOOKMARK -@1"]);
  expect(await without.events()).toEqual([]);
});

test("a watch ends after its time", async () => {
  await using world = await startTestServer();
  const watch = await world.watch(`${configMaps}?watch=true&timeoutSeconds=5`);
  await world.clock.advance(4999);
  await watch.events();
  expect(watch.ended).toBe(false);
  await world.clock.advance(1);
  await watch.events();
  expect(watch.ended).toBe(true);
});

test("a watch from a revision that is no longer known is expired", async () => {
  await using world = await startTestServer();
  await create(world, "a");
  await create(world, "b");
  await using later = await startTestServer({
    makeStore: () => ({
      ...world.store,
      currentRevision: () => world.store.currentRevision(),
      list: (options) => world.store.list(options),
      watch: (options) => world.store.watch(options),
      close: async () => {},
    }),
  });
  const answer = await later.send("GET", `${configMaps}?watch=true&resourceVersion=1`);
  expect(answer.status).toBe(200);
  expect(answer.json).toMatchObject({
    type: "ERROR",
    object: { kind: "Status", code: 410, reason: "Expired", message: "too old resource version: 1 (2)" },
  });
});

test("a watcher that never reads is ended, and the others go on", async () => {
  await using world = await startTestServer();
  const slow = await world.server.handle(
    { method: "GET", target: `${configMaps}?watch=true&resourceVersion=0`, headers: {} },
    { via: "network", address: "" },
    new AbortController().signal,
  );
  if (!("body" in slow) || slow.body.kind !== "stream") throw new Error("a watch is a stream");
  const fast = await world.watch(`${configMaps}?watch=true&resourceVersion=0`);
  await create(world, "a");
  for (let index = 0; index < 8192; index++) await label(world, "a", { index: String(index) });
  let delivered = 0;
  for await (const chunk of slow.body.chunks) {
    delivered += new TextDecoder().decode(chunk.bytes()).trim().split("\n").length;
    chunk.delivered?.();
  }
  expect(delivered).toBe(8192);
  expect(await fast.events()).toHaveLength(8193);
  // Thousands of writes, on whatever machine.
}, 60_000);

test("undelivered events keep the process from being settled", async () => {
  await using world = await startTestServer();
  const caller = new AbortController();
  await world.server.handle(
    { method: "GET", target: `${configMaps}?watch=true&resourceVersion=0`, headers: {} },
    { via: "network", address: "" },
    caller.signal,
  );
  await create(world, "a");
  expect(world.tasks.pending()).toEqual([{ name: "watch event", count: 1 }]);
  caller.abort();
  await world.tasks.settle();
});

test("a reader in the same process is brought its events by a counted task, and is gone when its request is aborted", async () => {
  await using world = await startTestServer();
  const caller = new AbortController();
  const answer = await world.server.handle(
    { method: "GET", target: `${configMaps}?watch=true&resourceVersion=0`, headers: {} },
    { via: "in-process", user: { name: "x", groups: [] } },
    caller.signal,
  );
  if (!("body" in answer) || answer.body.kind !== "stream") throw new Error("a watch is a stream");
  const come: unknown[] = [];
  const counted: unknown[] = [];
  answer.body.subscribe?.({
    take(events) {
      come.push(...told(events as readonly TestEvent[]));
      counted.push(world.tasks.pending().find(({ name }) => name === "watch event")?.count);
    },
    end: (error) => void come.push(error),
  });
  await create(world, "a");
  await world.tasks.settle();
  const reason = new Error("enough");
  caller.abort(reason);
  await create(world, "b");
  await world.tasks.settle();
  expect({ come, counted }).toEqual({ come: ["ADDED a@1", reason], counted: [1] });
});

test("readers in the same process share one object, and no one can change it", async () => {
  await using world = await startTestServer();
  const ask = async (target: string): Promise<unknown> => {
    const answer = await world.server.handle(
      { method: "GET", target, headers: {} },
      { via: "in-process", user: { name: "x", groups: [] } },
      new AbortController().signal,
    );
    if (!("body" in answer) || answer.body.kind !== "bytes") throw new Error("an answer in the same process is in one piece");
    return answer.body.decoded?.();
  };
  await create(world, "a");
  const first = (await ask(`${configMaps}/a`)) as { metadata: { name: string } };
  const list = (await ask(configMaps)) as { readonly items: readonly unknown[] };
  expect(list.items[0]).toBe(first);
  expect(() => {
    first.metadata.name = "b";
  }).toThrow(TypeError);
});

test("watchers that get the same events get the same bytes, encoded once", async () => {
  await using world = await startTestServer();
  const caller = new AbortController();
  using _caller = { [Symbol.dispose]: () => caller.abort() };
  const watch = async (query = ""): Promise<AsyncIterator<Chunk>> => {
    const target = `${configMaps}?watch=true&resourceVersion=0${query}`;
    const peer = { via: "network", address: "127.0.0.1", certificate: admin } as const;
    const answer = await world.server.handle({ method: "GET", target, headers: {} }, peer, caller.signal);
    if (!("body" in answer) || answer.body.kind !== "stream") throw new Error("a watch is a stream");
    return answer.body.chunks[Symbol.asyncIterator]();
  };
  const next = async (chunks: AsyncIterator<Chunk>): Promise<Uint8Array> => {
    const { value } = (await chunks.next()) as { readonly value: Chunk };
    return value.bytes();
  };
  const watches = [await watch(), await watch(), await watch("&labelSelector=app%3Dweb")] as const;
  await create(world, "first", { app: "web" });
  // The first chunk of a watch is its own.
  for (const each of watches) await next(each);
  for (const [name, labels] of [
    ["a", { app: "web" }],
    ["b", {}],
    ["c", { app: "web" }],
  ] as const)
    await create(world, name, labels);
  const [one, other, selective] = [await next(watches[0]), await next(watches[1]), await next(watches[2])];
  expect(other).toBe(one);
  expect(new TextDecoder().decode(one).match(/"name":"\w+"/g)).toEqual(['"name":"a"', '"name":"b"', '"name":"c"']);
  expect(new TextDecoder().decode(selective).match(/"name":"\w+"/g)).toEqual(['"name":"a"', '"name":"c"']);
});

const admin = { commonName: "admin", organizations: ["system:masters"], fingerprint: "" };

test.each([
  ["resourceVersionMatch=NotOlderThan", 422],
  ["sendInitialEvents=true", 422],
  ["resourceVersion=abc", 422],
])("a watch with %s is refused", async (query, code) => {
  await using world = await startTestServer();
  expect((await world.send("GET", `${configMaps}?watch=true&${query}`)).json.code).toBe(code);
});

test("a watch as a table has its columns once", async () => {
  await using world = await startTestServer();
  const watch = await world.watch(`${configMaps}?watch=true&resourceVersion=0`, {
    headers: { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" },
  });
  await create(world, "a");
  await create(world, "b");
  const events = await watch.events();
  expect(events.map(({ object }) => [object.kind, object.columnDefinitions?.length, object.rows.map(({ cells }) => cells[0])])).toEqual([
    ["Table", 3, ["a"]],
    ["Table", undefined, ["b"]],
  ]);
});

test("closing the server ends its watches", async () => {
  await using world = await startTestServer();
  const watch = await world.watch(`${configMaps}?watch=true`);
  await watch.events();
  await world.server.close();
  await watch.events();
  expect(watch.ended).toBe(true);
});

test("a watch within the process gets bookmarks only once it could not be begun again where it is", async () => {
  await using world = await startTestServer();
  const caller = new AbortController();
  using _caller = { [Symbol.dispose]: () => caller.abort() };
  const answer = await world.server.handle(
    { method: "GET", target: "/api/v1/namespaces/quiet/configmaps?watch=true&resourceVersion=0&allowWatchBookmarks=true", headers: {} },
    { via: "in-process", user: { name: "x", groups: [] } },
    caller.signal,
  );
  if (!("body" in answer) || answer.body.kind !== "stream") throw new Error("a watch is a stream");
  const chunks = answer.body.chunks[Symbol.asyncIterator]();
  const come: unknown[] = [];
  const reading = (async () => {
    const chunk = (await chunks.next()).value as Chunk;
    come.push(...(chunk.decoded?.() ?? []));
    chunk.delivered?.();
  })();
  const minute = 60_000;
  await create(world, "a");
  await world.clock.advance(5 * minute);
  expect(come).toEqual([]);
  // What the server remembers of changes is filled with others.
  const large = "x".repeat(900_000);
  for (let index = 0; index < 10; index++)
    await world.send("POST", configMaps, {
      body: { apiVersion: "v1", kind: "ConfigMap", metadata: { name: `large-${index}` }, data: { large } },
    });
  await world.clock.advance(minute);
  await reading;
  expect(come).toMatchObject([{ type: "BOOKMARK", object: { metadata: { resourceVersion: "11" } } }]);
});
