import type { Taint } from "@kubets/api";
import type { KeyPair } from "../../certificates/index.ts";
import { type ConnectionSettings, readConnection } from "../common-settings.ts";
import { type ConfigFields, readConfigFile } from "../config-file.ts";
import { defined, type FlagReader, readFlagFile } from "../flag-reader.ts";
import { FlagError } from "../flags.ts";
import { machineAddress, machineNodeName } from "../machine-address.ts";
import type { PlainAddress } from "../plain-server.ts";
import { type KubeletConfiguration, readKubeletConfiguration } from "./configuration.ts";

/** What flags and configuration of a kubelet ask for. */
export interface KubeletSettings {
  readonly connection: ConnectionSettings;
  /** Of the CRI. */
  readonly runtimeSocket: string;
  readonly root: string;
  readonly logs: string;
  readonly cgroupRoot: string;
  readonly resolverPath?: string;
  readonly node: {
    readonly name: string;
    readonly address: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly taints: readonly Taint[];
  };
  readonly pods: Pick<KubeletConfiguration, "clusterDns" | "clusterDomain" | "eviction" | "mostPods" | "staticPodPath">;
  readonly serving: {
    readonly host: string;
    readonly port: number;
    readonly certificate?: KeyPair;
    readonly directory: string;
    readonly clientAuthority?: string;
  };
  readonly health?: PlainAddress;
}

/** Throws a {@link FlagError} for what can't be done. */
export function readKubeletSettings(given: FlagReader): KubeletSettings {
  const path = given.text("config");
  const configured = path === undefined ? {} : readKubeletConfiguration(configurationIn(path));
  const connection = readConnection(given);
  if (connection.kubeconfig === undefined)
    throw new FlagError("--kubeconfig must be given: a kubelet without an API server has nothing to run but static Pods");
  const address = given.text("node-ip") ?? machineAddress();
  if (address === undefined) throw new FlagError("--node-ip must be given: this machine has no address that others reach");
  const root = given.text("root-dir") ?? "/var/lib/kubelet";
  const healthPort = given.number("healthz-port") ?? configured.healthPort ?? 10_248;
  const authority = configured.clientAuthorityFile;
  return {
    connection,
    runtimeSocket: socketOf(
      given.text("container-runtime-endpoint") ?? configured.runtimeEndpoint ?? "unix:///run/containerd/containerd.sock",
    ),
    root,
    logs: configured.logs ?? "/var/log/pods",
    cgroupRoot: `${(given.text("cgroup-root") ?? configured.cgroupRoot ?? "/").replace(/\/$/, "")}/kubepods`,
    ...defined({ resolverPath: given.text("resolv-conf") ?? configured.resolverPath }),
    node: {
      name: given.text("hostname-override")?.toLowerCase() ?? machineNodeName(),
      address,
      labels: labelsOf(given.list("node-labels") ?? []),
      taints: given.list("register-with-taints")?.map(taintOf) ?? configured.taints ?? [],
    },
    pods: defined({
      clusterDns: given.list("cluster-dns") ?? configured.clusterDns,
      clusterDomain: given.text("cluster-domain") ?? configured.clusterDomain,
      eviction: configured.eviction,
      mostPods: given.number("max-pods") ?? configured.mostPods,
      staticPodPath: given.text("pod-manifest-path") ?? configured.staticPodPath,
    }),
    serving: {
      host: given.text("address") ?? configured.address ?? "0.0.0.0",
      port: given.number("port") ?? configured.port ?? 10_250,
      directory: given.text("cert-dir") ?? "/var/lib/kubelet/pki",
      ...defined({
        certificate: given.pair("tls-cert-file", "tls-private-key-file") ?? configured.certificate,
        clientAuthority: given.file("client-ca-file") ?? (authority === undefined ? undefined : readFlagFile("config", authority)),
      }),
    },
    ...(healthPort === 0
      ? {}
      : { health: { address: given.text("healthz-bind-address") ?? configured.healthAddress ?? "127.0.0.1", port: healthPort } }),
  };
}

function configurationIn(path: string): ConfigFields {
  return readConfigFile("config", path, { apiVersion: "kubelet.config.k8s.io/v1beta1", kind: "KubeletConfiguration" });
}

function socketOf(endpoint: string): string {
  const path = endpoint.replace(/^unix:\/\//, "");
  if (path.startsWith("/")) return path;
  throw new FlagError(
    `--container-runtime-endpoint: ${JSON.stringify(endpoint)} is no unix socket, such as unix:///run/containerd/containerd.sock`,
  );
}

function labelsOf(pairs: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name = "", ...value] = pair.split("=");
      if (name === "" || value.length !== 1) throw new FlagError(`--node-labels: ${JSON.stringify(pair)} is no NAME=VALUE`);
      return [name, value[0]!];
    }),
  );
}

const effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"] as const satisfies readonly Taint["effect"][];

function taintOf(text: string): Taint {
  const [, key, value, word] = /^([^=:]+)(?:=([^:]*))?:(\w+)$/.exec(text) ?? [];
  const effect = effects.find((each) => each === word);
  if (key === undefined || effect === undefined) throw new FlagError(`--register-with-taints: invalid taint spec: ${text}`);
  return { key, effect, ...(value === undefined || value === "" ? {} : { value }) };
}
