import type { Metrics } from "@kubets/machinery";
import type { ResourceInfo } from "../contracts.ts";

/** Takes note of a request. Of one that nobody serves nothing is told but its code: what callers make up must not become time series. */
export type ObserveRequest = (
  request: { readonly verb: string; readonly resource?: ResourceInfo } | undefined,
  code: number,
  seconds: number,
) => void;

/** How long requests took until the head of their answer. */
export function requestDurations(metrics: Metrics): ObserveRequest {
  const durations = metrics.histogram("apiserver_request_duration_seconds", "How long requests took until the head of their answer.");
  return (request, code, seconds) => {
    const { verb = "", resource } = request ?? {};
    durations.observe(seconds, {
      verb: resource === undefined ? "" : verb.toUpperCase(),
      group: resource?.group ?? "",
      resource: resource?.resource ?? "",
      subresource: resource?.subresource ?? "",
      code: String(code),
    });
  };
}
