import { type APIService, APIServiceKind } from "@kubets/api";
import { type Chunk, type Clock, type Dialer, type Response, timeout } from "@kubets/machinery";
import type { Endpoint, RequestContext } from "../contracts.ts";
import { connectThrough, type Errand, forward, isUpgradeRequest } from "../registry/connect/dial.ts";
import { textAnswer } from "../request/answer.ts";
import { backEndOf } from "./back-end.ts";
import type { Reach } from "./back-end-check.ts";
import { identityHeaders, isIdentityHeader } from "./identity-headers.ts";
import { isAvailable } from "./local-services.ts";

// As long as this server takes for requests of its own.
const longestRequest = 60_000;
const longRunning: ReadonlySet<string> = new Set(["attach", "exec", "log", "portforward", "proxy"]);

/** Passes requests on to the server behind an APIService, in the name of who asked; what it answers is answered as it is. */
export function passOn(reach: Reach, name: string): Endpoint {
  return async (context) => {
    const service = reach.reader.get(APIServiceKind, "", name);
    const errand = service === undefined ? undefined : errandTo(service, reach, context);
    if (errand === undefined || reach.dialer === undefined) return textAnswer(503, "service unavailable\n");
    try {
      if (isUpgradeRequest(context.request.headers)) return await connectThrough(reach.dialer, withoutIdentity(context), errand);
      return permitted(await forwardInTime(reach.clock, reach.dialer, { context: withoutIdentity(context), errand }));
    } catch (error) {
      if (error instanceof TooLate) throw timeout("request did not complete within requested timeout");
      return textAnswer(503, `${error instanceof Error ? error.message : String(error)}\n`);
    }
  };
}

function errandTo(service: APIService, reach: Reach, { request, user, peer }: RequestContext): Errand | undefined {
  if (!isAvailable(service)) return undefined;
  const backEnd = backEndOf(service, reach);
  if (backEnd.kind === "unreachable") return undefined;
  const target = backEnd.targets[Math.floor(reach.random.fraction() * backEnd.targets.length)]!;
  const before = request.headers["x-forwarded-for"];
  const forwardedFor = peer.via === "network" ? [...(before === undefined ? [] : [before]), peer.address].join(", ") : before;
  const headers = { ...identityHeaders(user), ...(forwardedFor === undefined ? {} : { "x-forwarded-for": forwardedFor }) };
  return { target, path: request.target, what: "service", headers };
}

/** What a client says about who it is has been judged; behind this server it would be believed. */
function withoutIdentity(context: RequestContext): RequestContext {
  const headers = Object.fromEntries(Object.entries(context.request.headers).filter(([name]) => !isIdentityHeader(name)));
  return { ...context, request: { ...context.request, headers } };
}

class TooLate extends Error {}

/** All but watches and streams end in time, with their whole answer. */
async function forwardInTime(
  clock: Clock,
  dialer: Dialer,
  { context, errand }: { readonly context: RequestContext; readonly errand: Errand },
): Promise<Response> {
  const { verb, resource } = context.info;
  if (verb === "watch" || longRunning.has(resource?.subresource ?? "")) return forward(dialer, context, errand);
  const given = Promise.withResolvers<never>();
  given.promise.catch(() => {});
  const ended = new AbortController();
  const timer = clock.after(longestRequest, () => {
    const late = new TooLate("the server behind did not answer in time");
    ended.abort(late);
    given.reject(late);
  });
  const signal = AbortSignal.any([context.signal, ended.signal]);
  try {
    const answer = await context.idle(Promise.race([forward(dialer, { ...context, signal }, errand), given.promise]));
    if (answer.body.kind !== "stream") return answer;
    return { ...answer, body: { kind: "stream", chunks: until(answer.body.chunks, given.promise, timer) } };
  } catch (error) {
    timer[Symbol.dispose]();
    throw error;
  }
}

async function* until(chunks: AsyncIterable<Chunk>, given: Promise<never>, timer: Disposable): AsyncGenerator<Chunk> {
  using _timer = timer;
  const reading = chunks[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await Promise.race([reading.next(), given]);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    // Not awaited: who is read until nothing comes any more would be waited for.
    reading.return?.().catch(() => {});
  }
}

/** A server behind this one could else send this one's clients, with their credentials, anywhere. */
function permitted(answer: Response): Response {
  if (answer.status < 300 || answer.status > 399 || (answer.headers["location"] ?? "") === "") return answer;
  return textAnswer(502, "the backend attempted to redirect this request, which is not permitted");
}
