import { field, integer, list, object, quantity, type Schema, struct, text } from "@kubets/machinery";

/** How fast replicas come and go. */
export interface HorizontalPodAutoscalerBehavior {
  readonly scaleUp?: HPAScalingRules;
  readonly scaleDown?: HPAScalingRules;
}

/** How fast replicas come, or go. */
export interface HPAScalingRules {
  readonly stabilizationWindowSeconds?: number;
  readonly selectPolicy?: "Disabled" | "Max" | "Min";
  readonly policies?: readonly HPAScalingPolicy[];
  readonly tolerance?: string;
}

/** How much may change in which time. */
export interface HPAScalingPolicy {
  readonly type: string;
  readonly value: number;
  readonly periodSeconds: number;
}

const hpaScalingPolicy: Schema<HPAScalingPolicy> = object<HPAScalingPolicy>(
  "io.k8s.api.autoscaling.v2.HPAScalingPolicy",
  "How much may change in which time.",
  {
    type: text({
      field: 1,
      required: true,
      mayBeEmpty: true,
      doc: "Whether value is a number of Pods (Pods) or a part of them (Percent).",
    }),
    value: integer({ field: 2, required: true, mayBeEmpty: true, doc: "How much." }),
    periodSeconds: integer({ field: 3, required: true, mayBeEmpty: true, doc: "In which time; at most 1800 seconds." }),
  },
);

const hpaScalingRules: Schema<HPAScalingRules> = object<HPAScalingRules>(
  "io.k8s.api.autoscaling.v2.HPAScalingRules",
  "How fast replicas come, or go.",
  {
    stabilizationWindowSeconds: integer({
      field: 3,
      presence: "pointer",
      doc: "For how long to look back so as not to go to and fro; at most 3600 seconds.",
    }),
    selectPolicy: text({
      field: 1,
      presence: "pointer",
      enum: ["Disabled", "Max", "Min"],
      doc: "Which policy counts: that of the largest change (Max), of the smallest (Min), or none at all (Disabled).",
    }),
    policies: list(hpaScalingPolicy, { field: 2, listType: "atomic", doc: "How much may change in which time." }),
    tolerance: field(quantity, {
      field: 4,
      presence: "pointer",
      doc: "How far from the wanted value, in parts of it, nothing is done yet.",
    }),
  },
);

export const horizontalPodAutoscalerBehavior: Schema<HorizontalPodAutoscalerBehavior> = object<HorizontalPodAutoscalerBehavior>(
  "io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerBehavior",
  "How fast replicas come and go.",
  {
    scaleUp: struct(hpaScalingRules, {
      field: 1,
      presence: "pointer",
      doc: "How fast they come; at most double or 4 more in 15 seconds where nothing is said.",
    }),
    scaleDown: struct(hpaScalingRules, {
      field: 2,
      presence: "pointer",
      doc: "How fast they go; to the largest number wanted in the last 300 seconds where nothing is said.",
    }),
  },
);

/** Without a word on it, replicas come at most double, or four more, in 15 seconds. */
export const scaleUpDefaults: HPAScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: "Max",
  policies: [
    { type: "Pods", value: 4, periodSeconds: 15 },
    { type: "Percent", value: 100, periodSeconds: 15 },
  ],
};

/** Without a word on it, replicas may go all at once; how long to look back is for the controller to say. */
export const scaleDownDefaults: HPAScalingRules = {
  selectPolicy: "Max",
  policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
};
