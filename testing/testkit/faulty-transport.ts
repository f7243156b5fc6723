import type { Transport, TransportRequest, TransportResponse } from "@kubets/client";
import type { Tasks } from "@kubets/machinery";
import type { FaultPlan } from "./faults.ts";

export interface FaultyTransportOptions {
  readonly plan: FaultPlan;
  readonly turn: () => Promise<void>;
  readonly tasks: Tasks;
  /** The process at this end dies: called at most once. Nothing that it asks afterwards arrives. */
  readonly onCrash: () => void;
}

/** A way to the API server on which things go wrong. */
export function faultyTransport(transport: Transport, { plan, turn, tasks, onCrash }: FaultyTransportOptions): Transport {
  let isDead = false;
  const assertAlive = (): void => {
    if (isDead) throw new Error("the process has died");
  };
  const late = async (hit: string): Promise<void> => {
    const turns = plan.lateness(hit);
    if (turns > 0)
      await tasks.run("late request", async () => {
        for (let left = turns; left > 0; left--) await turn();
      });
    assertAlive();
  };

  const write = async (request: TransportRequest, hit: string, signal: AbortSignal): Promise<TransportResponse> => {
    const changes = request.method === "PUT" || request.method === "PATCH";
    if (changes && plan.strikes("conflict", hit)) return refusal(409, "Conflict", "the object has been modified");
    const answer = await transport.send(request, signal);
    // A refusal that gets lost teaches nobody anything.
    if (answer.status < 300 && plan.strikes("crash", hit)) {
      isDead = true;
      onCrash();
    }
    assertAlive();
    if (plan.strikes("lost answer", hit)) throw new Error(`read: connection reset by peer (the answer to ${hit} is lost)`);
    return answer;
  };

  // Each request is met here: kinds can't be followed without one.
  const { follow: _, ...met } = transport;
  return {
    ...met,
    async send(request, signal) {
      assertAlive();
      const isWatch = /[?&]watch=(1|true)\b/.test(request.target);
      const hit = `${request.method} ${pathOf(request.target)}${isWatch ? " (watch)" : ""}`;
      await late(hit);
      if (plan.strikes("lost request", hit)) throw new Error(`write: connection reset by peer (${hit} is lost)`);
      if (request.method !== "GET") return write(request, hit, signal);
      const answer = await transport.send(request, signal);
      return isWatch ? { ...answer, events: () => events(answer, hit) } : answer;
    },
  };

  async function* events(answer: TransportResponse, hit: string): AsyncGenerator<readonly unknown[]> {
    for await (const batch of answer.events()) {
      await late(hit);
      yield batch;
      if (plan.strikes("dropped watch", hit)) return;
    }
  }
}

export function pathOf(target: string): string {
  return target.split("?", 1)[0]!;
}

/** A refusal as the server writes it. */
function refusal(code: number, reason: string, message: string): TransportResponse {
  const status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, code };
  const never = (): never => {
    throw new Error("Cannot read a refusal as a stream");
  };
  return { status: code, headers: { "content-type": "application/json" }, object: async () => status, events: never, chunks: never };
}
