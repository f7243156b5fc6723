import type { APIService } from "@kubets/api";
import { type Clock, type Dialer, type DialTarget, type Random, type Task, textOfBody } from "@kubets/machinery";
import type { ObjectReader } from "../contracts.ts";
import { backEndOf, type ClientCertificate } from "./back-end.ts";
import { aggregatorUser, identityHeaders } from "./identity-headers.ts";
import type { Availability } from "./local-services.ts";
import { documentUrlOf, resourcesOf, type ResourceDiscovery } from "./remote-resources.ts";

/** With what servers behind this one are reached. */
export interface Reach {
  readonly reader: ObjectReader;
  /** Absent: they can't be. */
  readonly dialer: Dialer | undefined;
  readonly clientCertificate: ClientCertificate | undefined;
  readonly clock: Clock;
  readonly random: Random;
}

/** What was found out about the server behind an APIService. */
export interface Finding {
  readonly availability: Availability;
  /** Absent when it said nothing that could be read. */
  readonly resources?: readonly ResourceDiscovery[];
  /** Where it has the OpenAPI v3 document of the group version. */
  readonly openapiUrl?: string;
}

// As upstream waits.
const longestAnswer = 5000;
const longestDocument = 4 * 1024 * 1024;

/** Asks the server behind an APIService for what it serves: who answers that is available. Never throws. */
export async function checkBackEnd(service: APIService, reach: Reach, task: Task): Promise<Finding> {
  const backEnd = backEndOf(service, reach);
  if (backEnd.kind === "unreachable") return { availability: backEnd.availability };
  const { group = "", version = "" } = service.spec;
  const path = `apis/${group}/${version}`;
  const target = backEnd.targets[Math.floor(reach.random.fraction() * backEnd.targets.length)]!;
  const url = `${target.origin}/${path}`;
  let text: string;
  try {
    text = await ask(reach, task, { target, path: `/${path}` });
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    const message = `failing or missing response from ${url}: ${because}`;
    return { availability: { isAvailable: false, reason: "FailedDiscoveryCheck", message } };
  }
  const resources = resourcesOf(parsed(text));
  const index = await ask(reach, task, { target, path: "/openapi/v3" }).catch(() => "");
  const openapiUrl = documentUrlOf(parsed(index), path);
  return {
    availability: { isAvailable: true, reason: "Passed", message: "all checks passed" },
    ...(resources === undefined ? {} : { resources }),
    ...(openapiUrl === undefined ? {} : { openapiUrl }),
  };
}

/** One question as the server itself, bounded in time and length. */
async function ask(
  { dialer, clock }: Reach,
  task: Task,
  { target, path }: { readonly target: DialTarget; readonly path: string },
): Promise<string> {
  if (dialer === undefined) throw new Error("this server has no connections to others");
  const late = new AbortController();
  const url = `${target.origin}${path}`;
  const given = Promise.withResolvers<never>();
  using _timer = clock.after(longestAnswer, () => {
    const error = new Error(`Get ${JSON.stringify(url)}: context deadline exceeded`);
    late.abort(error);
    given.reject(error);
  });
  const asking = (async () => {
    const request = { method: "GET", target: path, headers: { accept: "application/json", ...identityHeaders(aggregatorUser) } };
    const { status, body } = await dialer.request(target, request, late.signal);
    if (status < 200 || status > 299) {
      late.abort(new Error("the answer is of no use"));
      throw new Error(`bad status from ${url}: ${status}`);
    }
    return textOfBody(body, longestDocument);
  })();
  // Who doesn't answer in time is asked no longer, whether or not the dialer heeds the signal.
  return await task.idle(Promise.race([asking, given.promise]));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
