import { expired, type Handler, isUpgrade, type Random, type Response, serviceUnavailable, type StatusError } from "@kubets/machinery";

/** Of all requests, how many come to what end. Those that are left are answered as they should be. */
export interface Mishaps {
  readonly refused: number;
  /** Answered with 503. */
  readonly busy: number;
  /** Answered with 410, as if a history had been compacted away. */
  readonly expired: number;
  /** Carried out, and the answer is lost: of whole answers, not of streams. */
  readonly lost: number;
  /** Streams that break off as connections do; all others just end early. */
  readonly broken: number;
  /** A stream comes to its end before so many pieces. */
  readonly mostPieces: number;
}

/** A server that refuses, forgets, and breaks off watches, by chance. */
export function unreliable(handle: Handler, { fraction }: Random, mishaps: Mishaps): Handler {
  const refused = mishaps.refused;
  const busy = refused + mishaps.busy;
  const forgotten = busy + mishaps.expired;
  return async (request, peer, signal) => {
    const luck = fraction();
    if (luck < refused) throw new Error("connection refused");
    if (luck < busy) return refusal(serviceUnavailable("busy"));
    if (luck < forgotten) return refusal(expired("too old resource version"));
    const answer = await handle(request, peer, signal);
    if (isUpgrade(answer)) return answer;
    if (answer.body.kind === "bytes") {
      if (luck < forgotten + mishaps.lost) throw new Error("connection reset");
      return answer;
    }
    const { chunks } = answer.body;
    const left = Math.floor(fraction() * mishaps.mostPieces);
    const isBroken = luck < forgotten + mishaps.broken;
    return { ...answer, body: { kind: "stream", chunks: { [Symbol.asyncIterator]: () => cutOff(chunks, left, isBroken) } } };
  };
}

type Chunks = (Response["body"] & { readonly kind: "stream" })["chunks"];

async function* cutOff(chunks: Chunks, left: number, isBroken: boolean): ReturnType<Chunks[typeof Symbol.asyncIterator]> {
  let passed = 0;
  for await (const chunk of chunks) {
    if (passed++ === left) {
      // Nobody will ever deliver it.
      chunk.delivered?.();
      if (isBroken) throw new Error("connection reset");
      return;
    }
    yield chunk;
  }
}

function refusal({ code, status }: StatusError): Response {
  return {
    status: code,
    headers: { "content-type": "application/json" },
    body: { kind: "bytes", bytes: () => new TextEncoder().encode(JSON.stringify(status)) },
  };
}
