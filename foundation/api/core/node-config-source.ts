import { object, type Schema, struct, text } from "@kubets/machinery";

/** No longer used: where a kubelet takes its configuration from. */
export interface NodeConfigSource {
  readonly configMap?: ConfigMapNodeConfigSource;
}

/** No longer used: the ConfigMap that holds a kubelet's configuration. */
export interface ConfigMapNodeConfigSource {
  readonly namespace: string;
  readonly name: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly kubeletConfigKey: string;
}

const configMapNodeConfigSource: Schema<ConfigMapNodeConfigSource> = object<ConfigMapNodeConfigSource>(
  "io.k8s.api.core.v1.ConfigMapNodeConfigSource",
  "No longer used: the ConfigMap that holds a kubelet's configuration.",
  {
    namespace: text({ field: 1, required: true, doc: "The ConfigMap's namespace." }),
    name: text({ field: 2, required: true, doc: "The ConfigMap's name." }),
    uid: text({ field: 3, doc: "The ConfigMap's uid, in the status only." }),
    resourceVersion: text({ field: 4, doc: "The ConfigMap's resourceVersion, in the status only." }),
    kubeletConfigKey: text({ field: 5, required: true, doc: "The key under which the configuration stands." }),
  },
);

export const nodeConfigSource: Schema<NodeConfigSource> = object<NodeConfigSource>(
  "io.k8s.api.core.v1.NodeConfigSource",
  "No longer used: where a kubelet takes its configuration from.",
  {
    configMap: struct(configMapNodeConfigSource, { field: 2, presence: "pointer", doc: "The ConfigMap that holds the configuration." }),
  },
);
