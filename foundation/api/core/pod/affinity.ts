import { integer, type LabelSelector, labelSelector, list, object, type Schema, string, struct, text } from "@kubets/machinery";
import { type NodeSelector, nodeSelector, type NodeSelectorTerm, nodeSelectorTerm } from "../shared/node-selector.ts";

export interface Affinity {
  readonly nodeAffinity?: NodeAffinity;
  readonly podAffinity?: PodAffinity;
  readonly podAntiAffinity?: PodAntiAffinity;
}

export interface NodeAffinity {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: NodeSelector;
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly PreferredSchedulingTerm[];
}

export interface PreferredSchedulingTerm {
  readonly weight: number;
  readonly preference: NodeSelectorTerm;
}

export interface PodAffinity {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly PodAffinityTerm[];
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly WeightedPodAffinityTerm[];
}

export interface PodAntiAffinity {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly PodAffinityTerm[];
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly WeightedPodAffinityTerm[];
}

export interface WeightedPodAffinityTerm {
  readonly weight: number;
  readonly podAffinityTerm: PodAffinityTerm;
}

export interface PodAffinityTerm {
  readonly labelSelector?: LabelSelector;
  readonly namespaces?: readonly string[];
  readonly topologyKey: string;
  readonly namespaceSelector?: LabelSelector;
  readonly matchLabelKeys?: readonly string[];
  readonly mismatchLabelKeys?: readonly string[];
}

export const preferredSchedulingTerm: Schema<PreferredSchedulingTerm> = object<PreferredSchedulingTerm>(
  "io.k8s.api.core.v1.PreferredSchedulingTerm",
  "A weighted preference for nodes; an empty one matches every node.",
  {
    weight: integer({ field: 1, required: true, doc: "How much a matching node gains, 1 to 100." }),
    preference: struct(nodeSelectorTerm, { field: 2, required: true, doc: "Which nodes are preferred." }),
  },
);

export const nodeAffinity: Schema<NodeAffinity> = object<NodeAffinity>(
  "io.k8s.api.core.v1.NodeAffinity",
  "Placement relative to labels of nodes.",
  {
    requiredDuringSchedulingIgnoredDuringExecution: struct(nodeSelector, {
      field: 1,
      presence: "pointer",
      doc: "The node must match, or the Pod is not scheduled onto it.",
    }),
    preferredDuringSchedulingIgnoredDuringExecution: list(preferredSchedulingTerm, {
      field: 2,
      listType: "atomic",
      doc: "Nodes that match more weight are preferred.",
    }),
  },
);

export const podAffinityTerm: Schema<PodAffinityTerm> = object<PodAffinityTerm>(
  "io.k8s.api.core.v1.PodAffinityTerm",
  "A set of Pods, and the topology domain in which to be, or not be, with one of them.",
  {
    labelSelector: struct(labelSelector, { field: 1, presence: "pointer", doc: "Which Pods, by their labels; none when absent." }),
    namespaces: list(string, {
      field: 2,
      listType: "atomic",
      doc: "Namespaces of those Pods, besides those of namespaceSelector; the Pod's own when both are absent.",
    }),
    topologyKey: text({ field: 3, required: true, mayBeEmpty: true, doc: "Node label whose equal values make a domain." }),
    namespaceSelector: struct(labelSelector, {
      field: 4,
      presence: "pointer",
      doc: "Namespaces of those Pods, by their labels; an empty selector means all.",
    }),
    matchLabelKeys: list(string, {
      field: 5,
      listType: "atomic",
      doc: 'Label keys whose values are taken from this Pod and added to labelSelector as "key in (value)".',
    }),
    mismatchLabelKeys: list(string, {
      field: 6,
      listType: "atomic",
      doc: 'Label keys whose values are taken from this Pod and added to labelSelector as "key notin (value)".',
    }),
  },
);

export const weightedPodAffinityTerm: Schema<WeightedPodAffinityTerm> = object<WeightedPodAffinityTerm>(
  "io.k8s.api.core.v1.WeightedPodAffinityTerm",
  "A weighted term of affinity or anti-affinity.",
  {
    weight: integer({ field: 1, required: true, doc: "How much the term counts, 1 to 100." }),
    podAffinityTerm: struct(podAffinityTerm, { field: 2, required: true, doc: "The term." }),
  },
);

export const podAffinity: Schema<PodAffinity> = object<PodAffinity>("io.k8s.api.core.v1.PodAffinity", "Placement near other Pods.", {
  requiredDuringSchedulingIgnoredDuringExecution: list(podAffinityTerm, {
    field: 1,
    listType: "atomic",
    doc: "All terms must hold, or the Pod is not scheduled onto the node.",
  }),
  preferredDuringSchedulingIgnoredDuringExecution: list(weightedPodAffinityTerm, {
    field: 2,
    listType: "atomic",
    doc: "Nodes on which more weight holds are preferred.",
  }),
});

export const podAntiAffinity: Schema<PodAntiAffinity> = object<PodAntiAffinity>(
  "io.k8s.api.core.v1.PodAntiAffinity",
  "Placement away from other Pods.",
  {
    requiredDuringSchedulingIgnoredDuringExecution: list(podAffinityTerm, {
      field: 1,
      listType: "atomic",
      doc: "No term may match a Pod in the node's topology domain.",
    }),
    preferredDuringSchedulingIgnoredDuringExecution: list(weightedPodAffinityTerm, {
      field: 2,
      listType: "atomic",
      doc: "Nodes whose domain matches less weight are preferred.",
    }),
  },
);

export const affinity: Schema<Affinity> = object<Affinity>("io.k8s.api.core.v1.Affinity", "Where the Pod may or had better be placed.", {
  nodeAffinity: struct(nodeAffinity, { field: 1, presence: "pointer", doc: "Relative to labels of nodes." }),
  podAffinity: struct(podAffinity, { field: 2, presence: "pointer", doc: "Near other Pods." }),
  podAntiAffinity: struct(podAntiAffinity, { field: 3, presence: "pointer", doc: "Away from other Pods." }),
});
