import type { Flag } from "./flags.ts";

export const used = (name: string, type: Flag["type"], doc: string): Flag => ({ name, type, doc });
/** Several flags that ask for what makes no difference here. */
export const idle = (names: string, type: Flag["type"], withoutEffect: string): readonly Flag[] =>
  names.split(" ").map((name) => ({ name, type, doc: "as upstream's", withoutEffect }));
/** Several flags of which only some values, or none, are possible here. */
export const only = (names: string, type: Flag["type"], values: readonly string[], because: string): readonly Flag[] =>
  names.split(" ").map((name) => ({ name, type, doc: "as upstream's", only: { values, because } }));

/** How a component finds its cluster. */
export const connectionFlags: readonly Flag[] = [
  used("kubeconfig", "string", "the file that says where the API server is and who this is; without it, the service account of the Pod"),
  used("master", "string", "the address of the API server, in place of the kubeconfig's"),
  ...idle("kube-api-qps", "float", "requests are not slowed down here: the server's priority and fairness does it"),
  ...idle("kube-api-burst", "int", "requests are not slowed down here: the server's priority and fairness does it"),
  ...idle("kube-api-content-type", "string", "requests are JSON"),
];

/** How a component tells of itself: HTTPS with its health, open to all, and its metrics for those who may read them. */
export function servingFlags(port: number): readonly Flag[] {
  return [
    used("bind-address", "string", "the address to listen on (default 0.0.0.0)"),
    used("secure-port", "int", `the port of HTTPS with /healthz, /livez, /readyz and /metrics; 0 for none (default ${port})`),
    used("tls-cert-file", "string", "PEM of the serving certificate; without it, one that is signed by itself"),
    used("tls-private-key-file", "string", "PEM of its key"),
    used("cert-dir", "string", "where the certificate lies, or is made, when --tls-cert-file is not given; empty: in memory alone"),
    used("client-ca-file", "string", "PEM of the CAs whose certificates identify callers; without it, what the cluster says"),
    used("authentication-kubeconfig", "string", "as whom tokens are reviewed; without it, every caller is anonymous"),
    used("authentication-skip-lookup", "switch", "don't ask the cluster whose certificates identify callers"),
    used("authorization-kubeconfig", "string", "as whom it is asked what callers may do; without it, nobody may read what isn't open"),
    used("authorization-always-allow-paths", "strings", "what is open to all (default /healthz,/readyz,/livez)"),
    used("authorization-webhook-cache-authorized-ttl", "duration", "how long a yes is remembered (default 10s)"),
    used("authorization-webhook-cache-unauthorized-ttl", "duration", "how long a no is remembered (default 10s)"),
    ...idle("authentication-tolerate-lookup-failure", "switch", "it is looked up again until it is found"),
    ...idle("authentication-token-webhook-cache-ttl", "duration", "each token is reviewed each time"),
    ...idle("requestheader-username-headers requestheader-group-headers requestheader-uid-headers", "strings", "nobody is believed"),
    ...idle("requestheader-extra-headers-prefix requestheader-allowed-names", "strings", "nobody is believed"),
    ...idle("requestheader-client-ca-file", "string", "nobody is believed"),
    ...idle("profiling contention-profiling permit-port-sharing permit-address-sharing", "switch", "there is nothing of the kind"),
    ...idle("http2-max-streams-per-connection", "int", "there are few callers"),
    ...only("tls-min-version", "string", ["", "VersionTLS12"], "this program serves TLS 1.2 and 1.3"),
    ...only("tls-cipher-suites tls-sni-cert-key", "strings", [], "this program serves one certificate, with OpenSSL's choice of ciphers"),
    ...only("disable-http2-serving", "switch", ["false"], "this program serves HTTP/2 and HTTP/1.1 on one port"),
  ];
}

/** How one of several processes is chosen to work. `name`: of the Lease. */
export function leaderElectionFlags(name: string): readonly Flag[] {
  return [
    used("leader-elect", "switch", "work only while this process holds the lease; the others wait (default true)"),
    used("leader-elect-lease-duration", "duration", "how long the others wait after the last renewal they saw (default 15s)"),
    used("leader-elect-renew-deadline", "duration", "how long the leader tries to renew before it ends (default 10s)"),
    used("leader-elect-retry-period", "duration", "how long between two tries (default 2s)"),
    used("leader-elect-resource-name", "string", `the Lease that is shared (default ${name})`),
    used("leader-elect-resource-namespace", "string", "where it is (default kube-system)"),
    ...only("leader-elect-resource-lock", "string", ["leases"], "leaders are elected by Leases alone"),
  ];
}

export const loggingFlags: readonly Flag[] = [
  ...only("logging-format", "string", ["json"], "the log is JSON lines on standard error"),
  ...idle("vmodule log-text-info-buffer-size", "string", "-v says how much is said"),
  ...idle("log-text-split-stream", "switch", "everything goes to standard error"),
  ...idle("log-flush-frequency", "duration", "lines are written at once"),
  ...idle("show-hidden-metrics-for-version", "string", "no metric is hidden"),
  ...idle("disabled-metrics allow-metric-labels", "strings", "all are measured"),
  ...idle("allow-metric-labels-manifest", "string", "all are measured"),
];

/** Whatever is stable is on, and nothing else can be switched. */
export const featureFlags: readonly Flag[] = [...idle("feature-gates emulated-version", "strings", "features that it has are on")];
