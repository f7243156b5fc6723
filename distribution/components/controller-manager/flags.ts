import { connectionFlags, featureFlags, idle, leaderElectionFlags, loggingFlags, only, servingFlags, used } from "../common-flags.ts";
import type { Flag } from "../flags.ts";
import { concurrencyFlags } from "./concurrency.ts";

export const controllerManagerPort = 10_257;

const events = "controllers hear of changes at once, and look again when something is due";
const cloud = "clouds are the cloud-controller-manager's";
const oneSigner = "all signers sign with the pair of --cluster-signing-cert-file";

/** kube-controller-manager's flags of v1.36. */
export const controllerManagerFlags: readonly Flag[] = [
  ...connectionFlags,
  ...servingFlags(controllerManagerPort),
  ...leaderElectionFlags("kube-controller-manager"),
  ...loggingFlags,
  ...featureFlags,
  ...concurrencyFlags,
  used(
    "controllers",
    "strings",
    "which controllers run: * is all that are on by default, foo the one of that name, -foo all but that one (default *)",
  ),
  used(
    "use-service-account-credentials",
    "switch",
    "each controller works as a service account of its own, by tokens that this one asks for",
  ),
  used("allocate-node-cidrs", "switch", "nodes get ranges of Pod addresses from --cluster-cidr"),
  used("cluster-cidr", "strings", "the ranges of the cluster's Pods, one of each IP family at most"),
  used("service-cluster-ip-range", "strings", "ranges of Services: no node gets a part that meets them"),
  used("node-cidr-mask-size", "int", "how long a node's part is, in a cluster of one IP family"),
  used("node-cidr-mask-size-ipv4", "int", "how long a node's part is (default 24)"),
  used("node-cidr-mask-size-ipv6", "int", "how long a node's part is (default 64)"),
  used("root-ca-file", "string", "PEM of the CA that Pods find beside their token"),
  used("service-account-private-key-file", "string", "PEM of the key that signs the tokens of Secrets"),
  used("cluster-signing-cert-file", "string", "PEM of the CA that signs what is approved; without it, nothing is signed"),
  used("cluster-signing-key-file", "string", "PEM of its key"),
  used("cluster-signing-duration", "duration", "how long a certificate holds at most (default 8760h0m0s)"),
  used("node-monitor-grace-period", "duration", "how long a node may be silent (default 50s)"),
  used("node-startup-grace-period", "duration", "how long a new node may be silent (default 1m0s)"),
  used("node-eviction-rate", "float", "how many nodes of a zone are given up in a second (default 0.1)"),
  used("secondary-node-eviction-rate", "float", "the same in a large zone that is partly disrupted (default 0.01)"),
  used("unhealthy-zone-threshold", "float", "the share of silent nodes from which on a zone is partly disrupted (default 0.55)"),
  used("large-cluster-size-threshold", "int", "a zone of more nodes is large (default 50)"),
  used("terminated-pod-gc-threshold", "int", "how many ended Pods are kept; 0: all (default 12500)"),
  used("horizontal-pod-autoscaler-sync-period", "duration", "how often autoscalers look (default 15s)"),
  used("horizontal-pod-autoscaler-tolerance", "float", "how far metrics may be off (default 0.1)"),
  used("horizontal-pod-autoscaler-cpu-initialization-period", "duration", "how long CPU of a new Pod may not count (default 5m0s)"),
  used("horizontal-pod-autoscaler-initial-readiness-delay", "duration", "how long a new Pod's readiness may waver (default 30s)"),
  used("legacy-service-account-token-clean-up-period", "duration", "how long a token of a Secret may go unused (default 8760h0m0s)"),
  ...idle("min-resync-period node-monitor-period namespace-sync-period resource-quota-sync-period", "duration", events),
  ...idle("pvclaimbinder-sync-period attach-detach-reconcile-sync-period", "duration", events),
  ...idle("controller-start-interval controller-shutdown-timeout", "duration", "they start at once, and end within moments"),
  ...idle("cluster-name", "string", cloud),
  ...idle("route-reconciliation-period", "duration", cloud),
  ...idle("concurrent-service-syncs", "int", cloud),
  ...idle("flex-volume-plugin-dir", "string", "there are no flex volumes"),
  ...only("cloud-provider", "string", ["", "external"], cloud),
  ...only("cloud-config external-cloud-volume-plugin", "string", [""], cloud),
  ...only("configure-cloud-routes", "switch", ["true"], cloud),
  ...only("cidr-allocator-type", "string", ["RangeAllocator"], "ranges are given by --cluster-cidr alone"),
  ...only("enable-garbage-collector", "switch", ["true"], "switch it off with --controllers=*,-generic-garbage-collector"),
  ...only("enable-dynamic-provisioning", "switch", ["true"], "provisioners that are there are asked"),
  ...only("enable-hostpath-provisioner", "switch", ["false"], "volumes out of directories come with kubets up"),
  ...only("enable-leader-migration", "switch", ["false"], "there is one lease for all controllers"),
  ...only("leader-migration-config", "string", [""], "there is one lease for all controllers"),
  ...only("disable-attach-detach-reconcile-sync disable-force-detach-on-timeout", "switch", ["false"], "volumes are always reconciled"),
  ...only("max-endpoints-per-slice", "int", ["100"], "slices have room for 100 endpoints"),
  ...only("mirroring-max-endpoints-per-subset", "int", ["1000"], "1000 endpoints of a subset are mirrored"),
  ...only("endpoint-updates-batch-period endpointslice-updates-batch-period", "duration", ["0s"], events),
  ...only("mirroring-endpointslice-updates-batch-period", "duration", ["0s"], events),
  ...only("horizontal-pod-autoscaler-downscale-stabilization", "duration", ["5m"], "an autoscaler's own behavior says it"),
  ...only("cluster-signing-kube-apiserver-client-cert-file cluster-signing-kube-apiserver-client-key-file", "string", [""], oneSigner),
  ...only("cluster-signing-kubelet-client-cert-file cluster-signing-kubelet-client-key-file", "string", [""], oneSigner),
  ...only("cluster-signing-kubelet-serving-cert-file cluster-signing-kubelet-serving-key-file", "string", [""], oneSigner),
  ...only("cluster-signing-legacy-unknown-cert-file cluster-signing-legacy-unknown-key-file", "string", [""], oneSigner),
  ...only("concurrent-device-taint-eviction-syncs", "int", [], "there is no such controller"),
];
