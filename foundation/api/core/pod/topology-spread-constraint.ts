import { integer, type LabelSelector, labelSelector, list, object, type Schema, string, struct, text } from "@kubets/machinery";

export interface TopologySpreadConstraint {
  readonly maxSkew: number;
  readonly topologyKey: string;
  readonly whenUnsatisfiable: "DoNotSchedule" | "ScheduleAnyway";
  readonly labelSelector?: LabelSelector;
  readonly minDomains?: number;
  readonly nodeAffinityPolicy?: "Honor" | "Ignore";
  readonly nodeTaintsPolicy?: "Honor" | "Ignore";
  readonly matchLabelKeys?: readonly string[];
}

export const topologySpreadConstraint: Schema<TopologySpreadConstraint> = object<TopologySpreadConstraint>(
  "io.k8s.api.core.v1.TopologySpreadConstraint",
  "How evenly matching Pods are spread over topology domains.",
  {
    maxSkew: integer({
      field: 1,
      required: true,
      doc: "How far the number of matching Pods in a domain may exceed the least of all domains.",
    }),
    topologyKey: text({ field: 2, required: true, mayBeEmpty: true, doc: "Node label whose equal values make a domain." }),
    whenUnsatisfiable: text({
      field: 3,
      enum: ["DoNotSchedule", "ScheduleAnyway"],
      required: true,
      doc: "Whether the scheduler refuses or only disfavours a node that would break the bound.",
    }),
    labelSelector: struct(labelSelector, { field: 4, presence: "pointer", doc: "Which Pods are counted, by their labels." }),
    minDomains: integer({
      field: 5,
      presence: "pointer",
      doc: "With fewer eligible domains than this, the least is taken as 0; 1 when absent.",
    }),
    nodeAffinityPolicy: text({
      field: 6,
      presence: "pointer",
      enum: ["Honor", "Ignore"],
      doc: "Whether nodes that the Pod's node affinity rules out count as domains; Honor (they do not) when absent.",
    }),
    nodeTaintsPolicy: text({
      field: 7,
      presence: "pointer",
      enum: ["Honor", "Ignore"],
      doc: "Whether nodes with taints that the Pod does not tolerate count as domains; Ignore (they do) when absent.",
    }),
    matchLabelKeys: list(string, {
      field: 8,
      listType: "atomic",
      doc: "Label keys whose values are taken from this Pod and added to labelSelector.",
    }),
  },
);
