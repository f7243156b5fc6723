import type { PathEndpoint } from "../contracts.ts";
import { textAnswer } from "../request/answer.ts";

/** What is measured, in Prometheus' text form, made by whoever bound the metrics. */
export type MetricsText = () => Promise<string>;

export function metricsEndpoint(metricsText: MetricsText): PathEndpoint {
  return {
    path: "/metrics",
    endpoint: async () => textAnswer(200, await metricsText(), { "content-type": "text/plain; version=0.0.4; charset=utf-8" }),
  };
}
