import { type FieldError, messageOf, mostErrors } from "./field-errors.ts";
import type { Status, StatusCause, StatusDetails, StatusReason } from "./meta.ts";

/** What the API refuses, as an error: thrown by the server's steps, and by the client for every answer that is a failure. */
export class StatusError extends Error {
  readonly code: number;
  readonly reason: StatusReason;
  readonly details: StatusDetails | undefined;

  constructor(code: number, reason: StatusReason, message: string, { details, cause }: StatusErrorOptions = {}) {
    super(message, { cause });
    this.name = "StatusError";
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  /** The wire form. */
  get status(): Status {
    return {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: this.message,
      reason: this.reason,
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }
}

export interface StatusErrorOptions {
  readonly details?: StatusDetails;
  readonly cause?: unknown;
}

/** The resource a failure is about: `kind` in a Status' details is the plural resource, or the kind for Invalid. */
export interface FailureSubject {
  readonly group: string;
  readonly resource: string;
}

const nameOf = ({ group, resource }: FailureSubject): string => (group === "" ? resource : `${resource}.${group}`);
const detailsOf = ({ group, resource }: FailureSubject, name: string): StatusDetails => ({
  name,
  ...(group === "" ? {} : { group }),
  kind: resource,
});

// The texts are upstream's: clients and scripts match on them.

export function isStatus(error: unknown, ...reasons: readonly StatusReason[]): error is StatusError {
  return error instanceof StatusError && reasons.includes(error.reason);
}

export function badRequest(message: string, options?: StatusErrorOptions): StatusError {
  return new StatusError(400, "BadRequest", message, options);
}

export function unauthorized(message = "Unauthorized"): StatusError {
  return new StatusError(401, "Unauthorized", message);
}

export function forbiddenTo(subject: FailureSubject, name: string, because: string): StatusError {
  const quoted = name === "" ? "" : ` "${name}"`;
  return new StatusError(403, "Forbidden", `${nameOf(subject)}${quoted} is forbidden: ${because}`, { details: detailsOf(subject, name) });
}

export function notFound(subject: FailureSubject, name: string): StatusError {
  return new StatusError(404, "NotFound", `${nameOf(subject)} "${name}" not found`, { details: detailsOf(subject, name) });
}

/** No such path, as opposed to no such object. */
export function noSuchPath(): StatusError {
  return new StatusError(404, "NotFound", "the server could not find the requested resource", { details: {} });
}

export function methodNotAllowed(message = "the server does not allow this method on the requested resource"): StatusError {
  return new StatusError(405, "MethodNotAllowed", message, { details: {} });
}

export function notAcceptable(accepted: readonly string[]): StatusError {
  return new StatusError(406, "NotAcceptable", `only the following media types are accepted: ${accepted.join(", ")}`);
}

export function alreadyExists(subject: FailureSubject, name: string): StatusError {
  return new StatusError(409, "AlreadyExists", `${nameOf(subject)} "${name}" already exists`, { details: detailsOf(subject, name) });
}

export function conflict(subject: FailureSubject, name: string, because: string, options: StatusErrorOptions = {}): StatusError {
  return new StatusError(409, "Conflict", `Operation cannot be fulfilled on ${nameOf(subject)} "${name}": ${because}`, {
    ...options,
    details: { ...detailsOf(subject, name), ...options.details },
  });
}

/** The text with which every optimistic-concurrency conflict ends. */
export const objectModified = "the object has been modified; please apply your changes to the latest version and try again";

export function gone(message: string): StatusError {
  return new StatusError(410, "Gone", message);
}

/** A resourceVersion or continue token that is older than what is kept. */
export function expired(message: string): StatusError {
  return new StatusError(410, "Expired", message);
}

export function requestTooLarge(limit: number): StatusError {
  return new StatusError(413, "RequestEntityTooLarge", `Request entity too large: limit is ${limit}`);
}

export function unsupportedMediaType(given: string, supported: readonly string[]): StatusError {
  return new StatusError(
    415,
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - accepted media types include: ${supported.join(", ")}`,
    { cause: given },
  );
}

/** An object that breaks the rules of its kind. `kind` is the kind, not the resource, as upstream has it. */
export function invalidObject(
  subject: { readonly group: string; readonly kind: string },
  name: string,
  errors: readonly FieldError[],
): StatusError {
  const qualified = subject.group === "" ? subject.kind : `${subject.kind}.${subject.group}`;
  const causes = causesOf(errors);
  const texts = causes.map(({ field, message }) => `${field}: ${message}`);
  if (causes.length < errors.length) texts.push("and more");
  const message = texts.length === 1 ? texts[0]! : `[${texts.join(", ")}]`;
  return new StatusError(422, "Invalid", `${qualified} "${name}" is invalid: ${message}`, {
    details: {
      name,
      ...(subject.group === "" ? {} : { group: subject.group }),
      kind: subject.kind,
      causes,
    },
  });
}

/** So much is told of what is wrong: each error may be as long as the request. */
const longestCauses = 1024 * 1024;

function causesOf(errors: readonly FieldError[]): readonly Required<StatusCause>[] {
  const causes: Required<StatusCause>[] = [];
  let length = 0;
  for (const error of errors) {
    if (causes.length === mostErrors || length > longestCauses) break;
    const message = messageOf(error);
    length += error.field.length + message.length;
    causes.push({ reason: error.type, message, field: error.field });
  }
  return causes;
}

export function tooManyRequests(message: string, retryAfterSeconds: number): StatusError {
  return new StatusError(429, "TooManyRequests", message, { details: { retryAfterSeconds } });
}

export function internalError(message: string, options: StatusErrorOptions = {}): StatusError {
  return new StatusError(500, "InternalError", `Internal error occurred: ${message}`, {
    ...options,
    details: { causes: [{ message }], ...options.details },
  });
}

export function serverTimeout(subject: FailureSubject, verb: string, retryAfterSeconds: number): StatusError {
  return new StatusError(
    500,
    "ServerTimeout",
    `The ${verb} operation against ${nameOf(subject)} could not be completed at this time, please try again.`,
    {
      details: { ...detailsOf(subject, verb), retryAfterSeconds },
    },
  );
}

export function serviceUnavailable(message: string, options?: StatusErrorOptions): StatusError {
  return new StatusError(503, "ServiceUnavailable", message, options);
}

export function timeout(message: string, retryAfterSeconds = 0): StatusError {
  return new StatusError(504, "Timeout", `Timeout: ${message}`, { details: { retryAfterSeconds } });
}
