import { type ConfigMap, ConfigMapKind, type Namespace, NamespaceKind } from "@kubets/api";
import { type Controller, create, type Decision, nothing, update, watch } from "@kubets/client";
import { measureSyncs } from "./metrics.ts";

const name = "kube-root-ca.crt";
const dataKey = "ca.crt";
const description =
  "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";

export interface Observed {
  readonly namespace: Namespace;
  readonly configMap: ConfigMap | undefined;
}

/** Keeps the cluster's CA (PEM) in a ConfigMap of every namespace, where Pods find it beside their token. */
export function rootCaPublisher(rootCertificate: string): Controller<Observed> {
  return {
    name: "root-ca-publisher",
    watches: [
      watch(NamespaceKind),
      watch(ConfigMapKind, {
        keys: ({ metadata }) => (metadata.name === name && metadata.namespace !== undefined ? [metadata.namespace] : []),
      }),
    ],
    observe(key, caches) {
      const namespace = caches.of(NamespaceKind).get(key);
      return namespace === undefined ? undefined : { namespace, configMap: caches.of(ConfigMapKind).get(`${key}/${name}`) };
    },
    reconcile: (observed) => reconcile(observed, rootCertificate),
    measure: measureSyncs,
  };
}

export function reconcile({ namespace, configMap }: Observed, rootCertificate: string): Decision {
  if (namespace.status.phase === "Terminating") return nothing;
  const data = { [dataKey]: rootCertificate };
  if (configMap === undefined) {
    const metadata = { name, namespace: namespace.metadata.name, annotations: { "kubernetes.io/description": description } };
    return { actions: [create(ConfigMapKind, { metadata, data })] };
  }
  const isRight = configMap.data?.[dataKey] === rootCertificate && Object.keys(configMap.data).length === 1;
  return isRight ? nothing : { actions: [update(ConfigMapKind, { ...configMap, data })] };
}
