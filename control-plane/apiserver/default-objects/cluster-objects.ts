import {
  type ConfigMap,
  ConfigMapKind,
  type Endpoints,
  EndpointsKind,
  type EndpointSlice,
  EndpointSliceKind,
  type Namespace,
  NamespaceKind,
  type PriorityClass,
  PriorityClassKind,
  defaultServiceCIDR,
  type Service,
  type ServiceCIDR,
  ServiceCIDRKind,
  ServiceKind,
} from "@kubets/api";
import { apiVersionOf, type Draft, type Kind } from "@kubets/machinery";

/** Where the API server is reached from within the cluster. */
export interface ApiServerAddress {
  /** The first address of the Service range: that of the Service `kubernetes`. */
  readonly serviceAddress: string;
  /** The server's own address; not a loopback one, because Pods can't reach those. */
  readonly address: string;
  readonly port: number;
}

export const typeOf = (kind: Pick<Kind, "group" | "kind" | "version">): { readonly apiVersion: string; readonly kind: string } => ({
  apiVersion: apiVersionOf(kind),
  kind: kind.kind,
});

export const defaultNamespaces: readonly Draft<Namespace>[] = ["default", "kube-system", "kube-public", "kube-node-lease"].map((name) => ({
  ...typeOf(NamespaceKind),
  metadata: { name },
}));

export const defaultPriorityClasses: readonly Draft<PriorityClass>[] = [
  {
    ...typeOf(PriorityClassKind),
    metadata: { name: "system-node-critical" },
    value: 2_000_001_000,
    description: "For Pods that a node can't do without and that must stay where they are.",
    preemptionPolicy: "PreemptLowerPriority",
  },
  {
    ...typeOf(PriorityClassKind),
    metadata: { name: "system-cluster-critical" },
    value: 2_000_000_000,
    description: "For Pods that the cluster can't do without, wherever they run.",
    preemptionPolicy: "PreemptLowerPriority",
  },
];

/** The ranges of Service addresses that the server was given. */
export function kubernetesServiceCIDR(cidrs: readonly string[]): Draft<ServiceCIDR> {
  return { ...typeOf(ServiceCIDRKind), metadata: { name: defaultServiceCIDR }, spec: { cidrs } };
}

/** The Service by which Pods reach the API server. It selects no Pods: its endpoints are kept by the server itself. */
export function kubernetesService({ serviceAddress, port }: ApiServerAddress): Draft<Service> {
  const family = familyOf(serviceAddress);
  return {
    ...typeOf(ServiceKind),
    metadata: { name: "kubernetes", namespace: "default", labels: { component: "apiserver", provider: "kubernetes" } },
    spec: {
      type: "ClusterIP",
      clusterIP: serviceAddress,
      clusterIPs: [serviceAddress],
      ipFamilies: [family],
      ipFamilyPolicy: "SingleStack",
      sessionAffinity: "None",
      ports: [{ name: "https", protocol: "TCP", port: 443, targetPort: port }],
    },
  };
}

export function kubernetesEndpoints({ address, port }: ApiServerAddress): Draft<Endpoints> {
  return {
    ...typeOf(EndpointsKind),
    metadata: { name: "kubernetes", namespace: "default", labels: { "endpointslice.kubernetes.io/skip-mirror": "true" } },
    subsets: [{ addresses: [{ ip: address }], ports: [{ name: "https", port, protocol: "TCP" }] }],
  };
}

export function kubernetesEndpointSlice({ address, port }: ApiServerAddress): Draft<EndpointSlice> {
  return {
    ...typeOf(EndpointSliceKind),
    metadata: { name: "kubernetes", namespace: "default", labels: { "kubernetes.io/service-name": "kubernetes" } },
    addressType: familyOf(address),
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: [{ name: "https", port, protocol: "TCP" }],
  };
}

function familyOf(address: string): "IPv4" | "IPv6" {
  return address.includes(":") ? "IPv6" : "IPv4";
}

/** What API servers that extend this one must know to trust the requests that it passes on. */
export interface ClientTrust {
  /** PEM of the CA of client certificates. */
  readonly clientCertificateAuthority: string;
  /** PEM of the CA of the certificates that the passing server shows, and the names in them that count. */
  readonly requestHeader?: { readonly certificateAuthority: string; readonly allowedNames: readonly string[] };
}

export function extensionAuthentication({ clientCertificateAuthority, requestHeader }: ClientTrust): Draft<ConfigMap> {
  return {
    ...typeOf(ConfigMapKind),
    metadata: { name: "extension-apiserver-authentication", namespace: "kube-system" },
    data: {
      "client-ca-file": clientCertificateAuthority,
      ...(requestHeader === undefined
        ? {}
        : {
            "requestheader-allowed-names": JSON.stringify(requestHeader.allowedNames),
            "requestheader-client-ca-file": requestHeader.certificateAuthority,
            "requestheader-extra-headers-prefix": '["X-Remote-Extra-"]',
            "requestheader-group-headers": '["X-Remote-Group"]',
            "requestheader-uid-headers": '["X-Remote-Uid"]',
            "requestheader-username-headers": '["X-Remote-User"]',
          }),
    },
  };
}
