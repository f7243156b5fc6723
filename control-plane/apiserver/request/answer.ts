import { formatYaml, type Headers, type KubernetesObject, type Response, type Status, StatusError } from "@kubets/machinery";
import { type CachedObject, deepFreeze } from "../watch-cache/cached-object.ts";
import type { Accepted } from "./content.ts";

const encoder = new TextEncoder();

const jsonHeaders: Headers = { "content-type": "application/json" };
const yamlHeaders: Headers = { "content-type": "application/yaml" };

/** Any JSON value as an answer. In the same process readers get the value itself, frozen. */
export function jsonAnswer(status: number, value: unknown, accepted?: Pick<Accepted, "mediaType" | "pretty">): Response {
  if (accepted?.mediaType === "application/yaml") return yamlAnswer(status, value);
  return {
    status,
    headers: jsonHeaders,
    body: {
      kind: "bytes",
      bytes: () => encoder.encode(`${accepted?.pretty === true ? JSON.stringify(value, null, 2) : JSON.stringify(value)}\n`),
      decoded: () => deepFreeze(value),
    },
  };
}

function yamlAnswer(status: number, value: unknown): Response {
  return {
    status,
    headers: yamlHeaders,
    body: { kind: "bytes", bytes: () => encoder.encode(formatYaml(value)), decoded: () => deepFreeze(value) },
  };
}

/** An object of the cache as an answer: its bytes as they are. */
export function objectAnswer(status: number, object: CachedObject, { mediaType, pretty }: Accepted): Response {
  if (mediaType === "application/yaml" || pretty) return jsonAnswer(status, object.plain, { mediaType, pretty });
  return {
    status,
    headers: jsonHeaders,
    body: { kind: "bytes", bytes: () => object.bytes, decoded: (): KubernetesObject => object.object },
  };
}

export function textAnswer(status: number, text: string, headers: Headers = {}): Response {
  return {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff", ...headers },
    body: { kind: "bytes", bytes: () => encoder.encode(text) },
  };
}

export function statusAnswer(status: Status): Response {
  const answer = jsonAnswer(status.code ?? 200, status);
  const retryAfter = status.details?.retryAfterSeconds;
  if (retryAfter === undefined || retryAfter === 0) return answer;
  return { ...answer, headers: { ...answer.headers, "retry-after": String(retryAfter) } };
}

/** What a failure answers. Errors that are no Status are bugs or broken parts: their text isn't shown beyond its first line. */
export function errorAnswer(error: unknown): Response {
  return statusAnswer(statusOfError(error));
}

export function statusOfError(error: unknown): Status {
  if (error instanceof StatusError) return error.status;
  const message = error instanceof Error ? error.message : String(error);
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: `Internal error occurred: ${message}`,
    reason: "InternalError",
    details: { causes: [{ message }] },
    code: 500,
  };
}
