import type { Flag } from "../components/flags.ts";

const alone = "this member is alone";
const embedded = "the embedded store has no such setting";
const none = (names: string, type: Flag["type"], withoutEffect: string): readonly Flag[] =>
  names.split(" ").map((name) => ({ name, type, doc: "as etcd's", withoutEffect }));

/** etcd 3.6's flags. */
export const etcdFlags: readonly Flag[] = [
  { name: "data-dir", type: "string", doc: "where the objects are kept" },
  { name: "listen-client-urls", type: "strings", doc: "where it is asked for its health" },
  { name: "unsafe-no-fsync", type: "switch", doc: "don't wait for the disk: faster, and lost with the machine's power" },
  { name: "name", type: "string", doc: "the member's name", withoutEffect: alone },
  { name: "advertise-client-urls", type: "strings", doc: "told to others", withoutEffect: alone },
  ...none("listen-peer-urls initial-advertise-peer-urls initial-cluster discovery-srv", "strings", alone),
  ...none("initial-cluster-state initial-cluster-token discovery discovery-proxy discovery-fallback", "string", alone),
  ...none("peer-cert-file peer-key-file peer-trusted-ca-file peer-client-cert-file peer-client-key-file peer-crl-file", "string", alone),
  ...none(
    "peer-client-cert-auth peer-auto-tls pre-vote strict-reconfig-check initial-election-tick-advance force-new-cluster",
    "switch",
    alone,
  ),
  ...none("heartbeat-interval election-timeout snapshot-count max-snapshots max-wals snapshot-catchup-entries", "int", alone),
  ...none("wal-dir backend-batch-interval auto-compaction-retention auto-compaction-mode auth-token", "string", embedded),
  ...none("quota-backend-bytes backend-batch-limit max-txn-ops max-request-bytes max-concurrent-streams bcrypt-cost", "int", embedded),
  ...none("grpc-keepalive-min-time grpc-keepalive-interval grpc-keepalive-timeout warning-apply-duration", "duration", embedded),
  ...none("backend-bbolt-freelist-type cors host-whitelist metrics listen-metrics-urls log-format", "string", embedded),
  ...none("log-level log-outputs logger socket-reuse-address", "string", "it says little"),
  ...none("enable-pprof enable-grpc-gateway enable-v2 experimental-initial-corrupt-check", "switch", embedded),
];
