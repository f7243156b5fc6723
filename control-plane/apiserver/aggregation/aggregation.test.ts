import type { Dialer, DialRequest, DialResponse, DialTarget, DialUpgrade } from "@kubets/machinery";
import { isUpgrade, seededRandom, type UserInfo } from "@kubets/machinery";
import { createSigningKey, signatureVerifier } from "@kubets/machinery/node";
import { expect, test } from "vitest";
import { standardParts } from "../index.ts";
import { network, noon, startTestServer, type TestServer, type TestServerOptions } from "../testing/test-server.ts";

interface Asked {
  readonly target: DialTarget;
  readonly request: DialRequest;
}

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | AsyncIterable<Uint8Array>;
}

interface World extends TestServer {
  readonly asked: Asked[];
}

type BackEnd = (asked: Asked) => Answer | Promise<Answer>;

const flunders = {
  kind: "APIResourceList",
  groupVersion: "wardle.example.com/v1alpha1",
  resources: [
    { name: "flunders", singularName: "flunder", namespaced: true, kind: "Flunder", verbs: ["get", "list"], shortNames: ["fl"] },
    { name: "flunders/status", singularName: "", namespaced: true, kind: "Flunder", verbs: ["get", "patch"] },
    { garbage: true },
    7,
  ],
};

/** Serves flunders, and says of everything else which it was asked. */
const sampleServer: BackEnd = ({ request: { method, target } }) => {
  if (target === "/apis/wardle.example.com/v1alpha1") return { body: JSON.stringify(flunders) };
  if (target === "/openapi/v3")
    return {
      body: JSON.stringify({
        paths: { "apis/wardle.example.com/v1alpha1": { serverRelativeURL: `/openapi/v3/apis/wardle.example.com/v1alpha1?hash=7` } },
      }),
    };
  return {
    status: method === "POST" ? 201 : 200,
    headers: { "content-type": "application/json", "x-flunder": "yes" },
    body: `"${method} ${target}"`,
  };
};

const jane: UserInfo = {
  name: "jané",
  uid: "42",
  groups: ["team: a, b", "system:authenticated"],
  extra: { "example.org/Reason": ["x", "y"] },
};

async function start(backEnd: BackEnd, { parts, ...options }: TestServerOptions = {}): Promise<World> {
  const asked: Asked[] = [];
  const dialer: Dialer = {
    async request(target, request) {
      asked.push({ target, request });
      const { status = 200, headers = {}, body = "" } = await backEnd({ target, request });
      return { status, headers, body: typeof body === "string" ? bytesOf(body) : body };
    },
    async upgrade(target, request): Promise<DialResponse | DialUpgrade> {
      asked.push({ target, request });
      if (request.target.includes("refused")) return { status: 403, headers: {}, body: bytesOf("no") };
      const connection = { readable: bytesOf("welcome"), write: async () => {}, end: async () => {} };
      return { status: 101, headers: { upgrade: "websocket", connection: "Upgrade" }, connection };
    },
  };
  const make = standardParts({
    clock: { now: () => noon, monotonic: () => 0, after: () => ({ due: noon, [Symbol.dispose]() {} }) },
    random: seededRandom(1),
    signingKeys: [createSigningKey()],
    signatures: signatureVerifier,
    issuer: "https://kubernetes.default.svc",
    frontProxy: { certificate: "c", key: "k" },
  });
  const world = await startTestServer({
    dialer,
    ...options,
    parts: (core) => {
      const { elsewhere, postStart, pathEndpoints } = make(core);
      return {
        authenticators: [{ name: "everyone is jane", authenticate: async () => jane }],
        ...(elsewhere === undefined ? {} : { elsewhere }),
        ...(postStart === undefined ? {} : { postStart }),
        pathEndpoints,
        ...(typeof parts === "function" ? parts(core) : parts),
      };
    },
  });
  await world.server.ready();
  await world.tasks.settle();
  return { ...world, asked, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}
const services = "/apis/apiregistration.k8s.io/v1/apiservices";
const group = "/apis/wardle.example.com/v1alpha1";
const name = "v1alpha1.wardle.example.com";
const asked = ({ asked: all }: World): readonly string[] => all.map(({ request }) => `${request.method} ${request.target}`);

async function create(world: TestServer, target: string, body: object): Promise<void> {
  const made = await world.send("POST", target, { body });
  expect(made.status, made.text).toBe(201);
}

async function createService(world: TestServer): Promise<void> {
  await create(world, "/api/v1/namespaces/default/services", {
    metadata: { name: "sample-api" },
    spec: { ports: [{ name: "https", port: 443, targetPort: 8443 }] },
  });
}

async function createEndpoints(world: TestServer, ready = true): Promise<void> {
  await create(world, "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", {
    metadata: { name: "sample-api-1", labels: { "kubernetes.io/service-name": "sample-api" } },
    addressType: "IPv4",
    ports: [{ name: "https", port: 8443 }],
    endpoints: [{ addresses: ["10.244.0.5"], conditions: { ready } }],
  });
}

async function register(world: TestServer, spec: object = {}): Promise<void> {
  await create(world, services, {
    metadata: { name },
    spec: {
      service: { namespace: "default", name: "sample-api" },
      group: "wardle.example.com",
      version: "v1alpha1",
      caBundle: btoa("the CA"),
      groupPriorityMinimum: 2000,
      versionPriority: 200,
      ...spec,
    },
  });
  await world.tasks.settle();
}

async function serving(backEnd: BackEnd, options: TestServerOptions = {}): Promise<World> {
  const world = await start(backEnd, options);
  await createService(world);
  await createEndpoints(world);
  await register(world);
  return world;
}

async function conditionOf(world: TestServer): Promise<unknown> {
  await world.tasks.settle();
  const { status } = (await world.send("GET", `${services}/${name}`)).json;
  return (status as { readonly conditions?: readonly unknown[] }).conditions?.[0];
}

test("the server's own group versions are registered, and local", async () => {
  await using world = await start(sampleServer);
  const { items } = (await world.send("GET", services)).json;
  const named = new Map(items.map((item) => [item.metadata.name, item]));
  expect([...named.keys()]).toEqual(expect.arrayContaining(["v1.", "v1.apps", "v2.autoscaling"]));
  expect(named.has("v1.apiregistration.k8s.io")).toBe(false);
  expect(named.get("v1.apps")).toMatchObject({
    metadata: { labels: { "kube-aggregator.kubernetes.io/automanaged": "onstart" } },
    spec: { group: "apps", version: "v1", groupPriorityMinimum: 17_800, versionPriority: 15 },
    status: { conditions: [{ type: "Available", status: "True", reason: "Local", message: "Local APIServices are always available" }] },
  });
});

test("the way to another server's availability is told step by step", async () => {
  await using world = await start(sampleServer);
  await register(world);
  const what = 'service/sample-api in "default"';
  expect(await conditionOf(world)).toMatchObject({ status: "False", reason: "ServiceNotFound", message: `${what} is not present` });
  await createService(world);
  expect(await conditionOf(world)).toMatchObject({ reason: "EndpointsNotFound", message: `cannot find endpointslices for ${what}` });
  await createEndpoints(world, false);
  const message = `endpointslices for ${what} have no addresses with port name "https"`;
  expect(await conditionOf(world)).toMatchObject({ status: "False", reason: "MissingEndpoints", message });
  expect(world.asked).toEqual([]);
  await world.send("PATCH", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/sample-api-1", {
    headers: { "content-type": "application/merge-patch+json" },
    body: { endpoints: [{ addresses: ["10.244.0.5"], conditions: { ready: true } }] },
  });
  expect(await conditionOf(world)).toMatchObject({ status: "True", reason: "Passed", message: "all checks passed" });
  expect(world.asked[0]).toMatchObject({
    target: {
      origin: "https://10.244.0.5:8443",
      serverName: "sample-api.default.svc",
      certificateAuthority: "the CA",
      clientCertificate: { certificate: "c" },
    },
    request: { target: group, headers: { "X-Remote-User": "system:kube-aggregator", "X-Remote-Group": ["system:masters"] } },
  });
});

test("requests are passed on in the name of who asked, whatever else they claim", async () => {
  await using world = await serving(sampleServer);
  world.asked.length = 0;
  const answer = await world.send("POST", `${group}/namespaces/default/flunders?dryRun=All`, {
    body: { kind: "Flunder" },
    headers: { authorization: "Bearer secret", "x-remote-user": "root", "x-remote-group": "system:masters", accept: "application/json" },
  });
  expect([answer.status, answer.headers["x-flunder"], answer.text]).toEqual([
    201,
    "yes",
    `"POST ${group}/namespaces/default/flunders?dryRun=All"`,
  ]);
  const { headers, body } = world.asked[0]!.request;
  expect(new TextDecoder().decode(body)).toBe('{"kind":"Flunder"}');
  expect(headers).toEqual({
    accept: "application/json",
    "x-forwarded-for": "127.0.0.1",
    "X-Remote-User": "jan\u00c3\u00a9",
    "X-Remote-Uid": "42",
    "X-Remote-Group": ["team: a, b", "system:authenticated"],
    "X-Remote-Extra-example.org%2FReason": ["x", "y"],
  });
});

test("nobody is passed on who isn't allowed to", async () => {
  await using world = await serving(sampleServer, {
    parts: {
      authorizer: {
        name: "nothing is deleted",
        authorize: async ({ verb }) => ({ decision: verb === "delete" ? "deny" : "allow", reason: "" }),
      },
    },
  });
  world.asked.length = 0;
  expect((await world.send("DELETE", `${group}/namespaces/default/flunders/a`)).json).toMatchObject({ code: 403, reason: "Forbidden" });
  expect(world.asked).toEqual([]);
});

test("a watch is passed on piece by piece for as long as it lasts", async () => {
  const next: PromiseWithResolvers<void>[] = [Promise.withResolvers(), Promise.withResolvers()];
  const events = async function* (): AsyncGenerator<Uint8Array> {
    for (const [index, { promise }] of next.entries()) {
      await promise;
      yield new TextEncoder().encode(`{"type":"ADDED","object":{"metadata":{"name":"f${index}"}}}\n`);
    }
  };
  await using world = await serving((one) => (one.request.target.includes("watch") ? { body: events() } : sampleServer(one)));
  const watch = await world.watch(`${group}/flunders?watch=true`);
  next[0]!.resolve();
  expect((await watch.events()).map(({ object }) => object.metadata.name)).toEqual(["f0"]);
  await world.clock.advance(3_600_000);
  next[1]!.resolve();
  expect((await watch.events()).map(({ object }) => object.metadata.name)).toEqual(["f1"]);
});

test("connections are upgraded through, in the name of who asked", async () => {
  await using world = await serving(sampleServer);
  world.asked.length = 0;
  const headers = { connection: "Upgrade", upgrade: "websocket", "x-remote-user": "root" };
  const ask = (target: string): ReturnType<TestServer["server"]["handle"]> =>
    world.server.handle({ method: "GET", target, headers }, network, new AbortController().signal);
  const answer = await ask(`${group}/flunders/a/connect`);
  if (!isUpgrade(answer)) throw new Error("the connection is upgraded");
  let heard = "";
  await answer.serve({
    readable: bytesOf("hello"),
    write: async (bytes) => void (heard += new TextDecoder().decode(bytes)),
    end: async () => {},
  });
  expect(heard).toBe("welcome");
  const sent = world.asked[0]!.request.headers;
  expect(sent).toMatchObject({ connection: "Upgrade", upgrade: "websocket", "X-Remote-Group": jane.groups });
  expect(sent).not.toHaveProperty("x-remote-user");
  expect((await ask(`${group}/flunders/refused/connect`)).status).toBe(403);
});

test("discovery tells of the group in every form, in the order of priorities", async () => {
  await using world = await serving(sampleServer);
  const groups = ((await world.send("GET", "/apis")).json as unknown as { readonly groups: readonly { readonly name: string }[] }).groups;
  expect(groups[0]?.name).toBe("apiregistration.k8s.io");
  expect(groups[1]?.name).toBe("apps");
  expect(groups.at(-1)).toEqual({
    name: "wardle.example.com",
    versions: [{ groupVersion: "wardle.example.com/v1alpha1", version: "v1alpha1" }],
    preferredVersion: { groupVersion: "wardle.example.com/v1alpha1", version: "v1alpha1" },
  });
  expect((await world.send("GET", "/apis/wardle.example.com")).json).toMatchObject({ kind: "APIGroup", name: "wardle.example.com" });
  expect((await world.send("GET", group)).json).toEqual(flunders);
  expect(await aggregated(world)).toEqual({
    metadata: { name: "wardle.example.com" },
    versions: [
      {
        version: "v1alpha1",
        freshness: "Current",
        resources: [
          {
            resource: "flunders",
            responseKind: { group: "", version: "", kind: "Flunder" },
            scope: "Namespaced",
            singularResource: "flunder",
            verbs: ["get", "list"],
            shortNames: ["fl"],
            subresources: [{ subresource: "status", responseKind: { group: "", version: "", kind: "Flunder" }, verbs: ["get", "patch"] }],
          },
        ],
      },
    ],
  });
});

async function aggregated(world: TestServer): Promise<unknown> {
  const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
  const { items } = (await world.send("GET", "/apis", { headers: { accept } })).json;
  return items.find(({ metadata }) => metadata.name === "wardle.example.com");
}

test("OpenAPI v3 leads to the other server's document", async () => {
  await using world = await serving(sampleServer);
  const { paths } = (await world.send("GET", "/openapi/v3")).json as unknown as { readonly paths: Readonly<Record<string, unknown>> };
  expect(paths["apis/wardle.example.com/v1alpha1"]).toEqual({ serverRelativeURL: `/openapi/v3${group}?hash=7` });
  expect((await world.send("GET", `/openapi/v3${group}?hash=7`)).text).toBe(`"GET /openapi/v3${group}?hash=7"`);
});

test("a server that falls silent answers 503 for its group alone, is shown as stale, and asked again", async () => {
  let isThere = true;
  await using world = await serving((one) => {
    if (!isThere) throw new Error("connect ECONNREFUSED 10.244.0.5:8443");
    return sampleServer(one);
  });
  isThere = false;
  const during = await world.send("GET", `${group}/flunders`);
  expect([during.status, during.text]).toEqual([503, "error trying to reach service: connect ECONNREFUSED 10.244.0.5:8443\n"]);
  await world.clock.advance(30_000);
  expect(await conditionOf(world)).toMatchObject({
    status: "False",
    reason: "FailedDiscoveryCheck",
    message: `failing or missing response from https://10.244.0.5:8443${group}: connect ECONNREFUSED 10.244.0.5:8443`,
  });
  const after = await world.send("GET", `${group}/flunders`);
  expect([after.status, after.text]).toEqual([503, "service unavailable\n"]);
  expect((await world.send("GET", "/apis/apps/v1/deployments")).status).toBe(200);
  expect(await aggregated(world)).toMatchObject({ versions: [{ freshness: "Stale", resources: [{ resource: "flunders" }] }] });
  isThere = true;
  await world.clock.advance(30_000);
  expect(await conditionOf(world)).toMatchObject({ status: "True", reason: "Passed" });
  expect(await aggregated(world)).toMatchObject({ versions: [{ freshness: "Current" }] });
});

test("what no APIService names any more is not found, and its server left alone", async () => {
  await using world = await serving(sampleServer);
  await world.send("DELETE", `${services}/${name}`);
  await world.tasks.settle();
  world.asked.length = 0;
  expect((await world.send("GET", `${group}/flunders`)).status).toBe(404);
  expect(await aggregated(world)).toBeUndefined();
  await world.clock.advance(120_000);
  expect(world.asked).toEqual([]);
});

test("a server that never answers is given up on after five seconds, and costs nobody else anything", async () => {
  await using world = await serving(() => new Promise(() => {}));
  await world.clock.advance(5000);
  expect(await conditionOf(world)).toMatchObject({
    status: "False",
    reason: "FailedDiscoveryCheck",
    message: expect.stringContaining("deadline exceeded"),
  });
});

test("a request that the other server doesn't answer ends after a minute", async () => {
  await using world = await serving((one) => (one.request.target.includes("flunders") ? new Promise<Answer>(() => {}) : sampleServer(one)));
  const waiting = world.send("GET", `${group}/flunders`);
  await world.clock.advance(60_000);
  expect((await waiting).json).toMatchObject({ code: 504, reason: "Timeout" });
});

test.each([
  ["garbage", { body: "<html>" }],
  ["a list of nonsense", { body: '{"kind":"APIResourceList","resources":{}}' }],
])("%s as discovery is shown as stale and empty, and /apis goes on", async (_what, answer) => {
  await using world = await serving(() => answer);
  expect(await conditionOf(world)).toMatchObject({ status: "True" });
  expect(await aggregated(world)).toMatchObject({ versions: [{ freshness: "Stale", resources: [] }] });
});

test("discovery without end is not read to its end", async () => {
  let sent = 0;
  const endless = async function* (): AsyncGenerator<Uint8Array> {
    for (;;) yield new Uint8Array((sent++, 1024 * 1024)).fill(0x20);
  };
  await using world = await serving(() => ({ body: endless() }));
  expect(await conditionOf(world)).toMatchObject({ status: "False", reason: "FailedDiscoveryCheck" });
  expect(sent).toBeLessThan(8);
});

test("redirects of another server are not passed on", async () => {
  await using world = await serving((one) =>
    one.request.target.includes("flunders") ? { status: 302, headers: { location: "https://elsewhere.example/" } } : sampleServer(one),
  );
  const answer = await world.send("GET", `${group}/flunders`);
  expect([answer.status, answer.headers["location"], answer.text]).toEqual([
    502,
    undefined,
    "the backend attempted to redirect this request, which is not permitted",
  ]);
});

test("nobody takes over APIServices themselves, nor the core group", async () => {
  await using world = await start(sampleServer);
  await createService(world);
  await createEndpoints(world);
  await create(world, services, {
    metadata: { name: "v1.apiregistration.k8s.io" },
    spec: {
      service: { namespace: "default", name: "sample-api" },
      group: "apiregistration.k8s.io",
      version: "v1",
      groupPriorityMinimum: 1,
      versionPriority: 1,
    },
  });
  await world.tasks.settle();
  expect((await world.send("GET", services)).json.kind).toBe("APIServiceList");
  expect(asked(world)).toEqual([]);
});
