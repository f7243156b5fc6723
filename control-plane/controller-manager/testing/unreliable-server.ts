import { expired, type Handler, isUpgrade, type Random, type Response, serviceUnavailable, type StatusError } from "@kubets/machinery";

const refusal = (error: StatusError): Response => ({
  status: error.code,
  headers: { "content-type": "application/json" },
  body: { kind: "bytes", bytes: () => new TextEncoder().encode(JSON.stringify(error.status)) },
});

/** A server whose answers get lost, or come too late, by chance; also of writes that it has carried out. */
export function unreliable(handle: Handler, { fraction }: Random): Handler {
  return async (request, peer, signal) => {
    const luck = fraction();
    if (luck < 0.05) throw new Error("connection refused");
    if (luck < 0.1) return refusal(serviceUnavailable("busy"));
    if (luck < 0.12) return refusal(expired("too old resource version"));
    const answer = await handle(request, peer, signal);
    if (isUpgrade(answer)) return answer;
    if (answer.body.kind === "bytes") {
      if (luck < 0.17) throw new Error("connection reset");
      return answer;
    }
    const { chunks } = answer.body;
    const left = Math.floor(fraction() * 12);
    return {
      ...answer,
      body: {
        kind: "stream",
        chunks: {
          async *[Symbol.asyncIterator]() {
            let passed = 0;
            for await (const chunk of chunks) {
              if (passed++ === left) {
                chunk.delivered?.();
                throw new Error("connection reset");
              }
              yield chunk;
            }
          },
        },
      },
    };
  };
}
