import { join } from "node:path";
import { createTasks, type Logger } from "@kubets/machinery";
import { breather, createSystemClock, createSystemRandom, turn } from "@kubets/machinery/node";
import { type Store, StoreError } from "@kubets/store";
import { createSqliteStore } from "@kubets/store/sqlite";
import { CommandError } from "./command-error.ts";
import type { Surroundings } from "./control-plane.ts";
import type { DataDirectory } from "./data-directory.ts";
import { createPrometheusMetrics, type PrometheusMetrics } from "./prometheus-metrics.ts";
import { heartbeatRetention } from "./retention.ts";

/** The real clock, chance and tasks of a program, with its log. */
export function machineSurroundings(logger: Logger): Surroundings & { readonly metrics: PrometheusMetrics } {
  return {
    clock: createSystemClock(),
    random: createSystemRandom(),
    tasks: createTasks({
      turn,
      breathe: breather(),
      onFailure: ({ name, error }) => logger.error("Background work failed", { name, error }),
    }),
    logger,
    metrics: createPrometheusMetrics(),
  };
}

/** The objects of a data directory. Rejects with a `CommandError` that names the way out. */
export async function openLocalStore({ path }: DataDirectory, surroundings: Surroundings): Promise<Store> {
  try {
    return await createSqliteStore({ ...surroundings, path: join(path, "store.sqlite"), retention: heartbeatRetention });
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const way = error.reason === "Corrupt" ? "; restore it from a copy, or begin anew with: kubets down --purge" : "";
    throw new CommandError(`${error.message}${way}`, { cause: error });
  }
}
