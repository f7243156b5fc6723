import { type Chunk, type Handler, isUpgrade, type Random } from "@kubets/machinery";
import { unreliable } from "../../testing/unreliable-server.ts";

/** What went wrong on the way, for whoever judges by how much a controller may have erred. */
export interface Mishaps {
  /** Writes that were carried out, and whose answer was lost. */
  lostAnswers: number;
}

/** A server that is {@link unreliable}, and whose watches also tell what they tell late, or twice. */
export function stormy(handle: Handler, random: Random, mishaps: Mishaps): Handler {
  return async (request, peer, signal) => {
    let isDone = false;
    const noted: Handler = async (...asked) => {
      const answer = await handle(...asked);
      isDone = request.method !== "GET" && answer.status < 300;
      return answer;
    };
    try {
      const answer = await unreliable(noted, random)(request, peer, signal);
      if (isUpgrade(answer) || answer.body.kind === "bytes") return answer;
      const { chunks } = answer.body;
      return { ...answer, body: { kind: "stream", chunks: { [Symbol.asyncIterator]: () => unsteady(chunks, random) } } };
    } catch (error) {
      if (isDone) mishaps.lostAnswers++;
      throw error;
    }
  };
}

/** Some pieces come twice, and some only when the next one comes. */
async function* unsteady(chunks: AsyncIterable<Chunk>, { fraction }: Random): AsyncGenerator<Chunk> {
  let late: Chunk | undefined;
  for await (const chunk of chunks) {
    if (late !== undefined) yield late;
    late = undefined;
    const luck = fraction();
    const { delivered, ...bare } = chunk;
    if (luck < 0.15) {
      // Nobody waits for it: it lies in some buffer on the way.
      delivered?.();
      late = bare;
    } else yield chunk;
    if (luck > 0.9) yield bare;
  }
}
