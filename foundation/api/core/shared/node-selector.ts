import { list, object, type Schema, string, text } from "@kubets/machinery";

export interface NodeSelector {
  readonly nodeSelectorTerms: readonly NodeSelectorTerm[];
}

export interface NodeSelectorTerm {
  readonly matchExpressions?: readonly NodeSelectorRequirement[];
  readonly matchFields?: readonly NodeSelectorRequirement[];
}

export interface NodeSelectorRequirement {
  readonly key: string;
  readonly operator: "DoesNotExist" | "Exists" | "Gt" | "In" | "Lt" | "NotIn";
  readonly values?: readonly string[];
}

export const nodeSelectorRequirement: Schema<NodeSelectorRequirement> = object<NodeSelectorRequirement>(
  "io.k8s.api.core.v1.NodeSelectorRequirement",
  "One requirement: how the value under a key relates to given values.",
  {
    key: text({ field: 1, required: true, doc: "Label or field that is looked at." }),
    operator: text({
      field: 2,
      enum: ["DoesNotExist", "Exists", "Gt", "In", "Lt", "NotIn"],
      required: true,
      doc: "How the value relates to the values; Gt and Lt compare whole numbers.",
    }),
    values: list(string, {
      field: 3,
      listType: "atomic",
      doc: "Values to compare with: some for In and NotIn, none for Exists and DoesNotExist, one number for Gt and Lt.",
    }),
  },
);

export const nodeSelectorTerm: Schema<NodeSelectorTerm> = object<NodeSelectorTerm>(
  "io.k8s.api.core.v1.NodeSelectorTerm",
  "A conjunction of requirements on a node. An empty term matches no node.",
  {
    matchExpressions: list(nodeSelectorRequirement, {
      field: 1,
      listType: "atomic",
      doc: "Requirements on the labels of the node; all must hold.",
    }),
    matchFields: list(nodeSelectorRequirement, {
      field: 2,
      listType: "atomic",
      doc: "Requirements on the fields of the node (metadata.name); all must hold.",
    }),
  },
  { atomic: true },
);

export const nodeSelector: Schema<NodeSelector> = object<NodeSelector>(
  "io.k8s.api.core.v1.NodeSelector",
  "Chooses nodes: one that matches any of the terms is chosen.",
  {
    nodeSelectorTerms: list(nodeSelectorTerm, {
      field: 1,
      listType: "atomic",
      required: true,
      mayBeEmpty: true,
      doc: "Alternatives, of which at least one must match.",
    }),
  },
  { atomic: true },
);
