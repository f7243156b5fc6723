import type { Duplex, Headers } from "@kubets/machinery";
import type { ChannelConnection } from "./transport.ts";
import { joinedBytes } from "./joined-bytes.ts";
import { createFrameParser, encodeClientFrame, encodeServerFrame, opcodes } from "./web-socket-frames.ts";

/** What a client sends to turn a request into a websocket of one of `protocols`. */
export function webSocketHeaders(protocols: readonly string[]): Headers {
  return {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    // It shows that the server speaks websocket and no cache answers for it: there is none between the two ends in one process.
    "sec-websocket-key": "a3ViZXRzLWlucHJvY2Vzcw==",
    "sec-websocket-protocol": protocols.join(", "),
  };
}

/** The client's end of a websocket, after the handshake, over a pair of byte streams. */
export function openWebSocket(options: WebSocketOptions): ChannelConnection {
  return webSocket(options, { encode: encodeClientFrame, from: "server" });
}

/** The server's end. */
export function acceptWebSocket(options: WebSocketOptions): ChannelConnection {
  return webSocket(options, { encode: encodeServerFrame, from: "client" });
}

interface WebSocketOptions {
  readonly connection: Duplex;
  readonly protocol: string;
  readonly signal: AbortSignal;
}

function webSocket(
  { connection, protocol, signal }: WebSocketOptions,
  { encode, from }: { readonly encode: typeof encodeClientFrame; readonly from: "client" | "server" },
): ChannelConnection {
  let closing = false;
  const onAbort = (): void => void connection.end(signal.reason ?? new Error("aborted"));
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });

  const send = (opcode: number, payload: Uint8Array): Promise<void> => connection.write(encode(opcode, payload));
  const close = async (code: number): Promise<void> => {
    signal.removeEventListener("abort", onAbort);
    if (closing) return;
    closing = true;
    // Not awaited: the other end may have stopped reading, or be gone already, which is what was asked for.
    send(opcodes.close, Uint8Array.of(code >> 8, code & 0xff)).catch(() => {});
    await connection.end();
  };

  return {
    protocol,
    messages: readMessages(connection, from, {
      pong: (payload) => send(opcodes.pong, payload),
      closed: () => close(normalClosure),
    }),
    send: (message) => send(opcodes.binary, message),
    close: () => close(normalClosure),
  };
}

const normalClosure = 1000;

async function* readMessages(
  connection: Duplex,
  from: "client" | "server",
  answer: { readonly pong: (payload: Uint8Array) => Promise<void>; readonly closed: () => Promise<void> },
): AsyncGenerator<Uint8Array> {
  const parser = createFrameParser(from);
  let parts: Uint8Array[] = [];
  for await (const bytes of connection.readable) {
    for (const frame of parser.push(bytes)) {
      if (frame.opcode === opcodes.ping) await answer.pong(frame.payload);
      else if (frame.opcode === opcodes.close) return void (await answer.closed());
      else if (frame.opcode !== opcodes.pong) {
        parts.push(frame.payload);
        if (!frame.final) continue;
        yield joinedBytes(parts);
        parts = [];
      }
    }
  }
}
