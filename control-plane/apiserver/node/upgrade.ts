import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { type Headers, isUpgrade, type Response, StatusError, unauthorized } from "@kubets/machinery";
import { errorAnswer } from "../request/answer.ts";
import { duplexOf } from "./duplex.ts";
import { headersOf, type Serving } from "./exchange.ts";
import { callerOf } from "./peer.ts";

/** Serves a request that asks for another protocol: the raw connection is handed over, or the refusal answered. */
export async function upgrade(
  request: IncomingMessage,
  socket: Socket,
  head: Uint8Array,
  { handle, logger, task }: Serving,
): Promise<void> {
  const gone = new AbortController();
  socket.on("close", () => gone.abort(new Error("the caller has gone")));
  socket.on("error", () => {});
  const { method = "GET", url: target = "/" } = request;
  const headers = headersOf(request.headers);
  try {
    const caller = callerOf(socket as TLSSocket);
    if (caller.hasBadCertificate && headers.authorization === undefined) throw unauthorized();
    const response = await handle({ method, target, headers }, caller.peer, gone.signal);
    if (!isUpgrade(response)) return await refuse(socket, response);
    socket.write(headText(101, response.headers));
    await task.idle(response.serve(duplexOf(socket, head)));
  } catch (error) {
    if (gone.signal.aborted) return;
    if (!(error instanceof StatusError)) logger.error("An upgraded connection failed", { method, target, error });
    await refuse(socket, errorAnswer(error));
  }
}

/** Answers an upgrade that isn't made: the answer, then the end. */
async function refuse(socket: Socket, { status, headers, body }: Response): Promise<void> {
  if (socket.destroyed) return;
  const parts: Uint8Array[] = [];
  if (body.kind === "bytes") parts.push(body.bytes());
  else for await (const chunk of body.chunks) parts.push(chunk.bytes());
  const bytes = Buffer.concat(parts);
  socket.write(headText(status, { ...headers, "content-length": String(bytes.length), connection: "close" }));
  socket.end(bytes);
}

function headText(status: number, headers: Headers): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value.replaceAll(/[\r\n]+/g, " ")}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n`;
}
