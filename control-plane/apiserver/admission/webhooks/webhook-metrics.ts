import type { Metrics, StatusError } from "@kubets/machinery";

/** What became of a call to a webhook. */
export type CallOutcome =
  | { readonly kind: "allowed" }
  /** The webhook said no. */
  | { readonly kind: "refused"; readonly answer: StatusError }
  /** It could not be asked, or answered nonsense; the request went on nevertheless when it `failedOpen`. */
  | { readonly kind: "failed"; readonly failedOpen: boolean };

/** A call to a webhook, as it is counted. */
export interface MeasuredCall {
  readonly name: string;
  readonly type: "admit" | "validating";
  readonly operation: string;
  readonly seconds: number;
  readonly outcome: CallOutcome;
}

/** How long upstream's buckets reach: a webhook may take 30 seconds. */
const buckets = [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 25];

/** Measures calls to webhooks under upstream's names. */
export function webhookMetrics(metrics: Metrics): (call: MeasuredCall) => void {
  const durations = metrics.histogram(
    "apiserver_admission_webhook_admission_duration_seconds",
    "How long admission webhooks took, by name, type and operation, and whether they refused the request.",
    buckets,
  );
  const requests = metrics.counter(
    "apiserver_admission_webhook_request_total",
    "Calls to admission webhooks, by the code that they came to.",
  );
  const rejections = metrics.counter(
    "apiserver_admission_webhook_rejection_count",
    "Requests that were refused by an admission webhook, or because it could not be asked.",
  );
  const failedOpen = metrics.counter(
    "apiserver_admission_webhook_fail_open_count",
    "Requests that passed an admission webhook because it could not be asked and its failure policy ignores that.",
  );
  return ({ name, type, operation, seconds, outcome }) => {
    const rejected = outcome.kind === "refused" || (outcome.kind === "failed" && !outcome.failedOpen);
    const labels = { name, type, operation };
    durations.observe(seconds, { ...labels, rejected: String(rejected) });
    const code = outcome.kind === "refused" ? outcome.answer.code : outcome.kind === "failed" ? 500 : 200;
    requests.add(1, { ...labels, code: String(code), rejected: String(rejected) });
    if (outcome.kind === "failed" && outcome.failedOpen) failedOpen.add(1, { name, type });
    if (!rejected) return;
    // Whether it was the webhook that refused, or the call that failed.
    const reason =
      outcome.kind === "refused"
        ? { error_type: "no_error", rejection_code: String(outcome.answer.code) }
        : { error_type: "calling_webhook_error", rejection_code: "0" };
    rejections.add(1, { ...labels, ...reason });
  };
}
