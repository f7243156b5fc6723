import { field, integer, object, type Schema, text, type Time, time } from "@kubets/machinery";

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: "NoExecute" | "NoSchedule" | "PreferNoSchedule";
  readonly timeAdded?: Time;
}

export interface Toleration {
  readonly key?: string;
  readonly operator?: "Equal" | "Exists" | "Gt" | "Lt";
  readonly value?: string;
  readonly effect?: "NoExecute" | "NoSchedule" | "PreferNoSchedule";
  readonly tolerationSeconds?: number;
}

export const taint: Schema<Taint> = object<Taint>("io.k8s.api.core.v1.Taint", "Repels from a node the Pods that do not tolerate it.", {
  key: text({ field: 1, required: true, doc: "Key of the taint." }),
  value: text({ field: 2, doc: "Value that belongs to the key." }),
  effect: text({
    field: 3,
    enum: ["NoExecute", "NoSchedule", "PreferNoSchedule"],
    required: true,
    doc: "What happens to Pods without a matching toleration.",
  }),
  timeAdded: field(time, { field: 4, presence: "pointer", doc: "When the taint was put on the node." }),
});

export const toleration: Schema<Toleration> = object<Toleration>(
  "io.k8s.api.core.v1.Toleration",
  "Lets a Pod onto nodes that carry a matching taint.",
  {
    key: text({ field: 1, doc: "Taint key that is tolerated; empty, with Exists, tolerates every key." }),
    operator: text({
      field: 2,
      enum: ["Equal", "Exists", "Gt", "Lt"],
      doc: "How key and value are compared with the taint; Equal when absent. Exists ignores the value, Gt and Lt compare whole numbers.",
    }),
    value: text({ field: 3, doc: "Taint value that is tolerated; empty with Exists." }),
    effect: text({
      field: 4,
      enum: ["NoExecute", "NoSchedule", "PreferNoSchedule"],
      doc: "Taint effect that is tolerated; every effect when empty.",
    }),
    tolerationSeconds: integer({
      field: 5,
      presence: "pointer",
      bits: 64,
      doc: "For NoExecute: how long the Pod stays on the node after the taint appears; for ever when absent.",
    }),
  },
);
