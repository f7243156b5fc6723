import {
  alreadyExists,
  conflict,
  expired,
  type FailureSubject,
  notFound,
  objectModified,
  serviceUnavailable,
  StatusError,
  timeout,
} from "@kubets/machinery";
import { StoreError } from "@kubets/store";

/** What a client is told of a store's error. Errors of other kinds are answered as they are. */
export function statusOfStoreError(error: unknown, subject: FailureSubject, name: string): unknown {
  if (!(error instanceof StoreError)) return error;
  switch (error.reason) {
    case "Exists":
      return alreadyExists(subject, name);
    case "NotFound":
      return notFound(subject, name);
    case "Conflict":
      return conflict(subject, name, objectModified, { cause: error });
    case "Compacted":
      return expired("The resourceVersion for the provided list is too old.");
    case "Unavailable":
      return error.outcomeUnknown
        ? timeout("request did not complete within the allotted timeout", 1)
        : serviceUnavailable(`the store cannot be written or read: ${error.message}`, { cause: error, details: { retryAfterSeconds: 1 } });
    case "Corrupt":
      return new StatusError(500, "StoreReadError", `Internal error occurred: ${error.message}`, { cause: error });
    case "Slow":
      return serviceUnavailable(error.message, { cause: error, details: { retryAfterSeconds: 1 } });
  }
}
