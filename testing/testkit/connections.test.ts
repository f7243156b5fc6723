import { type ChannelConnection, spdyConnection, type SpdyStream } from "@kubets/client";
import type { Duplex } from "@kubets/machinery";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Cluster, type ContainerConnection, startCluster } from "./index.ts";

// What containers on simulated nodes say on the connections that port-forwarding leads to them. Real kubectls do the same in streams.real.test.ts.

const never = new AbortController().signal;
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (of: string): Uint8Array => new TextEncoder().encode(of);

async function shout({ readable, write, port }: ContainerConnection): Promise<void> {
  await write(`port ${port}\n`);
  for await (const piece of readable) {
    if (text(piece).includes("trouble")) throw new Error("no trouble here");
    await write(text(piece).toUpperCase());
  }
}

let cluster: Cluster;
beforeEach(async () => {
  cluster = await startCluster({
    programs: [
      ({ container }) =>
        container.image === "shout:1"
          ? { tcp: shout }
          : { http: ({ method, target, body }) => ({ body: { method, target, body: text(body) } }) },
    ],
  });
  const pod = (name: string, image: string): string =>
    JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name }, spec: { containers: [{ name: "main", image }] } });
  await cluster.apply(pod("shouter", "shout:1"));
  await cluster.apply(pod("web", "web:1"));
  await cluster.settle();
});
afterEach(() => cluster[Symbol.asyncDispose]());

const forwardTo = (pod: string, protocol: string, query = ""): Promise<ChannelConnection> =>
  cluster.client.transport.connect({ target: `/api/v1/namespaces/default/pods/${pod}/portforward${query}`, protocols: [protocol] }, never);

/** What one connection to a port hears, over SPDY within a websocket; and what is said to have gone wrong. */
async function tunnelled(pod: string, port: number, said: string): Promise<readonly [heard: string, wrong: string]> {
  const socket = await forwardTo(pod, "SPDY/3.1+portforward.k8s.io");
  const connection: Duplex = { readable: socket.messages, write: (each) => socket.send(each), end: () => socket.close() };
  const spdy = spdyConnection({ connection, end: "client" });
  const serving = spdy.serve(() => {});
  const streams = await Promise.all(["error", "data"].map((streamtype) => spdy.open({ streamtype, port: `${port}`, requestid: "0" })));
  const [error, data] = streams as [SpdyStream, SpdyStream];
  await error.end();
  const all = async ({ readable }: SpdyStream): Promise<string> => {
    let heard = "";
    for await (const piece of readable) heard += text(piece);
    return heard;
  };
  const heard = Promise.all([all(data), all(error)]);
  await data.write(bytes(said));
  await data.end();
  const [first, second] = await heard;
  await spdy.close();
  await serving;
  return [first, second];
}

test("a function is what a port says, byte for byte, over SPDY", async () => {
  expect(await tunnelled("shouter", 7777, "hello")).toEqual(["port 7777\nHELLO", ""]);
});

test("a container that answers requests answers them on a connection as well, one after the other", async () => {
  const said =
    "GET /a?b HTTP/1.1\r\nhost: web\r\n\r\nPOST /c HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
  const [heard] = await tunnelled("web", 80, said);
  expect(heard.match(/\{.*?\}/g)).toEqual(['{"method":"GET","target":"/a?b","body":""}', '{"method":"POST","target":"/c","body":"abcde"}']);
});

test("the same over websockets with a channel for each end, as kubets' own kubectl has it", async () => {
  const socket = await forwardTo("shouter", "v4.channel.k8s.io", "?ports=7777");
  const heard = ["", ""];
  const reading = (async () => {
    for await (const [channel = 0, ...rest] of socket.messages) {
      heard[channel] += text(Uint8Array.from(rest));
      if (heard[channel]!.endsWith("HELLO")) return;
    }
  })();
  await socket.send(Uint8Array.of(0, ...bytes("hello")));
  await reading;
  expect(heard.map((each) => each.slice(2))).toEqual(["port 7777\nHELLO", ""]);
  await socket.close();
});

test("where nobody listens the client is told, and a function that throws is named", async () => {
  cluster.controlPlane.simulatedNodes!.exit("default/web", "main", { exitCode: 1 });
  await cluster.settle();
  cluster.controlPlane.simulatedNodes!.exit("default/web", "main", { exitCode: 1 });
  await cluster.settle();
  expect(await tunnelled("web", 80, "GET / HTTP/1.1\r\n\r\n")).toEqual([
    "",
    expect.stringMatching(/^error forwarding port 80 to pod default\/web, uid : dial tcp [\d.]+:80: connect: connection refused$/),
  ]);
  expect((await tunnelled("shouter", 1, "trouble"))[1]).toContain("no trouble here");
  await cluster.settle();
  expect(cluster.failures.map(({ error }) => (error as Error).message)).toEqual([
    'The program of image "shout:1" failed for the container main of Pod default/shouter: no trouble here',
  ]);
});
