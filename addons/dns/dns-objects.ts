import { type Endpoints, type EndpointSlice, ipFamilyOf, type Service } from "@kubets/api";
import type { DraftObject } from "@kubets/client";

export interface DnsObjectsOptions {
  /** What Pods have in their resolv.conf, such as `10.96.0.10`. */
  readonly clusterIP: string;
  /** Where this server listens: it is no Pod, so nobody else would say. */
  readonly address: string;
  readonly port: number;
}

export interface DnsObjects {
  readonly service: DraftObject<Service>;
  readonly endpoints: DraftObject<Endpoints>;
  readonly endpointSlice: DraftObject<EndpointSlice>;
}

const name = "kube-dns";
const namespace = "kube-system";
const labels = { "k8s-app": "kube-dns", "kubernetes.io/cluster-service": "true", "kubernetes.io/name": "CoreDNS" };

/** The Service under which Pods find the server for names, as in every cluster, and what it leads to. It has no selector: no Pods are behind it. */
export function dnsObjects({ clusterIP, address, port }: DnsObjectsOptions): DnsObjects {
  const ports = [
    { name: "dns", protocol: "UDP", port },
    { name: "dns-tcp", protocol: "TCP", port },
  ] as const;
  return {
    service: {
      metadata: { name, namespace, labels },
      spec: {
        type: "ClusterIP",
        clusterIP,
        clusterIPs: [clusterIP],
        ports: ports.map((each) => ({ ...each, port: 53, targetPort: port })),
      },
    },
    endpoints: {
      // What we write ourselves needs no mirror.
      metadata: { name, namespace, labels: { ...labels, "endpointslice.kubernetes.io/skip-mirror": "true" } },
      subsets: [{ addresses: [{ ip: address }], ports }],
    },
    endpointSlice: {
      metadata: {
        name,
        namespace,
        labels: { ...labels, "kubernetes.io/service-name": name, "endpointslice.kubernetes.io/managed-by": "dns.kubets.dev" },
      },
      addressType: ipFamilyOf(address) ?? "IPv4",
      endpoints: [{ addresses: [address], conditions: { ready: true, serving: true, terminating: false } }],
      ports,
    },
  };
}
