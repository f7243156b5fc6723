import {
  deepFreeze,
  formatCbor,
  formatYaml,
  type Headers,
  type KubernetesObject,
  type Request,
  type Response,
  type SchemaNode,
  type Status,
  StatusError,
  status as statusSchema,
} from "@kubets/machinery";
import { type Accepted, negotiate } from "./content.ts";
import { formatProtobuf } from "./protobuf-write.ts";

const encoder = new TextEncoder();

/**
 * Any JSON value as an answer. In the same process readers get the value itself, frozen. `schema` is that of the value, without which
 * there is no protobuf.
 */
export function valueAnswer(status: number, value: unknown, accepted: Pick<Accepted, "mediaType" | "pretty">, schema?: WithNode): Response {
  return {
    status,
    headers: { "content-type": accepted.mediaType },
    body: { kind: "bytes", bytes: () => bytesOf(value, accepted, schema), decoded: () => deepFreeze(value) },
  };
}

export function jsonAnswer(status: number, value: unknown): Response {
  return valueAnswer(status, value, plainJson);
}

interface WithNode {
  readonly node: SchemaNode;
}

const plainJson = { mediaType: "application/json", pretty: false } as const;

function bytesOf(value: unknown, { mediaType, pretty }: Pick<Accepted, "mediaType" | "pretty">, schema: WithNode | undefined): Uint8Array {
  switch (mediaType) {
    case "application/json":
      return encoder.encode(`${pretty ? JSON.stringify(value, null, 2) : JSON.stringify(value)}\n`);
    case "application/yaml":
      return encoder.encode(formatYaml(value));
    case "application/cbor":
      return formatCbor(value);
    case "application/vnd.kubernetes.protobuf": {
      if (schema?.node.type !== "object") throw new TypeError("Cannot write protobuf: the value has no schema of an object");
      const object = value as KubernetesObject;
      return formatProtobuf(schema.node, object, object);
    }
  }
}

export function textAnswer(status: number, text: string, headers: Headers = {}): Response {
  return {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff", ...headers },
    body: { kind: "bytes", bytes: () => encoder.encode(text) },
  };
}

/** In the form that the request asks for, or in JSON where it asks for none that there is. */
export function statusAnswer(status: Status, accepted: Pick<Accepted, "mediaType" | "pretty"> = plainJson): Response {
  const answer = valueAnswer(status.code ?? 200, status, accepted, statusSchema);
  const retryAfter = status.details?.retryAfterSeconds;
  if (retryAfter === undefined || retryAfter === 0) return answer;
  return { ...answer, headers: { ...answer.headers, "retry-after": String(retryAfter) } };
}

/** What a failure answers. Errors that are no Status are bugs or broken parts: their text isn't shown beyond its first line. */
export function errorAnswer(error: unknown, request?: Request): Response {
  return statusAnswer(statusOfError(error), request === undefined ? plainJson : acceptedForStatus(request));
}

function acceptedForStatus(request: Request): Pick<Accepted, "mediaType" | "pretty"> {
  try {
    const { mediaType } = negotiate(request, new URLSearchParams(), { table: true, metadata: true, protobuf: true });
    return { mediaType, pretty: false };
  } catch {
    return plainJson;
  }
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
