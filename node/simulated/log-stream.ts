import type { LogOptions } from "@kubets/api";
import { badRequest, type Clock, formatMicroTime, type Instant, sleep } from "@kubets/machinery";
import { containerLogs, type LogEntry } from "./container-logs.ts";
import type { PodState } from "./pod-state.ts";
import type { ProgramRule } from "./programs.ts";

export interface LogStreamOptions {
  /** The Pod as it is now; `undefined` once it has gone from the node. */
  readonly state: () => PodState | undefined;
  readonly container: string;
  readonly options: LogOptions;
  readonly clock: Clock;
  readonly programs: readonly ProgramRule[];
  readonly signal: AbortSignal;
}

/** How often a log that is followed is looked at, in milliseconds of the cluster's time. */
const lookEvery = 1000;

/** The log of a container as a client of the kubelet gets it. Throws `BadRequest` at once when there is none. */
export function logStream({ state, container, options, clock, programs, signal }: LogStreamOptions): AsyncIterable<Uint8Array> {
  const entries = (): readonly LogEntry[] | undefined => {
    const known = state();
    return known === undefined ? undefined : containerLogs(known, container, clock.now(), programs, { previous: options.previous });
  };
  const first = entries();
  if (first === undefined) throw missing(state(), container, options);
  const run = state()?.runs[container];
  const goesOn = (): boolean => {
    const now = state()?.runs[container];
    return run?.kind === "running" && now?.kind === "running" && now.restarts === run.restarts;
  };
  return (async function* () {
    let told = Math.max(0, options.tailLines === undefined ? 0 : wanted(first, options).length - options.tailLines);
    let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
    for (let lines: readonly LogEntry[] | undefined = first; lines !== undefined; lines = entries()) {
      const chosen = wanted(lines, options);
      const text = chosen.slice(told).map((entry) => `${options.timestamps ? `${stamp(entry.at)} ` : ""}${entry.text}\n`);
      told = chosen.length;
      const bytes = new TextEncoder().encode(text.join("")).subarray(0, left);
      left -= bytes.length;
      if (bytes.length > 0) yield bytes;
      if (left === 0 || !options.follow || !goesOn()) return;
      try {
        await sleep(clock, lookEvery, signal);
      } catch {
        return;
      }
    }
  })();
}

function wanted(lines: readonly LogEntry[], { since, stream }: LogOptions): readonly LogEntry[] {
  return lines.filter((entry) => (since === undefined || entry.at >= since) && (stream === undefined || entry.stream === stream));
}

/** With nanoseconds, as the runtime's. */
function stamp(at: Instant): string {
  return formatMicroTime(at).replace("Z", "000Z");
}

function missing(state: PodState | undefined, container: string, { previous }: LogOptions): Error {
  const what = `container ${JSON.stringify(container)} in pod ${JSON.stringify(state?.pod.metadata.name)}`;
  if (previous) return badRequest(`previous terminated ${what} not found`);
  const run = state?.runs[container];
  return badRequest(`${what} is waiting to start: ${run?.kind === "waiting" ? run.reason : "ContainerCreating"}`);
}
