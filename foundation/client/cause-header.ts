import type { Cause } from "@kubets/machinery";

/** What a client may say of a write's cause; the server adds the user itself. */
export type ClaimedCause = Omit<Cause, "user">;

/** The header that carries a {@link ClaimedCause} but for its trace, which travels in {@link traceParentHeader}. */
export const causeHeader = "kubets-cause";
export const traceParentHeader = "traceparent";

// Longer values are cut when they are read: a caller must not be able to fill the store with causes.
const longestValue = 512;
const longestHeader = 2048;

/**
 * Writes the cause of a request as a header: `key=value` pairs, joined by `;`, values percent-encoded.
 *
 * @example
 * encodeCause({ actor: "deployment", revision: 7, object: "deployments/default/web" });
 * // => "actor=deployment;revision=7;object=deployments/default/web"
 */
export function encodeCause({ actor, revision, object, timer }: ClaimedCause): string {
  const pairs: string[] = [];
  if (actor !== undefined) pairs.push(`actor=${encodeValue(actor)}`);
  if (revision !== undefined) pairs.push(`revision=${revision}`);
  if (object !== undefined) pairs.push(`object=${encodeValue(object)}`);
  if (timer !== undefined) pairs.push(`timer=${encodeValue(timer)}`);
  return pairs.join(";");
}

/** Reads what {@link encodeCause} wrote. What it can't read it leaves out: a bad header never fails a request. */
export function decodeCause(header: string): Omit<ClaimedCause, "trace"> {
  const cause: { actor?: string; revision?: number; object?: string; timer?: string } = {};
  if (header.length > longestHeader) return cause;
  for (const pair of header.split(";")) {
    const equals = pair.indexOf("=");
    if (equals < 0) continue;
    const key = pair.slice(0, equals).trim();
    const value = decodeValue(pair.slice(equals + 1).trim());
    if (value === undefined || value === "") continue;
    if (key === "actor" || key === "object" || key === "timer") cause[key] = value.slice(0, longestValue);
    else if (key === "revision" && /^\d{1,16}$/.test(value) && Number.isSafeInteger(Number(value))) cause.revision = Number(value);
  }
  return cause;
}

/**
 * Writes the trace of a cause as the `traceparent` of W3C Trace Context. The caller is one step of its trace and keeps no spans,
 * so its span is named after the trace.
 */
export function encodeTraceParent(trace: string): string {
  return `00-${trace}-${trace.slice(16)}-01`;
}

/** The trace of a `traceparent` header; `undefined` when it is not one, or names the invalid all-zero trace. */
export function decodeTraceParent(header: string): string | undefined {
  const trace = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/.exec(header.trim())?.[1];
  return trace === undefined || /^0+$/.test(trace) ? undefined : trace;
}

/** What stands for itself: names of controllers, keys of objects. */
const plain = /^[\w./:~-]*$/;

function encodeValue(value: string): string {
  if (plain.test(value)) return value;
  return encodeURIComponent(value).replaceAll("%2F", "/").replaceAll("%3A", ":");
}

function decodeValue(value: string): string | undefined {
  if (!value.includes("%")) return value;
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}
