import { type Client, createInformers } from "@kubets/client";
import { runScheduler, type SchedulerOptions } from "@kubets/scheduler";
import type { RunningComponent, Surroundings } from "./control-plane.ts";

export type SchedulerSettings = Pick<SchedulerOptions, "backoff" | "profiles">;

/** A scheduler with caches of its own. `client`: as the user `system:kube-scheduler`. */
export function startScheduler(client: Client, surroundings: Surroundings, settings: SchedulerSettings = {}): RunningComponent {
  const informers = createInformers({ ...surroundings, client });
  const scheduler = runScheduler({ ...surroundings, ...settings, client, informers });
  return { synced: (signal) => scheduler.synced(signal), stop: async () => void (await scheduler.stop(), await informers.stop()) };
}
