import type { Container } from "@kubets/api";
import type { Instant } from "@kubets/machinery";
import { endRun, killed, plus, probed, type Running, stopRun } from "./container-run.ts";
import { isOutOfMemory, lookedAt, overStorage } from "./limits.ts";
import { evicted, type PodState, tell, withRun } from "./pod-state.ts";
import { askProbe, failureOf, probeOf, type ProbeType, probeTypes } from "./probes.ts";
import { type Program, programOf, type ProgramContext, type ProgramRule, usageOf } from "./programs.ts";

/** Whether a container has to be probed or looked at. */
export function isDue({ probes, use }: Running, at: Instant): boolean {
  return (use !== undefined && use.nextAt <= at) || probeTypes.some((type) => (probes[type]?.nextAt ?? Infinity) <= at);
}

/** Asks the probes of a container that are due, and looks at what it uses. */
export function lookAfter(
  state: PodState,
  container: Container,
  { restarts, startedAt }: Running,
  rules: readonly ProgramRule[],
): PodState {
  const context = { container, pod: state.pod, restarts };
  const program = programOf(rules, context);
  let next = state;
  for (const type of probeTypes) next = askOne(next, type, { program, context });
  const run = next.runs[container.name];
  if (run?.kind !== "running" || run.stopping || run.use === undefined || run.use.nextAt > state.at) return next;
  const usage = usageOf(program, context, state.at - startedAt);
  if (isOutOfMemory(container, usage))
    return withRun(next, container.name, endRun(run, { at: state.at, exitCode: killed, reason: "OOMKilled" }));
  next = withRun(next, container.name, { ...run, use: lookedAt(run.use, usage, state.at) });
  const tooMuch = overStorage(container, usage);
  return tooMuch === undefined ? next : evicted(next, tooMuch);
}

interface Asking {
  readonly program: Program;
  readonly context: ProgramContext;
}

function askOne(state: PodState, type: ProbeType, { program, context }: Asking): PodState {
  const { container } = context;
  const { name } = container;
  const run = state.runs[name];
  const probe = probeOf(container, type);
  if (run?.kind !== "running" || run.stopping || probe === undefined) return state;
  const before = run.probes[type];
  if (before?.nextAt === undefined || before.nextAt > state.at) return state;
  const { answer, hasFailed, ...after } = askProbe(type, probe, before, { program, context, startedAt: run.startedAt, at: state.at });
  const known = probed(run, type, after, { container, program, at: state.at });
  if (answer) return withRun(state, name, known);
  const message = `${type[0]!.toUpperCase()}${type.slice(1)} probe failed: ${failureOf(probe, state.address.podIP)}`;
  const next = tell(withRun(state, name, known), { type: "Warning", reason: "Unhealthy", message, container: name });
  if (!hasFailed || type === "readiness") return next;
  const grace = (probe.terminationGracePeriodSeconds ?? state.pod.spec.terminationGracePeriodSeconds) * 1000;
  const ending = stopRun(known, container, state.at, plus(state.at, grace), { unhealthy: true });
  const killing = `Container ${name} failed ${type} probe, will be restarted`;
  return tell(withRun(next, name, ending), { type: "Normal", reason: "Killing", message: killing, container: name });
}
