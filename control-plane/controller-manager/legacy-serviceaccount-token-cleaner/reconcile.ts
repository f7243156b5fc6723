import { type Secret, SecretKind } from "@kubets/api";
import { type Action, type Decision, deletion, nothing, patch } from "@kubets/client";
import { formatTime, type Instant, parseTime } from "@kubets/machinery";

export interface Observed {
  readonly secret: Secret;
  /** The day (`YYYY-MM-DD`) since which the server notes when a token is used. */
  readonly trackedSince: string;
  /** The account lists it: it was made by itself, not by somebody who needs it. */
  readonly isMadeForAccount: boolean;
  readonly isMounted: boolean;
}

const day = 24 * 3_600_000;
const lastUsed = "kubernetes.io/legacy-token-last-used";
const invalidSince = "kubernetes.io/legacy-token-invalid-since";

/** @param period how long a token may go unused, and how long it then waits without force, in milliseconds. */
export function reconcile({ secret, trackedSince, isMadeForAccount, isMounted }: Observed, now: Instant, period: number): Decision {
  const { metadata } = secret;
  if (!isMadeForAccount || metadata.deletionTimestamp !== undefined) return nothing;
  const again = { requeueAfter: day };
  const today = formatTime(now).slice(0, 10);
  const wasBefore = (text: string | undefined): boolean => (instantOf(text) ?? now) <= now - period;
  const isOld = wasBefore(metadata.creationTimestamp) && wasBefore(trackedSince);
  const { [lastUsed]: used, [invalidSince]: invalid } = metadata.labels ?? {};
  if (!isOld || isMounted || (used !== undefined && !wasBefore(used))) return { actions: [], ...again };
  // A mark that can't be read must not keep it for ever.
  if (instantOf(invalid) === undefined) return { actions: [marked(secret, today)], ...again };
  return wasBefore(invalid) ? { actions: [deletion(SecretKind, secret)] } : { actions: [], ...again };
}

function marked(secret: Secret, today: string): Action {
  const { uid, resourceVersion } = secret.metadata;
  return patch(SecretKind, secret, { metadata: { uid, resourceVersion, labels: { [invalidSince]: today } } });
}

function instantOf(text: string | undefined): Instant | undefined {
  return text === undefined ? undefined : parseTime(text.length === 10 ? `${text}T00:00:00Z` : text);
}
