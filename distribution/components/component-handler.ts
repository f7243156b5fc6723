import { answerHealth, answerOneCheck, errorAnswer, type HealthCheck, textAnswer } from "@kubets/apiserver/node";
import { type AccessReviews, callerOf, type Client } from "@kubets/client";
import {
  type Handler,
  type Logger,
  methodNotAllowed,
  noSuchPath,
  type Peer,
  type Request,
  type Response,
  StatusError,
} from "@kubets/machinery";
import type { UserInfo } from "@kubets/machinery";

export interface ComponentHandlerOptions {
  readonly logger: Logger;
  readonly metricsText: () => Promise<string>;
  /** What must hold for it to be called alive; to be ready, besides that. */
  readonly livez: readonly HealthCheck[];
  readonly readyz: readonly HealthCheck[];
  /** Reviews tokens; without it, every caller without a certificate is anonymous. */
  readonly authentication?: Client;
  /** Knows what callers may do; without it, they may do nothing but what is open. */
  readonly authorization?: AccessReviews;
  /** Paths that are open to all; one that ends in `*` with all below. */
  readonly open: readonly string[];
}

const anonymous: UserInfo = { name: "system:anonymous", groups: ["system:unauthenticated"] };

/** What a component tells of itself: `/healthz`, `/livez`, `/readyz` and `/metrics`. */
export function componentHandler(options: ComponentHandlerOptions): Handler {
  const { logger, open } = options;
  return async (request, peer, signal) => {
    const [path = "", query = ""] = request.target.split("?", 2);
    try {
      if (!isOpen(open, path)) await demand(options, request, peer, path);
      if (request.method !== "GET" && request.method !== "HEAD") throw methodNotAllowed();
      return await answer(options, path, new URLSearchParams(query), signal);
    } catch (error) {
      if (!(error instanceof StatusError) && !signal.aborted) logger.error("A request failed", { target: request.target, error });
      return errorAnswer(error);
    }
  };
}

function isOpen(open: readonly string[], path: string): boolean {
  return open.some((each) => (each.endsWith("*") ? path.startsWith(each.slice(0, -1)) : each === path));
}

async function demand(
  { authentication, authorization }: ComponentHandlerOptions,
  { method, headers }: Request,
  peer: Peer,
  path: string,
): Promise<void> {
  const user = (await callerOf({ headers, peer }, authentication)) ?? anonymous;
  const verb = method === "GET" || method === "HEAD" ? "get" : method.toLowerCase();
  if (await authorization?.isAllowed(user, { nonResourceAttributes: { path, verb } })) return;
  throw new StatusError(403, "Forbidden", `forbidden: User ${JSON.stringify(user.name)} cannot ${verb} path ${JSON.stringify(path)}`);
}

async function answer(
  { logger, metricsText, livez, readyz }: ComponentHandlerOptions,
  path: string,
  query: URLSearchParams,
  signal: AbortSignal,
): Promise<Response> {
  if (path === "/metrics") return textAnswer(200, await metricsText(), { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
  const [, group = "", name] = /^\/(healthz|livez|readyz)(?:\/(.+))?$/.exec(path) ?? [];
  if (group === "") throw noSuchPath();
  const checks = group === "readyz" ? [...livez, ...readyz] : livez;
  const onFailure = (check: string, error: unknown): void => logger.warn("A health check failed", { check, error });
  if (name === undefined) return answerHealth({ group, checks, query, signal, onFailure });
  const check = checks.find((each) => each.name === name);
  if (check === undefined) throw noSuchPath();
  return answerOneCheck(check, { signal, onFailure });
}
