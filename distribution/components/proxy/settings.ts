import { type ConnectionSettings, readConnection } from "../common-settings.ts";
import { readConfigFile } from "../config-file.ts";
import { defined, type FlagReader } from "../flag-reader.ts";
import { machineNodeName } from "../machine-address.ts";
import { parsePlainAddress, type PlainAddress } from "../plain-server.ts";

/** What flags and configuration of a proxy ask for. */
export interface ProxySettings {
  readonly connection: ConnectionSettings;
  readonly node: string;
  readonly podRange?: string;
  readonly nodePortAddresses?: readonly string[];
  /** Milliseconds. */
  readonly minimumSyncPeriod?: number;
  readonly syncPeriod?: number;
  readonly health?: PlainAddress;
  readonly metrics?: PlainAddress;
  /** The rules of a proxy that was here are taken away, and nothing else is done. */
  readonly isCleanup: boolean;
}

interface ProxyConfiguration {
  readonly kubeconfig?: string;
  readonly node?: string;
  readonly podRange?: string;
  readonly nodePortAddresses?: readonly string[];
  readonly minimumSyncPeriod?: number;
  readonly syncPeriod?: number;
  readonly health?: string;
  readonly metrics?: string;
}

/** Throws a `FlagError` for what can't be done. */
export function readProxySettings(given: FlagReader): ProxySettings {
  const path = given.text("config");
  const configured = path === undefined ? {} : readProxyConfiguration(path);
  return {
    connection: { ...defined({ kubeconfig: configured.kubeconfig }), ...readConnection(given) },
    node: (given.text("hostname-override") ?? configured.node)?.toLowerCase() ?? machineNodeName(),
    isCleanup: given.isOn("cleanup", false),
    ...defined({
      podRange: given.text("cluster-cidr") ?? configured.podRange,
      nodePortAddresses: given.list("nodeport-addresses") ?? configured.nodePortAddresses,
      minimumSyncPeriod: given.milliseconds("nftables-min-sync-period") ?? configured.minimumSyncPeriod,
      syncPeriod: given.milliseconds("nftables-sync-period") ?? configured.syncPeriod,
      health: parsePlainAddress(given.text("healthz-bind-address") ?? configured.health ?? "0.0.0.0:10256", "--healthz-bind-address"),
      metrics: parsePlainAddress(given.text("metrics-bind-address") ?? configured.metrics ?? "127.0.0.1:10249", "--metrics-bind-address"),
    }),
  };
}

function readProxyConfiguration(path: string): ProxyConfiguration {
  const fields = readConfigFile("config", path, { apiVersion: "kubeproxy.config.k8s.io/v1alpha1", kind: "KubeProxyConfiguration" });
  fields.only("mode", ["", "nftables"], "there is no mode but nftables yet");
  fields.only("detectLocalMode", ["", "ClusterCIDR"], "Pods are known by clusterCIDR");
  fields.idle("detectLocal bindAddress bindAddressHardFail enableProfiling configSyncPeriod conntrack iptables ipvs winkernel");
  fields.idle("oomScoreAdj portRange showHiddenMetricsForVersion featureGates logging windowsRunAsService");
  const client = fields.fields("clientConnection");
  client?.idle("acceptContentTypes contentType qps burst");
  const rules = fields.fields("nftables");
  rules?.only("masqueradeAll", [false], "what comes from Pods keeps its address");
  rules?.idle("masqueradeBit");
  const configuration = defined({
    kubeconfig: client?.text("kubeconfig") || undefined,
    node: fields.text("hostnameOverride") || undefined,
    podRange: fields.text("clusterCIDR") || undefined,
    nodePortAddresses: fields.texts("nodePortAddresses"),
    minimumSyncPeriod: rules?.duration("minSyncPeriod"),
    syncPeriod: rules?.duration("syncPeriod"),
    health: fields.text("healthzBindAddress"),
    metrics: fields.text("metricsBindAddress"),
  });
  fields.end();
  return configuration;
}
