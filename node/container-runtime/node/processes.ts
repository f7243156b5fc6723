import { readFileSync, readdirSync } from "node:fs";
import type { Clock } from "@kubets/machinery";
import { sleep } from "@kubets/machinery";

/** A process for good: its number may be given to another one later, but not with the same start. */
export interface ProcessIdentity {
  readonly pid: number;
  /** In clock ticks since boot. */
  readonly started: string;
}

/** `undefined` when there is no such process, or only its remains. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const stat = readProcess(pid, "stat");
  if (stat === undefined) return undefined;
  // The name is in parentheses and may hold anything; what follows begins with the state.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields[0] === "Z" || fields[0] === "X" ? undefined : { pid, started: fields[19] ?? "" };
}

export function isRunning({ pid, started }: ProcessIdentity): boolean {
  return identifyProcess(pid)?.started === started;
}

export function commandLineOf(pid: number): readonly string[] {
  return readProcess(pid, "cmdline")?.split("\0").slice(0, -1) ?? [];
}

/** All processes whose command line is as `matches` says. */
export function findProcesses(matches: (commandLine: readonly string[]) => boolean): readonly ProcessIdentity[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => matches(commandLineOf(pid)))
    .flatMap((pid) => identifyProcess(pid) ?? []);
}

/** Asks the process to end and waits; kills it after `graceMilliseconds`. Resolves once it is gone. */
export async function endProcess(
  identity: ProcessIdentity,
  { clock, graceMilliseconds }: { readonly clock: Clock; readonly graceMilliseconds: number },
): Promise<void> {
  const deadline = clock.monotonic() + graceMilliseconds;
  let isKilled = graceMilliseconds <= 0;
  sendSignal(identity, isKilled ? "SIGKILL" : "SIGTERM");
  while (isRunning(identity)) {
    await sleep(clock, 10);
    if (isKilled || clock.monotonic() < deadline) continue;
    isKilled = true;
    sendSignal(identity, "SIGKILL");
  }
}

function sendSignal(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isRunning(identity)) return;
  try {
    process.kill(identity.pid, signal);
  } catch (error) {
    // It has gone in between.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

function readProcess(pid: number, file: "stat" | "cmdline"): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return undefined;
  }
}
