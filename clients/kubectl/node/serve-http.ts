import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { HttpAnswer, HttpRequest, HttpServer } from "../command-line/command.ts";
import { CommandError } from "../errors.ts";

/** Serves HTTP/1.1 on a port of this machine. Rejects when it can't be had. */
export function serveHttp(port: number, address: string, answer: (request: HttpRequest) => Promise<HttpAnswer>): Promise<HttpServer> {
  const server = createServer((request, response) => {
    serve(request, response, answer).catch((error: unknown) => {
      // Whoever asked is gone, or what answered has broken off: the connection's end says so.
      response.destroy(error instanceof Error ? error : undefined);
    });
  });
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => reject(new CommandError(`listen tcp ${address}:${port}: ${cause.message}`, { cause })));
    server.listen(port, address, () => {
      const bound = server.address();
      resolve({
        port: typeof bound === "object" && bound !== null ? bound.port : port,
        [Symbol.asyncDispose]: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      });
    });
  });
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (request: HttpRequest) => Promise<HttpAnswer>,
): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Uint8Array>));
  const { method = "GET", url: target = "/" } = request;
  const headers = Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, [value].flat().join(", ")]])),
  );
  const answered = await answer({ method, target, headers, body, signal: gone.signal });
  response.writeHead(answered.status, answered.headers);
  // A watch is there before its first event.
  response.flushHeaders();
  await pipeline(Readable.from(answered.body), response);
}
