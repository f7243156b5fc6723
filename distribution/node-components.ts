import type { HttpsServer } from "@kubets/apiserver/node";
import { type Client, createInformers } from "@kubets/client";
import { type AskUpstream, runDns } from "@kubets/dns";
import { createNftablesBackend, serviceHealthListeners } from "@kubets/kube-proxy/node";
import { type KubeProxyOptions, runKubeProxy, type RunningKubeProxy } from "@kubets/kube-proxy";
import { type KubeletOptions, type NodeSystem, runKubelet, type RunningKubelet } from "@kubets/kubelet";
import { openNodeSystem, type NodeSystemOptions } from "@kubets/kubelet/node";
import type { Handler } from "@kubets/machinery";
import type { Surroundings } from "./control-plane.ts";

// What a node is made of, each with caches of its own: in one process with the rest of a cluster, or in one of its own.

export interface KubeletComponentOptions extends Surroundings, Omit<KubeletOptions, "informers" | "port" | "system"> {
  readonly machine: NodeSystemOptions;
  /** Serves the kubelet's own interface. */
  readonly listen: (handle: Handler) => Promise<HttpsServer>;
}

export interface KubeletComponent {
  readonly kubelet: RunningKubelet;
  readonly system: NodeSystem;
  /** Listens no more, and forgets what it knew; after the kubelet has stopped. */
  close(): Promise<void>;
}

export async function startKubelet({ machine, listen, ...options }: KubeletComponentOptions): Promise<KubeletComponent> {
  const server = await listen((request, peer, signal) => kubelet.handle(request, peer, signal));
  const informers = createInformers(options);
  const system = await openNodeSystem(machine);
  const kubelet: RunningKubelet = runKubelet({ ...options, informers, system, port: server.port });
  return { kubelet, system, close: async () => void (await Promise.all([server.close(), informers.stop()])) };
}

export interface ProxyComponentOptions extends Surroundings, Pick<KubeProxyOptions, "minimumSyncPeriod" | "node" | "syncPeriod"> {
  /** As `system:kube-proxy`. */
  readonly client: Client;
  /** Of nftables, which nobody else may use. */
  readonly table: string;
}

export interface ProxyComponent {
  readonly proxy: RunningKubeProxy;
  stop(options?: { readonly keepRules?: boolean }): Promise<void>;
}

export function startProxy({ client, table, ...options }: ProxyComponentOptions): ProxyComponent {
  const { tasks, logger, node } = options;
  const informers = createInformers({ ...options, client });
  const healthChecks = serviceHealthListeners({ address: "0.0.0.0", isProxyHealthy: () => proxy.isHealthy, tasks, logger });
  const proxy: RunningKubeProxy = runKubeProxy({
    ...options,
    onApplied: (ruleset) => healthChecks.follow(ruleset),
    informers,
    backend: createNftablesBackend({ table, family: node.family, tasks, logger }),
  });
  return {
    proxy,
    async stop(how) {
      await proxy.stop(how);
      await healthChecks[Symbol.asyncDispose]();
      await informers.stop();
    },
  };
}

export interface DnsComponentOptions extends Surroundings {
  /** As `system:kube-dns`. */
  readonly client: Client;
  /** At which Pods find it. */
  readonly serverAddresses: readonly string[];
  readonly domain?: string;
  readonly upstream: AskUpstream;
}

/** The names of a cluster, once they are known: for a server to answer by. */
export async function startDns({ client, ...options }: DnsComponentOptions): Promise<{
  readonly resolve: ReturnType<typeof runDns>["resolve"];
  stop(): Promise<void>;
}> {
  const informers = createInformers({ ...options, client });
  const dns = runDns({ ...options, informers });
  try {
    await dns.synced();
  } catch (error) {
    await informers.stop();
    throw error;
  }
  return { resolve: dns.resolve, stop: () => informers.stop() };
}
