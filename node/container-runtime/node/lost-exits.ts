import type { Clock, Tasks } from "@kubets/machinery";
import { sleep } from "@kubets/machinery";
import { demandCommand } from "@kubets/machinery/node";
import type { ContainerRuntime } from "./cri-client.ts";

export interface LostExitsOptions {
  readonly runtime: ContainerRuntime;
  readonly ctr: string;
  readonly socketPath: string;
  readonly clock: Clock;
  readonly tasks: Tasks;
  readonly signal: AbortSignal;
}

/** A container that exits is shown as running for some 50 ms; what is still so after this long will stay so. */
const certainAfterMilliseconds = 1_000;

/**
 * Containers that have exited although CRI says that they run, and always will: containerd 1.6 can lose the exit of a container
 * that ends while containerd itself starts. Starting it once more is what helps.
 */
export async function lostExits(options: LostExitsOptions): Promise<readonly string[]> {
  const first = await exitedYetRunning(options);
  if (first.length === 0) return [];
  await sleep(options.clock, certainAfterMilliseconds, options.signal);
  const second = await exitedYetRunning(options);
  return first.filter((id) => second.includes(id));
}

async function exitedYetRunning({ runtime, ctr, socketPath, tasks, signal }: LostExitsOptions): Promise<readonly string[]> {
  const running = await runtime.listContainers({ state: "running" }, { signal });
  if (running.length === 0) return [];
  const listing = await demandCommand(ctr, ["--address", socketPath, "--namespace", "k8s.io", "tasks", "list"], { tasks, signal });
  const stopped = stoppedTasks(listing);
  return running.map(({ id }) => id).filter((id) => stopped.has(id));
}

/** Reads the table `TASK PID STATUS`. */
export function stoppedTasks(listing: string): ReadonlySet<string> {
  const rows = listing.split("\n").map((line) => line.trim().split(/\s+/));
  return new Set(rows.flatMap(([task = "", , status]) => (status === "STOPPED" ? [task] : [])));
}
