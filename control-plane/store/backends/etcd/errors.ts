import { Code, ConnectError } from "@connectrpc/connect";
import { StoreError } from "../../store.ts";

/** What is answered when etcd can't be reached or says no. `wasWrite`: it may have been carried out all the same. */
export function unavailable(attempt: string, error: unknown, { wasWrite }: { readonly wasWrite: boolean }): StoreError {
  const connectError = ConnectError.from(error);
  return new StoreError("Unavailable", `Cannot ${attempt}: ${connectError.rawMessage}`, {
    cause: error,
    outcomeUnknown: wasWrite && !wasRefused(connectError),
  });
}

/** Whether the request didn't get as far as being carried out: no connection, no leader, no room, too many requests. */
export function wasRefused(error: ConnectError): boolean {
  return (
    neverSent(error) ||
    error.code === Code.ResourceExhausted ||
    error.code === Code.Unauthenticated ||
    error.code === Code.PermissionDenied ||
    error.code === Code.InvalidArgument ||
    (error.code === Code.Unavailable && error.rawMessage.includes("no leader"))
  );
}

/** Whether another endpoint may be asked the same without asking for anything twice. */
export function neverSent(error: ConnectError): boolean {
  for (let cause: unknown = error.cause; cause instanceof Error; cause = cause.cause) {
    if ("code" in cause && typeof cause.code === "string" && connectionCodes.has(cause.code)) return true;
  }
  return false;
}

const connectionCodes: ReadonlySet<string> = new Set(["ECONNREFUSED", "ENOTFOUND", "EHOSTUNREACH", "ENETUNREACH", "EAI_AGAIN"]);

// etcd tells these two apart only by their words.
export function isCompacted(error: unknown): boolean {
  return isOutOfRange(error, "has been compacted");
}
export function isFuture(error: unknown): boolean {
  return isOutOfRange(error, "is a future revision");
}

function isOutOfRange(error: unknown, words: string): boolean {
  return error instanceof ConnectError && error.code === Code.OutOfRange && error.rawMessage.includes(words);
}
