import type { Dialer, DialRequest, DialResponse, DialTarget, DialUpgrade, Duplex } from "@kubets/machinery";
import { isUpgrade } from "@kubets/machinery";
import { expect, test } from "vitest";
import { network, startTestServer, type TestServer, type TestServerOptions } from "../../testing/test-server.ts";

const pods = "/api/v1/namespaces/default/pods";
const merge = { "content-type": "application/merge-patch+json" };

interface Dialled {
  readonly target: DialTarget;
  readonly request: DialRequest;
}

/** The other side of every connection: says back what it was asked, and what it hears. */
function echoing(): Dialer & { readonly dialled: readonly Dialled[] } {
  const dialled: Dialled[] = [];
  return {
    dialled,
    async request(target, request) {
      dialled.push({ target, request });
      return {
        status: 200,
        headers: { "content-type": "text/plain", connection: "keep-alive" },
        body: bytesOf(`${request.method} ${request.target}`),
      };
    },
    async upgrade(target, request): Promise<DialResponse | DialUpgrade> {
      dialled.push({ target, request });
      if (request.target.includes("refused")) return { status: 403, headers: {}, body: bytesOf("no") };
      return { status: 101, headers: { upgrade: String(request.headers["upgrade"] ?? ""), connection: "Upgrade" }, connection: echo() };
    },
  };
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

function echo(): Duplex {
  const said: Uint8Array[] = [];
  let wake = Promise.withResolvers<void>();
  let ended = false;
  return {
    readable: (async function* () {
      for (;;) {
        const next = said.shift();
        if (next !== undefined) yield next;
        else if (ended) return;
        else {
          await wake.promise;
          wake = Promise.withResolvers();
        }
      }
    })(),
    async write(bytes) {
      said.push(bytes);
      wake.resolve();
    },
    async end() {
      ended = true;
      wake.resolve();
    },
  };
}

async function start(options: TestServerOptions = {}): Promise<TestServer & { readonly dialled: readonly Dialled[] }> {
  const dialer = echoing();
  const trust = { certificateAuthority: "the CA", clientCertificate: { certificate: "c", key: "k" } };
  const world = await startTestServer({ dialer, kubelet: trust, ...options });
  const node = { kind: "Node", apiVersion: "v1", metadata: { name: "n1" } };
  await world.send("POST", "/api/v1/nodes", { body: node });
  await world.send("PATCH", "/api/v1/nodes/n1/status", {
    headers: merge,
    body: {
      status: {
        addresses: [
          { type: "Hostname", address: "n1" },
          { type: "InternalIP", address: "10.0.0.1" },
        ],
        daemonEndpoints: { kubeletEndpoint: { Port: 10350 } },
      },
    },
  });
  const pod = {
    kind: "Pod",
    apiVersion: "v1",
    metadata: { name: "web" },
    spec: {
      nodeName: "n1",
      containers: [
        { name: "a", image: "i", ports: [{ name: "http", containerPort: 8080 }] },
        { name: "b", image: "i" },
      ],
    },
  };
  await world.send("POST", pods, { body: pod });
  await world.send("PATCH", `${pods}/web/status`, {
    headers: merge,
    body: { status: { podIP: "10.244.0.5", podIPs: [{ ip: "10.244.0.5" }] } },
  });
  return { ...world, dialled: dialer.dialled, [Symbol.asyncDispose]: () => world[Symbol.asyncDispose]() };
}

const websocket = { connection: "Upgrade", upgrade: "websocket", "sec-websocket-key": "x", "sec-websocket-protocol": "v5.channel.k8s.io" };

test("logs are read from the kubelet of the Pod's node, with the server's own credentials", async () => {
  await using world = await start();
  const answer = await world.send("GET", `${pods}/web/log?container=a&tailLines=5&follow=true&pretty=1`, {
    headers: { authorization: "Bearer secret" },
  });
  expect(answer).toMatchObject({ status: 200, headers: { "content-type": "text/plain" } });
  expect(world.dialled).toMatchObject([
    {
      target: { origin: "https://10.0.0.1:10350", certificateAuthority: "the CA", clientCertificate: { certificate: "c" } },
      request: { method: "GET", target: "/containerLogs/default/web/a?follow=true&tailLines=5" },
    },
  ]);
  expect(world.dialled[0]?.request.headers).not.toHaveProperty("authorization");
});

test.each([
  ["log", 400, "a container name must be specified for pod web, choose one of: [a b]"],
  ["log?container=c", 400, "container c is not valid for pod web"],
  ["exec?container=a", 400, "you must specify at least one command for the container"],
])("%s of a Pod with several containers is refused", async (path, code, message) => {
  await using world = await start();
  expect((await world.send("GET", `${pods}/web/${path}`, { headers: websocket })).json).toMatchObject({ code, message });
});

test("exec hands the client's connection through to the kubelet", async () => {
  await using world = await start();
  const target = `${pods}/web/exec?container=a&command=sh&command=-c&command=ls+-l&stdin=true&stdout=true&tty=false`;
  const answer = await world.server.handle({ method: "GET", target, headers: websocket }, network, new AbortController().signal);
  if (!isUpgrade(answer)) throw new Error("exec upgrades the connection");
  expect(answer.headers).toMatchObject({ upgrade: "websocket" });
  expect(world.dialled[0]?.request).toMatchObject({
    target: "/exec/default/web/a?input=1&output=1&command=sh&command=-c&command=ls+-l",
    headers: { connection: "Upgrade", upgrade: "websocket", "sec-websocket-key": "x", "sec-websocket-protocol": "v5.channel.k8s.io" },
  });
  const heard: string[] = [];
  const spoken = ["one", "two"];
  await answer.serve({
    readable: (async function* () {
      for (const word of spoken) yield new TextEncoder().encode(word);
    })(),
    write: async (bytes) => void heard.push(new TextDecoder().decode(bytes)),
    end: async () => {},
  });
  expect(heard).toEqual(spoken);
});

test("port-forward names the ports that a websocket can't", async () => {
  await using world = await start();
  await world.server.handle(
    { method: "GET", target: `${pods}/web/portforward?ports=80,81`, headers: websocket },
    network,
    new AbortController().signal,
  );
  expect(world.dialled[0]?.request.target).toBe("/portForward/default/web?port=80&port=81");
});

test("what does not upgrade is told to", async () => {
  await using world = await start();
  expect((await world.send("POST", `${pods}/web/attach?container=a`)).json).toMatchObject({
    code: 400,
    message: "Upgrade request required",
  });
});

test("admission has its say about connections", async () => {
  const asked: string[] = [];
  const admission = [
    {
      name: "Asked",
      validate: async ({ operation, subresource, name }: { operation: string; subresource: string; name: string }): Promise<void> =>
        void asked.push(`${operation} ${name}/${subresource}`),
    },
  ];
  await using world = await start({ parts: { admission } });
  asked.length = 0;
  await world.send("GET", `${pods}/web/exec?container=a&command=ls`, { headers: websocket }).catch(() => {});
  await world.send("GET", `${pods}/web/log?container=a`);
  expect(asked).toEqual(["CONNECT web/exec"]);
});

test.each([
  [`${pods}/web/proxy/index.html?x=1`, "http://10.244.0.5:8080", "/index.html?x=1"],
  [`${pods}/https:web:http/proxy/`, "https://10.244.0.5:8080", "/"],
  [`${pods}/web:9090/proxy/metrics`, "http://10.244.0.5:9090", "/metrics"],
  ["/api/v1/nodes/n1/proxy/healthz", "https://10.0.0.1:10350", "/healthz"],
])("%s is proxied to %s", async (target, origin, path) => {
  await using world = await start();
  expect((await world.send("GET", target)).text).toBe(`GET ${path}`);
  expect(world.dialled).toMatchObject([{ target: { origin }, request: { target: path } }]);
});

test("a Service is proxied to one of its ready endpoints", async () => {
  await using world = await start();
  await world.send("POST", "/api/v1/namespaces/default/services", {
    body: { kind: "Service", apiVersion: "v1", metadata: { name: "s" }, spec: { ports: [{ name: "http", port: 80 }] } },
  });
  const proxied = "/api/v1/namespaces/default/services/s:http/proxy/x";
  expect((await world.send("GET", proxied)).json).toMatchObject({
    code: 503,
    reason: "ServiceUnavailable",
    message: 'no endpoints available for service "s"',
  });
  const slice = {
    kind: "EndpointSlice",
    apiVersion: "discovery.k8s.io/v1",
    metadata: { name: "s-1", labels: { "kubernetes.io/service-name": "s" } },
    addressType: "IPv4",
    ports: [{ name: "http", port: 8080 }],
    endpoints: [
      { addresses: ["10.244.0.9"], conditions: { ready: false }, targetRef: { kind: "Pod", namespace: "default", name: "web" } },
      { addresses: ["10.244.0.5"], conditions: { ready: true }, targetRef: { kind: "Pod", namespace: "default", name: "web" } },
      // Whoever may write this could else send the server anywhere.
      { addresses: ["10.0.0.9"], conditions: { ready: true }, targetRef: { kind: "Pod", namespace: "default", name: "web" } },
      { addresses: ["10.0.0.7"], conditions: { ready: true } },
    ],
  };
  const made = await world.send("POST", "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", { body: slice });
  expect(made.status, made.text).toBe(201);
  await world.send("GET", proxied);
  expect(world.dialled).toMatchObject([{ target: { origin: "http://10.244.0.5:8080" } }]);
});

test("a node that can't be reached is said", async () => {
  const deaf: Dialer = {
    request: async () => {
      throw new Error("connect ECONNREFUSED 10.0.0.1:10350");
    },
    upgrade: async () => {
      throw new Error("connect ECONNREFUSED 10.0.0.1:10350");
    },
  };
  await using world = await start({ dialer: deaf });
  expect((await world.send("GET", `${pods}/web/log?container=a`)).json).toMatchObject({
    code: 503,
    message: 'error trying to reach the kubelet of Node "n1": connect ECONNREFUSED 10.0.0.1:10350',
  });
});

test.each([
  [400, "previous terminated container not found", "BadRequest", "previous terminated container not found"],
  [404, "pod not found", "NotFound", "the server could not find the requested resource ( pods/log web)"],
  [500, "it broke", "InternalError", "Internal error occurred: it broke"],
])("what a kubelet refuses with %i is answered as a Status", async (code, text, reason, message) => {
  const refusing: Dialer = { ...echoing(), request: async () => ({ status: code, headers: {}, body: bytesOf(text) }) };
  await using world = await start({ dialer: refusing });
  expect((await world.send("GET", `${pods}/web/log?container=a`)).json).toMatchObject({ kind: "Status", code, reason, message });
});
