import type { Flag } from "../components/flags.ts";

const used = (name: string, type: Flag["type"], doc: string): Flag => ({ name, type, doc });
const none = (names: string, type: Flag["type"], withoutEffect: string): readonly Flag[] =>
  names.split(" ").map((name) => ({ name, type, doc: "as upstream's", withoutEffect }));

const tuning = "there is nothing of the kind to tune";
const always = "it is so, whatever is asked";

/** kube-apiserver's flags of v1.36, as far as this server can do what they ask. All others are refused. */
export const apiServerFlags: readonly Flag[] = [
  used("etcd-servers", "strings", "URLs of etcd: a real one, or the etcd of the same assets directory; sqlite:FILE for an embedded store"),
  used("etcd-prefix", "string", "what keys begin with (default /registry)"),
  used("etcd-cafile", "string", "PEM of etcd's CA"),
  used("etcd-certfile", "string", "PEM of the certificate for etcd"),
  used("etcd-keyfile", "string", "PEM of the key for etcd"),
  used("bind-address", "string", "the address to listen on (default 0.0.0.0)"),
  used("secure-port", "int", "the port to listen on (default 6443)"),
  used("advertise-address", "string", "the address that the Service kubernetes leads to"),
  used("cert-dir", "string", "where apiserver.crt and apiserver.key lie, or are made (default /var/run/kubernetes)"),
  used("tls-cert-file", "string", "PEM of the serving certificate, in place of that in --cert-dir"),
  used("tls-private-key-file", "string", "PEM of its key"),
  used("client-ca-file", "string", "PEM of the CAs whose certificates identify users"),
  used("requestheader-client-ca-file", "string", "PEM of the CA of servers that pass requests on, for extension servers to read"),
  used("requestheader-allowed-names", "strings", "the names of those servers"),
  used("proxy-client-cert-file", "string", "PEM of the certificate shown to extension servers"),
  used("proxy-client-key-file", "string", "PEM of its key"),
  used("kubelet-certificate-authority", "string", "PEM of the CA of kubelets"),
  used("kubelet-client-certificate", "string", "PEM of the certificate shown to kubelets"),
  used("kubelet-client-key", "string", "PEM of its key"),
  used("service-account-issuer", "strings", "who issues service account tokens"),
  used("service-account-key-file", "strings", "PEM of the keys or certificates that tokens are verified by"),
  used("service-account-signing-key-file", "string", "PEM of the key that tokens are signed with"),
  used("service-cluster-ip-range", "strings", "where Services get their addresses (default 10.0.0.0/24)"),
  used("service-node-port-range", "string", "where Services get their node ports (default 30000-32767)"),
  used("authorization-mode", "strings", "AlwaysAllow, Node, RBAC (default AlwaysAllow)"),
  used("enable-admission-plugins", "strings", "plugins that are off by default"),
  used("disable-admission-plugins", "strings", "plugins that are on by default"),
  used("runtime-config", "strings", "versions that are served or not, such as api/beta=true"),
  used("event-ttl", "duration", "how long Events are kept (default 1h0m0s)"),
  used("max-requests-inflight", "int", "reading requests at once (default 400)"),
  used("max-mutating-requests-inflight", "int", "writing requests at once (default 200)"),
  ...none("allow-privileged anonymous-auth enable-garbage-collector watch-cache service-account-lookup", "switch", always),
  ...none("service-account-extend-token-expiration enable-aggregator-routing enable-priority-and-fairness", "switch", always),
  ...none("profiling contention-profiling permit-port-sharing permit-address-sharing allow-metric-labels", "switch", tuning),
  ...none("storage-backend storage-media-type watch-cache-sizes endpoint-reconciler-type logging-format", "string", tuning),
  ...none("kubelet-preferred-address-types tls-min-version", "string", tuning),
  ...none("default-watch-cache-size delete-collection-workers min-request-timeout", "int", tuning),
  ...none("http2-max-streams-per-connection max-connection-bytes-per-sec apiserver-count kubelet-port", "int", tuning),
  ...none("request-timeout shutdown-delay-duration etcd-compaction-interval etcd-count-metric-poll-period", "duration", tuning),
  ...none("etcd-db-metric-poll-interval etcd-healthcheck-timeout etcd-readycheck-timeout kubelet-timeout", "duration", tuning),
  ...none("log-flush-frequency lease-reuse-duration-seconds", "string", tuning),
  ...none("vmodule goaway-chance event-burst", "string", tuning),
  ...none("requestheader-username-headers requestheader-group-headers requestheader-extra-headers-prefix", "strings", always),
  ...none("tls-cipher-suites etcd-servers-overrides", "strings", tuning),
  ...none("feature-gates", "strings", "features that it has are on"),
];

/** Every admission plugin of upstream's that runs unless it is switched off. */
export const pluginsOnByDefault: readonly string[] = [
  "CertificateApproval",
  "CertificateSigning",
  "CertificateSubjectRestriction",
  "ClusterTrustBundleAttest",
  "DefaultIngressClass",
  "DefaultStorageClass",
  "DefaultTolerationSeconds",
  "LimitRanger",
  "MutatingAdmissionPolicy",
  "MutatingAdmissionWebhook",
  "NamespaceLifecycle",
  "PersistentVolumeClaimResize",
  "PodSecurity",
  "PodTopologyLabels",
  "Priority",
  "ResourceQuota",
  "RuntimeClass",
  "ServiceAccount",
  "StorageObjectInUseProtection",
  "TaintNodesByCondition",
  "ValidatingAdmissionPolicy",
  "ValidatingAdmissionWebhook",
];

/** The others that can be switched on here. */
export const pluginsOffByDefault: readonly string[] = ["NodeRestriction", "OwnerReferencesPermissionEnforcement"];
