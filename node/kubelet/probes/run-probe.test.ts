import type { ContainerId, RuntimeService } from "@kubets/container-runtime";
import { createServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createNodeNetwork } from "../node/network.ts";
import { aPod } from "../testing/pods.ts";
import { runProbe } from "./run-probe.ts";

const server = createServer((request, response) => {
  if (request.url === "/moved") return void response.writeHead(302, { location: "/ok" }).end();
  if (request.url === "/away") return void response.writeHead(302, { location: "http://elsewhere.example/" }).end("gone away");
  if (request.url === "/slow") return;
  response.writeHead(request.url === "/ok" && request.headers["x-probe"] !== "no" ? 200 : 500).end();
});
let port: number;
beforeAll(async () => {
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const network = createNodeNetwork();
const noExec: Pick<RuntimeService, "execSync"> = { execSync: () => Promise.reject(new Error("Nothing is to be run")) };
const probe = (handler: object): ReturnType<typeof runProbe> => {
  const container = aPod({
    containers: [{ name: "main", ports: [{ name: "web", containerPort: port }], readinessProbe: { ...handler, timeoutSeconds: 1 } }],
  }).spec.containers[0]!;
  return runProbe(container.readinessProbe!, { container, id: "main" as ContainerId, podIP: "127.0.0.1" }, { runtime: noExec, network });
};

test.each([
  [{ path: "/ok", port: "web" }, { healthy: true }],
  [{ path: "/moved", port: "web" }, { healthy: true }],
  [
    { path: "/away", port: "web" },
    { healthy: true, warning: "Probe terminated redirects, Response body: gone away" },
  ],
  [
    { path: "/bad", port: "web" },
    { healthy: false, message: "HTTP probe failed with statuscode: 500" },
  ],
  [
    { path: "/ok", port: "web", httpHeaders: [{ name: "X-Probe", value: "no" }] },
    { healthy: false, message: "HTTP probe failed with statuscode: 500" },
  ],
  [
    { path: "/ok", port: "nameless" },
    { healthy: false, message: "couldn't find port: nameless" },
  ],
])("the HTTP probe %j answers %j", async (httpGet, expected) => {
  expect(await probe({ httpGet })).toEqual(expected);
});

test("who doesn't answer in time, or doesn't listen, isn't healthy", async () => {
  expect(await probe({ httpGet: { path: "/slow", port: "web" } })).toEqual({
    healthy: false,
    message: `Get "http://127.0.0.1:${port}/slow": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`,
  });
  expect(await probe({ tcpSocket: { port: 1 } })).toEqual({ healthy: false, message: "dial tcp 127.0.0.1:1: connect: connection refused" });
  expect(await probe({ tcpSocket: { port: "web" } })).toEqual({ healthy: true });
});

test("a command is healthy when it exits with 0", async () => {
  const pod = aPod({ containers: [{ name: "main", livenessProbe: { exec: { command: ["check"] } } }] });
  const [container] = pod.spec.containers;
  const run = (exitCode: number): ReturnType<typeof runProbe> =>
    runProbe(
      container!.livenessProbe!,
      { container: container!, id: "main" as ContainerId, podIP: "" },
      {
        runtime: {
          execSync: () => Promise.resolve({ exitCode, stdout: new TextEncoder().encode("out "), stderr: new TextEncoder().encode("err") }),
        },
        network,
      },
    );
  expect(await run(0)).toEqual({ healthy: true });
  expect(await run(2)).toEqual({ healthy: false, message: "out err" });
});

test("a gRPC probe names a service, however long its name", async () => {
  // Serves what is called in the message's only field, its length in one or two bytes.
  const served = "s".repeat(300);
  const health = createHttp2Server().on("stream", (stream) => {
    const parts: Buffer[] = [];
    stream.on("data", (part: Buffer) => parts.push(part));
    stream.on("error", () => {});
    stream.on("end", () => {
      const message = Buffer.concat(parts).subarray(5);
      const isShort = message[1]! < 0x80;
      const length = isShort ? message[1]! : (message[1]! & 0x7f) + message[2]! * 0x80;
      const name = message.subarray(isShort ? 2 : 3).toString();
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end(Buffer.from([0, 0, 0, 0, 2, 8, name === served && length === name.length ? 1 : 3]));
    });
  });
  await new Promise<void>((resolve) => void health.listen(0, "127.0.0.1", resolve));
  try {
    const ask = (service: string): ReturnType<typeof probe> => probe({ grpc: { port: (health.address() as AddressInfo).port, service } });
    expect(await ask(served)).toEqual({ healthy: true });
    expect(await ask("another")).toEqual({ healthy: false, message: 'service unhealthy (responded with "SERVICE_UNKNOWN")' });
  } finally {
    await new Promise((resolve) => health.close(resolve));
  }
});
