import type { Measure } from "@kubets/client";
import { exponentialBuckets, type Metrics, StatusError } from "@kubets/machinery";

/** How often namespaces are looked at, and with what outcome. */
export function measureSyncs(metrics: Metrics): Measure<unknown> {
  const total = metrics.counter("root_ca_cert_publisher_sync_total", "Number of namespace syncs happened in root ca cert publisher.");
  const durations = metrics.histogram(
    "root_ca_cert_publisher_sync_duration_seconds",
    "Number of namespace syncs happened in root ca cert publisher.",
    exponentialBuckets(0.001, 2, 15),
  );
  return {
    passed({ seconds, error }) {
      const code = error === undefined ? "200" : error instanceof StatusError ? String(error.code) : "500";
      total.add(1, { code });
      durations.observe(seconds, { code });
    },
  };
}
