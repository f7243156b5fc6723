import type { Instant } from "@kubets/machinery";
import type { Running, Terminated } from "./container-run.ts";
import { plus } from "./container-run.ts";
import { allContainers, type PodState } from "./pod-state.ts";
import { programOf, type ProgramRule } from "./programs.ts";

export interface LogEntry {
  readonly at: Instant;
  readonly stream: "stdout" | "stderr";
  readonly text: string;
}

/**
 * What a container has written up to `now`, oldest first; with `previous`, what its run before the last restart has. `undefined` when it
 * has never run, or not before.
 *
 * A kubelet's `/containerLogs` on a simulated node is this, cut by the request's `tailLines`, `sinceTime` and the like.
 */
export function containerLogs(
  state: PodState,
  name: string,
  now: Instant,
  rules: readonly ProgramRule[],
  { previous = false }: { readonly previous?: boolean } = {},
): readonly LogEntry[] | undefined {
  const container = allContainers(state.pod).find((each) => each.name === name);
  const current = state.runs[name];
  const run = previous || current?.kind === "waiting" ? current?.last : current;
  if (container === undefined || run === undefined || run.startedAt === undefined) return undefined;
  const { startedAt } = run;
  const until = endOf(run, now);
  const { logs = [] } = programOf(rules, { container, pod: state.pod, restarts: run.restarts });
  return logs
    .map(({ at, stream = "stdout", text }) => ({ at: plus(startedAt, at), stream, text }))
    .filter(({ at }) => at <= until)
    .sort((a, b) => a.at - b.at);
}

function endOf(run: Running | Terminated, now: Instant): Instant {
  return run.kind === "terminated" && run.finishedAt < now ? run.finishedAt : now;
}
