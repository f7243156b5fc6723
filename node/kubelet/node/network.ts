import { request as httpRequest, type ClientRequest, type IncomingMessage } from "node:http";
import { connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import type { HttpProbeRequest, NodeNetwork, ProbeResult } from "../system.ts";

const mostRedirects = 10;
const longestBody = 10 * 1024;

export function createNodeNetwork(): NodeNetwork {
  return { httpGet: (request) => httpGet(request, 0), connectTcp, checkGrpcHealth };
}

async function httpGet(probe: HttpProbeRequest, redirects: number): Promise<ProbeResult> {
  const { scheme, host, port, path, headers, timeout } = probe;
  const url = `${scheme.toLowerCase()}://${host.includes(":") ? `[${host}]` : host}:${port}${path.startsWith("/") ? path : `/${path}`}`;
  const answer = await new Promise<
    { readonly status: number; readonly location?: string; readonly body: string } | { readonly failure: string }
  >((resolve) => {
    const signal = AbortSignal.timeout(timeout);
    const fail = (error: Error): void =>
      resolve({
        failure: `Get ${JSON.stringify(url)}: ${signal.aborted ? "context deadline exceeded (Client.Timeout exceeded while awaiting headers)" : reasonOf(error, host, port)}`,
      });
    const onAnswer = (message: IncomingMessage): void => {
      let body = "";
      message.setEncoding("utf8");
      message.on("data", (part: string) => {
        body += part;
        if (body.length > longestBody) message.destroy();
      });
      message.on("error", fail);
      message.on("close", () =>
        resolve({
          status: message.statusCode ?? 0,
          body: body.slice(0, longestBody),
          ...(message.headers.location === undefined ? {} : { location: message.headers.location }),
        }),
      );
    };
    const options = { signal, agent: false, headers: headersOf(headers) };
    const sent: ClientRequest =
      scheme === "HTTPS" ? httpsRequest(url, { ...options, rejectUnauthorized: false }, onAnswer) : httpRequest(url, options, onAnswer);
    sent.on("error", fail);
    sent.end();
  });
  if ("failure" in answer) return { healthy: false, message: answer.failure };
  const { status, location, body } = answer;
  if (status >= 300 && status < 400 && location !== undefined) {
    const next = new URL(location, url);
    // Whoever leads elsewhere is alive; that is not followed.
    if (next.hostname !== new URL(url).hostname) return { healthy: true, warning: `Probe terminated redirects, Response body: ${body}` };
    if (redirects >= mostRedirects)
      return { healthy: false, message: `Get ${JSON.stringify(url)}: stopped after ${mostRedirects} redirects` };
    const target = {
      ...probe,
      scheme: next.protocol === "https:" ? ("HTTPS" as const) : ("HTTP" as const),
      port: Number(next.port) || (next.protocol === "https:" ? 443 : 80),
      path: `${next.pathname}${next.search}`,
    };
    return httpGet(target, redirects + 1);
  }
  return status >= 200 && status < 400 ? { healthy: true } : { healthy: false, message: `HTTP probe failed with statuscode: ${status}` };
}

function headersOf(headers: HttpProbeRequest["headers"]): Record<string, string[]> {
  const result: Record<string, string[]> = { "user-agent": ["kube-probe/1.36"], accept: ["*/*"] };
  const own = new Map<string, string[]>();
  for (const [name, value] of headers) own.set(name.toLowerCase(), [...(own.get(name.toLowerCase()) ?? []), value]);
  for (const [name, values] of own) {
    if (values.length === 1 && values[0] === "") delete result[name];
    else result[name] = values;
  }
  return result;
}

function connectTcp({ host, port, timeout }: Parameters<NodeNetwork["connectTcp"]>[0]): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout });
    const end = (result: ProbeResult): void => {
      socket.destroy();
      resolve(result);
    };
    socket.once("connect", () => end({ healthy: true }));
    socket.once("timeout", () => end({ healthy: false, message: `dial tcp ${host}:${port}: i/o timeout` }));
    socket.once("error", (error) => end({ healthy: false, message: reasonOf(error, host, port) }));
  });
}

/** `grpc.health.v1.Health/Check`: the request holds the service's name in field 1, the answer the status in field 1 (1: SERVING). */
function checkGrpcHealth({ host, port, service, timeout }: Parameters<NodeNetwork["checkGrpcHealth"]>[0]): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const address = `${host.includes(":") ? `[${host}]` : host}:${port}`;
    const session = connectHttp2(`http://${address}`);
    const end = (result: ProbeResult): void => {
      session.destroy();
      resolve(result);
    };
    const failed = (what: string): void => end({ healthy: false, message: what });
    session.setTimeout(timeout, () =>
      failed(`timeout: failed to connect service ${JSON.stringify(address)} within ${timeout / 1000}s: context deadline exceeded`),
    );
    session.on("error", (error) => failed(`error: failed to connect service ${JSON.stringify(address)}: ${error.message}`));
    const stream = session.request({
      ":method": "POST",
      ":path": "/grpc.health.v1.Health/Check",
      "content-type": "application/grpc",
      te: "trailers",
      "user-agent": "kube-probe/1.36",
    });
    const name = new TextEncoder().encode(service);
    const message = name.length === 0 ? new Uint8Array() : Uint8Array.from([0x0a, ...varint(name.length), ...name]);
    const frame = new Uint8Array(5 + message.length);
    new DataView(frame.buffer).setUint32(1, message.length);
    frame.set(message, 5);
    let answer = new Uint8Array();
    let status = "";
    const read = (headers: IncomingHttpHeaders): void => {
      if (headers["grpc-status"] !== undefined) status = [headers["grpc-status"]].flat().join();
    };
    stream.on("response", read);
    stream.on("trailers", read);
    stream.on("data", (bytes: Uint8Array) => (answer = Uint8Array.from([...answer, ...bytes])));
    stream.on("error", () => {});
    stream.on("close", () => {
      if (status === "12") return failed(`error: this server does not implement the grpc health protocol (grpc.health.v1.Health)`);
      if (status !== "0") return failed(`error: health rpc failed: rpc error: code = ${status}`);
      if (answer[5] === 0x08 && answer[6] === 1) return end({ healthy: true });
      failed(
        `service unhealthy (responded with ${JSON.stringify(answer[6] === 3 ? "SERVICE_UNKNOWN" : answer[6] === 2 ? "NOT_SERVING" : "UNKNOWN")})`,
      );
    });
    stream.end(frame);
  });
}

/** A whole number as protobuf writes it: seven bits to a byte, the lowest first, each but the last marked. */
function varint(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

/** In the words in which Go says it, which people and tools look for. */
function reasonOf(error: Error, host: string, port: number): string {
  const code = "code" in error ? String(error.code) : "";
  const where = `dial tcp ${host.includes(":") ? `[${host}]` : host}:${port}`;
  switch (code) {
    case "ECONNREFUSED":
      return `${where}: connect: connection refused`;
    case "EHOSTUNREACH":
      return `${where}: connect: no route to host`;
    case "ENETUNREACH":
      return `${where}: connect: network is unreachable`;
    case "ETIMEDOUT":
      return `${where}: i/o timeout`;
    case "ECONNRESET":
      return "read: connection reset by peer";
    default:
      return error.message;
  }
}
