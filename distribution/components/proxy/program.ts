import { connectionFlags, featureFlags, idle, loggingFlags, only, used } from "../common-flags.ts";
import type { Flag } from "../flags.ts";
import { type Program, runProgram } from "../program.ts";
import type { ProxySettings } from "./settings.ts";

const others = "rules are nftables'";
const kernel = "connections have the kernel's own limits";

/** kube-proxy's flags of v1.36. */
export const proxyFlags: readonly Flag[] = [
  used("config", "string", "a KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1)"),
  ...connectionFlags,
  ...loggingFlags,
  ...featureFlags,
  {
    ...used("proxy-mode", "string", "how Services are reached (default nftables)"),
    only: { values: ["", "nftables"], because: "there is no mode but nftables yet" },
  },
  used("cluster-cidr", "string", "where Pods have their addresses: what comes from elsewhere is masqueraded"),
  used("hostname-override", "string", "the node's name in place of the machine's"),
  used("healthz-bind-address", "string", "where /healthz and /livez are answered (default 0.0.0.0:10256)"),
  used("metrics-bind-address", "string", "where /metrics and /proxyMode are answered (default 127.0.0.1:10249)"),
  used("nodeport-addresses", "strings", "at which addresses of the node, by ranges, node ports are open; all but loopback when absent"),
  used("nftables-min-sync-period", "duration", "at least so long lies between two updates (default 100ms)"),
  used("nftables-sync-period", "duration", "how often it looks whether its rules are still there (default 30s)"),
  used("cleanup", "switch", "take the rules away, and end"),
  ...only("detect-local-mode", "string", ["", "ClusterCIDR"], "Pods are known by --cluster-cidr"),
  ...only("pod-bridge-interface pod-interface-name-prefix", "string", [""], "Pods are known by --cluster-cidr"),
  ...only("masquerade-all nftables-masquerade-all iptables-masquerade-all", "switch", ["false"], "what comes from Pods keeps its address"),
  ...only("init-only", "switch", ["false"], "no setting of the machine is made beforehand"),
  ...only("write-config-to", "string", [""], "a configuration is read, not written"),
  ...only("bind-address-hard-fail", "switch", ["true", "false"], "a port that is taken is said, and ends the program"),
  ...idle("bind-address", "string", "the proxy is of IPv4"),
  ...idle("ipvs-scheduler", "string", others),
  ...idle("ipvs-exclude-cidrs", "strings", others),
  ...idle("ipvs-strict-arp iptables-localhost-nodeports", "switch", others),
  ...idle("iptables-min-sync-period iptables-sync-period ipvs-min-sync-period ipvs-sync-period", "duration", others),
  ...idle("ipvs-tcp-timeout ipvs-tcpfin-timeout ipvs-udp-timeout", "duration", others),
  ...idle("iptables-masquerade-bit nftables-masquerade-bit", "int", "packets are marked by a bit of this proxy's own"),
  ...idle("conntrack-max-per-core conntrack-min oom-score-adj", "int", kernel),
  ...idle(
    "conntrack-tcp-timeout-close-wait conntrack-tcp-timeout-established conntrack-udp-timeout conntrack-udp-timeout-stream",
    "duration",
    kernel,
  ),
  ...idle("conntrack-tcp-be-liberal", "switch", kernel),
  ...idle("config-sync-period", "duration", "changes are heard of at once"),
  ...idle("profiling", "switch", "there is nothing of the kind"),
  ...idle("proxy-port-range", "string", "the proxy takes no ports"),
];

const program: Program<ProxySettings> = {
  name: "kube-proxy",
  summary: "The Kubernetes network proxy leads what is sent to a Service to one of its Pods.",
  flags: proxyFlags,
  read: async (given) => (await import("./settings.ts")).readProxySettings(given),
  start: async (settings, logger) => (await import("./proxy.ts")).startProxyProgram(settings, logger),
};

/** The program `kube-proxy`. Resolves with the exit code once it has ended. */
export function runProxyProgram(args: readonly string[]): Promise<number> {
  return runProgram(program, args);
}
