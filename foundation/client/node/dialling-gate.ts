import type { Pool } from "undici";
import { untilAborted } from "../abort-scope.ts";

/** Holds back what is sent while the first connection is being made. */
export interface DiallingGate {
  through<Value>(signal: AbortSignal, send: () => Promise<Value>): Promise<Value>;
}

/**
 * A pool that has no connection yet doesn't know that one is enough for all, and would make one for every request of a burst: a
 * component that starts with forty watches would shake hands forty times. So the first request dials and the others wait for it.
 */
export function createDiallingGate(pool: Pool): DiallingGate {
  let dialling: PromiseWithResolvers<void> | undefined;
  const open = (): void => {
    dialling?.resolve();
    dialling = undefined;
  };
  pool.on("connect", open);
  pool.on("connectionError", open);

  return {
    async through(signal, send) {
      while (pool.stats.connected === 0) {
        if (dialling === undefined) {
          dialling = Promise.withResolvers();
          return send().finally(open);
        }
        await untilAborted(dialling.promise, signal);
      }
      return send();
    },
  };
}
