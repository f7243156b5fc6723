import { type Response, StatusError } from "@kubets/machinery";
import type { PathEndpoint } from "../contracts.ts";
import { textAnswer } from "../request/answer.ts";

/** One thing that must hold for the server to be called alive or ready. */
export interface HealthCheck {
  readonly name: string;
  /** Rejects, or throws, while it doesn't hold; the reason goes to the log, not to the client. */
  readonly check: (signal: AbortSignal) => Promise<void>;
}

export interface HealthChecks {
  readonly livez: readonly HealthCheck[];
  readonly readyz: readonly HealthCheck[];
}

/** `/healthz`, `/livez` and `/readyz`, as a whole, check by check, with `?verbose` and with `?exclude=NAME`. */
export function healthEndpoints(
  { livez, readyz }: HealthChecks,
  onFailure: (name: string, error: unknown) => void,
): readonly PathEndpoint[] {
  return [
    ...endpointsOf("healthz", livez, onFailure),
    ...endpointsOf("livez", livez, onFailure),
    ...endpointsOf("readyz", readyz, onFailure),
  ];
}

function endpointsOf(
  group: string,
  checks: readonly HealthCheck[],
  onFailure: (name: string, error: unknown) => void,
): readonly PathEndpoint[] {
  const question = { group, checks, onFailure };
  return [
    { path: `/${group}`, endpoint: ({ info: { query }, signal }) => answerHealth({ ...question, query, signal }) },
    ...checks.map((check): PathEndpoint => ({
      path: `/${group}/${check.name}`,
      endpoint: ({ signal }) => answerOneCheck(check, { onFailure, signal }),
    })),
  ];
}

export interface HealthQuestion {
  /** `healthz`, `livez` or `readyz`. */
  readonly group: string;
  readonly checks: readonly HealthCheck[];
  /** `verbose`, and each `exclude`. */
  readonly query: URLSearchParams;
  readonly signal: AbortSignal;
  readonly onFailure: (name: string, error: unknown) => void;
}

/** All checks of a group: 200 and `ok`, or 500 and which of them failed. */
export async function answerHealth({ group, checks, query, signal, onFailure }: HealthQuestion): Promise<Response> {
  const excluded = new Set(query.getAll("exclude"));
  const unknown = [...excluded].filter((name) => checks.every((check) => check.name !== name));
  const lines: string[] = [];
  let failed = false;
  for (const { name, check } of checks) {
    if (excluded.has(name)) {
      lines.push(`[+]${name} excluded: ok`);
      continue;
    }
    try {
      await check(signal);
      lines.push(`[+]${name} ok`);
    } catch (error) {
      failed = true;
      onFailure(name, error);
      lines.push(`[-]${name} failed: reason withheld`);
    }
  }
  if (unknown.length > 0)
    lines.push(`warn: some health checks cannot be excluded: no matches for ${unknown.map((name) => JSON.stringify(name)).join(",")}`);
  if (failed) return textAnswer(500, `${lines.join("\n")}\n${group} check failed\n`);
  return textAnswer(200, query.has("verbose") ? `${lines.join("\n")}\n${group} check passed\n` : "ok");
}

export async function answerOneCheck(
  { name, check }: HealthCheck,
  { signal, onFailure }: Pick<HealthQuestion, "onFailure" | "signal">,
): Promise<Response> {
  try {
    await check(signal);
    return textAnswer(200, "ok");
  } catch (error) {
    onFailure(name, error);
    return textAnswer(500, `internal server error: ${error instanceof StatusError ? error.message : "reason withheld"}\n`);
  }
}
