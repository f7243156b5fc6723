import type { Chunk, Handler, Response } from "@kubets/machinery";
import type { FaultPlan } from "./faults.ts";
import { pathOf } from "./faulty-transport.ts";

/**
 * The API server as clients over HTTPS meet it while things go wrong. What can't be lost on the way, since the way is a real one, is lost
 * at its end: a lost request is answered as a server does that has lost its store, a lost answer with a timeout after the deed.
 */
export function faultyHandler(handle: Handler, { plan, turn }: { readonly plan: FaultPlan; readonly turn: () => Promise<void> }): Handler {
  const late = async (hit: string): Promise<void> => {
    for (let left = plan.lateness(hit); left > 0; left--) await turn();
  };
  return async (request, peer, signal) => {
    const { method, target } = request;
    const isWatch = /[?&]watch=(1|true)\b/.test(target);
    const hit = `${method} ${pathOf(target)}${isWatch ? " (watch)" : ""}`;
    // Whether it lives and what it serves is no use of the cluster.
    if (!/^\/apis?\/.*[^/]*\/[^/]+/.test(target) || request.headers.upgrade !== undefined) return handle(request, peer, signal);
    await late(hit);
    if (plan.strikes("lost request", hit)) return refusal(500, "InternalError", "etcdserver: request timed out");
    const isWrite = method !== "GET" && method !== "HEAD";
    if (isWrite && (method === "PUT" || method === "PATCH") && plan.strikes("conflict", hit))
      return refusal(409, "Conflict", "the object has been modified; please apply your changes to the latest version and try again");
    const answer = await handle(request, peer, signal);
    if (!("body" in answer)) return answer;
    if (isWrite && answer.status < 300 && plan.strikes("lost answer", hit))
      return refusal(504, "Timeout", "Timeout: request did not complete within the allotted duration");
    if (!isWatch || answer.body.kind !== "stream") return answer;
    const { chunks } = answer.body;
    return { ...answer, body: { kind: "stream", chunks: watched(chunks, hit) } };
  };

  async function* watched(chunks: AsyncIterable<Chunk>, hit: string): AsyncGenerator<Chunk> {
    for await (const chunk of chunks) {
      await late(hit);
      yield chunk;
      if (plan.strikes("dropped watch", hit)) return;
    }
  }
}

function refusal(code: number, reason: string, message: string): Response {
  const status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, code };
  const bytes = new TextEncoder().encode(JSON.stringify(status));
  return { status: code, headers: { "content-type": "application/json" }, body: { kind: "bytes", bytes: () => bytes } };
}
