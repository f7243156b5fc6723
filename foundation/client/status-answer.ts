import { type Status, StatusError, type StatusReason } from "@kubets/machinery";

/** The failure that an answer with this HTTP status and body stands for. A body that is no Status is kept in the message. */
export function failureOf(code: number, body: unknown): StatusError {
  if (isFailureStatus(body)) {
    const { reason, message = "unknown", details } = body;
    const status = body.code ?? code;
    return new StatusError(status, reason ?? reasonOf(status), message, details === undefined ? {} : { details });
  }
  const text = typeof body === "string" ? body.trim() : body === undefined ? "" : JSON.stringify(body);
  const shown = text.length > 1024 ? `${text.slice(0, 1024)}…` : text;
  return new StatusError(code, reasonOf(code), shown === "" ? `the server answered with HTTP status ${code}` : shown);
}

export function isStatusObject(value: unknown): value is Status {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "Status";
}

function isFailureStatus(value: unknown): value is Status {
  return isStatusObject(value) && value.status === "Failure";
}

/** The reason that clients assume for an HTTP status when the body gives none. */
function reasonOf(code: number): StatusReason {
  switch (code) {
    case 400:
      return "BadRequest";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "NotFound";
    case 405:
      return "MethodNotAllowed";
    case 406:
      return "NotAcceptable";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 413:
      return "RequestEntityTooLarge";
    case 415:
      return "UnsupportedMediaType";
    case 422:
      return "Invalid";
    case 429:
      return "TooManyRequests";
    case 503:
      return "ServiceUnavailable";
    case 504:
      return "Timeout";
    default:
      return "InternalError";
  }
}
