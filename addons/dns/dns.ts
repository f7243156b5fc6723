import { EndpointSliceKind, NamespaceKind, ServiceKind } from "@kubets/api";
import type { Informers } from "@kubets/client";
import type { Clock, Logger, Metrics, Random } from "@kubets/machinery";
import { clusterView } from "./cluster-view.ts";
import { type AskUpstream, createResolver, type Resolve } from "./resolver.ts";

export interface DnsOptions {
  /** Of a user with the role `system:coredns`. */
  readonly informers: Informers;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Asked for what isn't of the cluster. */
  readonly upstream: AskUpstream;
  /** `cluster.local` when absent. */
  readonly domain?: string;
  /** The cluster IPs at which Pods find it; the name `ns.dns` of the domain leads there. */
  readonly serverAddresses: readonly string[];
}

export interface RunningDns {
  /** Answers questions; before {@link synced} as if the cluster were empty, so listen after it. */
  readonly resolve: Resolve;
  /** The names of the cluster are known. */
  synced(signal?: AbortSignal): Promise<void>;
}

/** The names of a cluster. It ends with its informers and the server that asks it. */
export function runDns({ informers, domain = "cluster.local", serverAddresses, ...options }: DnsOptions): RunningDns {
  const view = clusterView(informers, { domain: domain.toLowerCase().replace(/\.$/, ""), serverAddresses });
  return {
    resolve: createResolver({ ...options, view }),
    async synced(signal) {
      const known = [informers.of(ServiceKind), informers.of(EndpointSliceKind), informers.of(NamespaceKind)];
      await Promise.all(known.map((informer) => informer.synced(signal)));
    },
  };
}
