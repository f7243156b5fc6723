import { decodeCause, decodeTraceParent } from "@kubets/client";
import {
  type Cause,
  type Clock,
  type Handler,
  type Headers,
  type Instant,
  isUpgrade,
  type Logger,
  type Metrics,
  type Peer,
  type Random,
  type Request,
  type Response,
  StatusError,
  type Task,
  type Tasks,
  type Upgrade,
  unauthorized,
  type UserInfo,
  uuid,
} from "@kubets/machinery";
import type { Authenticator, Authorizer, Endpoint, RequestInfo } from "../contracts.ts";
import { errorAnswer } from "./answer.ts";
import { auditIdHeader, type AuditEvent, type AuditSink } from "./audit.ts";
import { authorize } from "./authorization.ts";
import type { PriorityAndFairness } from "../flow-control/priority-and-fairness.ts";
import { requestDurations } from "./durations.ts";
import type { FlowControl } from "./flow-control.ts";
import { impersonate } from "./impersonation.ts";
import { requestInfoOf } from "./request-info.ts";
import { createWarnings, type Warnings } from "./warnings.ts";

export interface PipelineOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly tasks: Tasks;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly flowControl: FlowControl;
  /** Priority levels and flows, which take the place of the plain bounds where there are any. */
  readonly fairness: Pick<PriorityAndFairness, "enter"> | undefined;
  readonly audit: AuditSink | undefined;
  /** Who answers a request once it is known to be allowed. Throws `NotFound` for what nobody answers. */
  readonly route: (info: RequestInfo) => Endpoint;
}

/** What is known of a request so far, for the log and the answer's headers. */
interface Progress {
  readonly id: string;
  readonly warnings: Warnings;
  info: RequestInfo | undefined;
  user: UserInfo | undefined;
  impersonated: UserInfo | undefined;
  /** Tell which flow schema and priority level the request fell under. */
  classified: Headers | undefined;
  readonly received: Instant;
  /** Someone answers requests like this one. */
  isServed: boolean;
}

/**
 * Every request's way, step by step: request info → authentication → audit → impersonation → flow control → authorization → endpoint.
 *
 * Whatever a step throws is answered as a Status; what is no Status is a bug and logged here, once.
 */
export function createPipeline(options: PipelineOptions): Handler {
  const { clock, random, tasks, logger, metrics } = options;
  const observe = requestDurations(metrics);
  return (request, peer, signal) =>
    tasks.run("request", async (task) => {
      const began = clock.monotonic();
      const progress: Progress = {
        id: request.headers[auditIdHeader] ?? uuid(random),
        warnings: createWarnings(),
        info: undefined,
        user: undefined,
        impersonated: undefined,
        classified: undefined,
        received: clock.now(),
        isServed: false,
      };
      let answer: Response | Upgrade;
      try {
        answer = await serve(options, { request, peer, signal, task }, progress);
      } catch (error) {
        if (!(error instanceof StatusError))
          logger.error("A request failed by a fault of the server", { ...describe(request, progress), error });
        answer = errorAnswer(error, request);
      }
      observe(progress.isServed ? progress.info : undefined, answer.status, (clock.monotonic() - began) / 1000);
      record(options.audit, "ResponseComplete", request, progress, { at: clock.now(), code: answer.status });
      return withHeaders(answer, headersOf(progress));
    });
}

async function serve(
  options: PipelineOptions,
  { request, peer, signal, task }: { readonly request: Request; readonly peer: Peer; readonly signal: AbortSignal; readonly task: Task },
  progress: Progress,
): Promise<Response | Upgrade> {
  const { authorizer } = options;
  const { received } = progress;
  const info = requestInfoOf(request);
  progress.info = info;
  const caller = await options.authenticator.authenticate(request, peer);
  if (caller === undefined) throw unauthorized();
  progress.user = caller;
  record(options.audit, "RequestReceived", request, progress, { at: received });
  const user = isImpersonating(request.headers) ? await impersonate(request.headers, caller, authorizer) : caller;
  if (user !== caller) progress.impersonated = user;
  const onClassified = (headers: Headers): void => void (progress.classified = headers);
  const admitted = options.fairness?.enter({ user, info, signal, onClassified });
  const place = admitted === undefined ? options.flowControl.enter(info) : admitted.seat;
  // Whoever waits for a seat waits for requests that have one, or for the time to be over.
  using _place = place instanceof Promise ? await task.idle(place) : place;
  await authorize(authorizer, user, info);
  const endpoint = options.route(info);
  progress.isServed = true;
  return await endpoint({
    request,
    peer,
    info,
    user,
    cause: causeOf(request.headers, user),
    received,
    signal,
    warn: (text) => progress.warnings.add(text),
    idle: (wait) => task.idle(wait),
  });
}

function isImpersonating(headers: Headers): boolean {
  for (const name in headers) if (name.startsWith("impersonate-")) return true;
  return false;
}

/** Why the request's writes are made: what the caller says, under the name that the server knows it by. */
function causeOf(headers: Headers, { name }: UserInfo): Cause {
  const said = headers["kubets-cause"];
  const parent = headers.traceparent;
  if (said === undefined && parent === undefined) return { user: name };
  const trace = parent === undefined ? undefined : decodeTraceParent(parent);
  return { ...(said === undefined ? {} : decodeCause(said)), ...(trace === undefined ? {} : { trace }), user: name };
}

function record(
  audit: AuditSink | undefined,
  stage: AuditEvent["stage"],
  request: Request,
  { id, info, user, impersonated, received }: Progress,
  { at, code }: { readonly at: AuditEvent["at"]; readonly code?: number },
): void {
  if (audit === undefined || info === undefined || user === undefined) return;
  audit.record({
    id,
    stage,
    request,
    info,
    user,
    ...(impersonated === undefined ? {} : { impersonated }),
    received,
    at,
    ...(code === undefined ? {} : { code }),
  });
}

function headersOf({ id, warnings, classified }: Progress): Headers {
  const warning = warnings.header();
  const common = { [auditIdHeader]: id, "cache-control": "no-cache, private", ...classified };
  return warning === undefined ? common : { ...common, warning };
}

function withHeaders(answer: Response | Upgrade, headers: Headers): Response | Upgrade {
  if (isUpgrade(answer)) return answer;
  return { ...answer, headers: { ...headers, ...answer.headers } };
}

function describe({ method, target }: Request, { id, user }: Progress): Readonly<Record<string, unknown>> {
  return { auditId: id, method, target, user: user?.name };
}
