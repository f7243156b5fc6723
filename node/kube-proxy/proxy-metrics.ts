import type { Instant, Metrics } from "@kubets/machinery";

export interface ProxyMetrics {
  synced(milliseconds: number, at: Instant): void;
  failed(): void;
}

/** Under the names that dashboards for kube-proxy know. */
export function createProxyMetrics(metrics: Metrics, backend: string): ProxyMetrics {
  const duration = metrics.histogram("kubeproxy_sync_proxy_rules_duration_seconds", "How long updates of the rules take.");
  const last = metrics.gauge("kubeproxy_sync_proxy_rules_last_timestamp_seconds", "When the rules were last updated.");
  const failures = metrics.counter(`kubeproxy_sync_proxy_rules_${backend}_sync_failures_total`, "How many updates of the rules failed.");
  return {
    synced(milliseconds, at) {
      duration.observe(milliseconds / 1000);
      last.set(at / 1000);
    },
    failed: () => failures.add(1),
  };
}
