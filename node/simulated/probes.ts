import type { Container, Probe } from "@kubets/api";
import type { Instant } from "@kubets/machinery";
import { answerOfProgram, type ProbeAnswer, type Program, type ProgramContext } from "./programs.ts";

/** In the order in which they are asked at one moment. */
export const probeTypes = ["startup", "readiness", "liveness"] as const;
export type ProbeType = (typeof probeTypes)[number];

/** How a probe of a running container stands. Plain data. */
export interface ProbeState {
  /** What it stands for now: a container lives until told otherwise, and is neither started nor ready before. */
  readonly verdict: boolean;
  readonly last?: boolean;
  /** How often in a row the last answer came. */
  readonly times: number;
  /** When it is asked next; absent when it would always answer as it does. */
  readonly nextAt?: Instant;
}

export function probeOf(container: Container, type: ProbeType): Probe | undefined {
  switch (type) {
    case "startup":
      return container.startupProbe;
    case "readiness":
      return container.readinessProbe;
    case "liveness":
      return container.livenessProbe;
  }
}

/** A probe that begins at `from`, of a container that runs since `startedAt`. */
export function beginProbe(
  type: ProbeType,
  probe: Probe,
  program: Program,
  { startedAt, from }: { readonly startedAt: Instant; readonly from: Instant },
): ProbeState {
  const begin: ProbeState = { verdict: type === "liveness", times: 0 };
  const first = Math.max(from, startedAt + (probe.initialDelaySeconds ?? 0) * 1000) as Instant;
  const nextAt = firstAsked(type, probe, answerOf(program, type), { startedAt, first });
  return nextAt === undefined ? begin : { ...begin, nextAt };
}

function firstAsked(
  type: ProbeType,
  { periodSeconds }: Probe,
  answer: ProbeAnswer,
  { startedAt, first }: { readonly startedAt: Instant; readonly first: Instant },
): Instant | undefined {
  if (typeof answer === "function" || type === "startup") return first;
  // Whoever answers what is taken for granted anyway need not be asked.
  if (typeof answer === "boolean") return answer === (type === "liveness") ? undefined : first;
  const changes = (startedAt + answer) as Instant;
  if (type === "readiness") return Math.max(first, changes) as Instant;
  return onGrid(first, changes, periodSeconds * 1000);
}

/**
 * Asks a probe that is due at `at`.
 *
 * @throws ProgramError when the program's function does.
 */
export function askProbe(
  type: ProbeType,
  probe: Probe,
  state: ProbeState,
  {
    program,
    context,
    startedAt,
    at,
  }: { readonly program: Program; readonly context: ProgramContext; readonly startedAt: Instant; readonly at: Instant },
): ProbeState & { readonly answer: boolean; readonly hasFailed: boolean } {
  const known = answerOf(program, type);
  const answer = answerAt(type, known, at - startedAt, context);
  const times = state.last === answer ? state.times + 1 : 1;
  const isJudged = times >= (answer ? probe.successThreshold : probe.failureThreshold);
  const verdict = isJudged ? answer : state.verdict;
  const nextAt = nextAsked(type, probe, known, { startedAt, at, answer, isSettled: verdict === answer });
  return { verdict, last: answer, times, ...(nextAt === undefined ? {} : { nextAt }), answer, hasFailed: isJudged && !answer };
}

function nextAsked(
  type: ProbeType,
  { periodSeconds }: Probe,
  known: ProbeAnswer,
  {
    startedAt,
    at,
    answer,
    isSettled,
  }: { readonly startedAt: Instant; readonly at: Instant; readonly answer: boolean; readonly isSettled: boolean },
): Instant | undefined {
  const period = periodSeconds * 1000;
  const inTurn = (at + period) as Instant;
  if (type === "startup" && answer && isSettled) return undefined;
  if (typeof known === "function" || !isSettled) return inTurn;
  const changes = typeof known === "number" ? ((startedAt + known) as Instant) : undefined;
  // Startup failures are counted, and one that is over between two turns is seen when it is.
  if (type === "startup") return changes !== undefined && changes > at ? (Math.min(inTurn, changes) as Instant) : inTurn;
  if (changes === undefined || changes <= at) return undefined;
  return type === "readiness" ? changes : onGrid(at, changes, period);
}

/** The first turn at or after `moment`, of those that come every `period` from `first` on. */
function onGrid(first: Instant, moment: Instant, period: number): Instant {
  return (moment <= first ? first : first + Math.ceil((moment - first) / period) * period) as Instant;
}

function answerOf({ started = true, ready = true, live = true }: Program, type: ProbeType): ProbeAnswer {
  switch (type) {
    case "startup":
      return started;
    case "readiness":
      return ready;
    case "liveness":
      return live;
  }
}

function answerAt(type: ProbeType, answer: ProbeAnswer, running: number, context: ProgramContext): boolean {
  if (typeof answer === "function") return answerOfProgram(context, () => answer(running));
  if (typeof answer === "boolean") return answer;
  return type === "liveness" ? running < answer : running >= answer;
}

/** What a kubelet tells of a probe that failed, by how it asked. */
export function failureOf({ httpGet, tcpSocket, grpc }: Probe, podIP: string): string {
  if (httpGet !== undefined) return "HTTP probe failed with statuscode: 503";
  if (tcpSocket !== undefined) return `dial tcp ${podIP}:${tcpSocket.port}: connect: connection refused`;
  return grpc === undefined ? "" : 'service unhealthy (responded with "NOT_SERVING")';
}
