import type { Taint } from "@kubets/api";
import type { KubeletOptions } from "@kubets/kubelet";
import type { KeyPair } from "../../certificates/index.ts";
import type { ConfigFields } from "../config-file.ts";
import { defined, readFlagFile } from "../flag-reader.ts";
import { FlagError } from "../flags.ts";

/** What a KubeletConfiguration says, as far as this kubelet can do it. */
export interface KubeletConfiguration {
  readonly staticPodPath?: string;
  readonly address?: string;
  readonly port?: number;
  readonly certificate?: KeyPair;
  readonly clientAuthorityFile?: string;
  readonly healthPort?: number;
  readonly healthAddress?: string;
  readonly clusterDomain?: string;
  readonly clusterDns?: readonly string[];
  readonly mostPods?: number;
  readonly resolverPath?: string;
  readonly cgroupRoot?: string;
  readonly logs?: string;
  readonly runtimeEndpoint?: string;
  readonly taints?: readonly Taint[];
  readonly eviction?: NonNullable<KubeletOptions["eviction"]>;
}

const bootstrap = "there is no TLS bootstrap yet";
const whole = "Pods may take all of the node";

/** Throws a {@link FlagError} for what can't be done, and for fields that there aren't. */
export function readKubeletConfiguration(fields: ConfigFields): KubeletConfiguration {
  refuse(fields);
  const [certificate, key] = [fields.text("tlsCertFile") ?? "", fields.text("tlsPrivateKeyFile") ?? ""];
  if ((certificate === "") !== (key === "")) throw new FlagError("tlsCertFile and tlsPrivateKeyFile must be given together");
  const configuration: KubeletConfiguration = defined({
    staticPodPath: fields.text("staticPodPath"),
    address: fields.text("address"),
    port: fields.number("port"),
    certificate: certificate === "" ? undefined : { certificate: readFlagFile("config", certificate), key: readFlagFile("config", key) },
    clientAuthorityFile: readAuthentication(fields),
    healthPort: fields.number("healthzPort"),
    healthAddress: fields.text("healthzBindAddress"),
    clusterDomain: fields.text("clusterDomain"),
    clusterDns: fields.texts("clusterDNS"),
    mostPods: fields.number("maxPods"),
    resolverPath: fields.text("resolvConf"),
    cgroupRoot: fields.text("cgroupRoot"),
    logs: fields.text("podLogsDir"),
    runtimeEndpoint: fields.text("containerRuntimeEndpoint"),
    taints: taintsOf(fields),
    eviction: evictionOf(fields),
  });
  fields.end();
  return configuration;
}

/** What exists upstream and has only one value here, or makes no difference. */
function refuse(fields: ConfigFields): void {
  fields.only("registerNode", [true], "a node registers itself");
  fields.only("readOnlyPort", [0], "everybody who asks says who it is: there is no port without");
  fields.only("cgroupDriver", ["cgroupfs"], "control groups are made in the file system");
  fields.only("cgroupsPerQOS", [true], "Pods have control groups of their own");
  fields.only("rotateCertificates serverTLSBootstrap", [false], bootstrap);
  fields.only("kubeReserved systemReserved", [{}], whole);
  fields.only("kubeReservedCgroup systemReservedCgroup kubeletCgroups systemCgroups reservedSystemCPUs", [""], whole);
  fields.only("cpuManagerPolicy topologyManagerPolicy", ["none"], "no processor is kept for a Pod");
  fields.only("memoryManagerPolicy", ["None"], "no memory is kept for a Pod");
  fields.only("seccompDefault", [false], "a Pod says itself which profile it has");
  fields.only("staticPodURL podCIDR providerID imageServiceEndpoint", [""], "there is nothing of the kind");
  fields.only("nodeStatusUpdateFrequency", ["10s"], "the node renews its lease every ten seconds");
  fields.only("nodeLeaseDurationSeconds", [40], "the node's lease holds for forty seconds");
  fields.only("tlsMinVersion", ["VersionTLS12"], "this kubelet serves TLS 1.2 and 1.3");
  fields.only("maxParallelImagePulls podPidsLimit", [-1], "there is no such limit");
  fields.idle("syncFrequency fileCheckFrequency httpCheckFrequency nodeStatusReportFrequency volumeStatsAggPeriod runtimeRequestTimeout");
  fields.idle("streamingConnectionIdleTimeout imageMinimumGCAge imageMaximumGCAge imageGCHighThresholdPercent imageGCLowThresholdPercent");
  fields.idle(
    "cpuManagerReconcilePeriod registryPullQPS registryBurst eventRecordQPS eventBurst kubeAPIQPS kubeAPIBurst serializeImagePulls",
  );
  fields.idle(
    "enableServer enableDebuggingHandlers enableContentionProfiling enableProfilingHandler enableControllerAttachDetach hairpinMode",
  );
  fields.idle(
    "failSwapOn memorySwap makeIPTablesUtilChains iptablesMasqueradeBit iptablesDropBit oomScoreAdj contentType maxOpenFiles logging",
  );
  fields.idle("shutdownGracePeriod shutdownGracePeriodCriticalPods featureGates localStorageCapacityIsolation enforceNodeAllocatable");
  fields.idle(
    "volumePluginDir cpuCFSQuota cpuCFSQuotaPeriod containerLogMaxSize containerLogMaxFiles configMapAndSecretChangeDetectionStrategy",
  );
}

function readAuthentication(fields: ConfigFields): string | undefined {
  const authentication = fields.fields("authentication");
  authentication?.fields("anonymous")?.only("enabled", [false], "everybody who asks says who it is");
  const webhook = authentication?.fields("webhook");
  webhook?.only("enabled", [true], "tokens are reviewed by the API server");
  webhook?.idle("cacheTTL");
  const authorization = fields.fields("authorization");
  authorization?.only("mode", ["Webhook"], "what callers may do is asked of the API server");
  authorization?.idle("webhook");
  return authentication?.fields("x509")?.text("clientCAFile") || undefined;
}

const effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"] as const satisfies readonly Taint["effect"][];

function taintsOf(fields: ConfigFields): readonly Taint[] | undefined {
  const taints = fields.list("registerWithTaints");
  if (taints.length === 0) return undefined;
  return taints.map((taint) => {
    const word = taint.text("effect");
    const effect = effects.find((each) => each === word) ?? taint.refuse("effect", `it is one of ${effects.join(", ")}`);
    return { key: taint.text("key") ?? "", effect, ...defined({ value: taint.text("value") }) };
  });
}

function evictionOf(fields: ConfigFields): KubeletConfiguration["eviction"] {
  fields.only("evictionMinimumReclaim", [{}], "a node under pressure takes back what it needs and no more");
  return defined({
    evictionHard: fields.map("evictionHard"),
    evictionSoft: fields.map("evictionSoft"),
    evictionSoftGracePeriod: fields.map("evictionSoftGracePeriod"),
    evictionPressureTransitionPeriod: fields.text("evictionPressureTransitionPeriod"),
    evictionMaxPodGracePeriod: fields.number("evictionMaxPodGracePeriod"),
  });
}
