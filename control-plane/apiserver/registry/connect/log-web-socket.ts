import { encodeServerFrame, webSocketOpcodes } from "@kubets/client";
import { type Duplex, type Headers, offeredProtocols, type Response, type Upgrade, webSocketAgreement } from "@kubets/machinery";

// Logs for browsers, which can read what goes on for long by a websocket only: a message for each piece, from the server alone.

const binary = "binary.k8s.io";
const base64 = "base64.binary.k8s.io";

/**
 * What is streamed as an answer, as the messages of a websocket: binary ones, or in base64 for who asks so by the protocol. What isn't a
 * success is answered as it is.
 */
export function asWebSocket(answer: Response, headers: Headers): Response | Upgrade {
  const { status, body } = answer;
  if (status !== 200) return answer;
  const protocol = offeredProtocols(headers).find((name) => name === binary || name === base64);
  const encode = protocol === base64 ? inBase64 : (bytes: Uint8Array): Uint8Array => encodeServerFrame(webSocketOpcodes.binary, bytes);
  return {
    status: 101,
    headers: webSocketAgreement(headers, protocol),
    async serve(client) {
      const isGone = drain(client);
      try {
        if (body.kind === "bytes") await client.write(encode(body.bytes()));
        if (body.kind === "stream") for await (const chunk of body.chunks) await client.write(encode(chunk.bytes()));
        await client.write(encodeServerFrame(webSocketOpcodes.close, Uint8Array.of(normalClosure >> 8, normalClosure & 0xff)));
        await client.end();
      } catch (error) {
        await client.end(error);
      }
      await isGone;
    },
  };
}

const normalClosure = 1000;

/** Whatever the client says, it is told the same; that it has gone shows in what is written to it. */
async function drain({ readable }: Duplex): Promise<void> {
  try {
    for await (const _ of readable);
  } catch {
    // It has gone.
  }
}

function inBase64(bytes: Uint8Array): Uint8Array {
  return encodeServerFrame(webSocketOpcodes.text, new TextEncoder().encode(toBase64(bytes)));
}

function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}
