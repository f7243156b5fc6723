import {
  condition,
  type Condition,
  type defaulted,
  defineKind,
  field,
  type FieldError,
  integer,
  type IntOrString,
  intOrString,
  invalid,
  type Kind,
  kindObject,
  type KubernetesObject,
  labelSelector,
  type LabelSelector,
  list,
  map,
  object,
  type Schema,
  struct,
  text,
  type Time,
  time,
  validateLabelSelector,
} from "@kubets/machinery";
import { validateAmountOrPercent, validateAtMostAll } from "../apps/pod-template-rules.ts";
import { ageColumn, nameColumn } from "../columns.ts";

/** Limits how many Pods may be missing at once by will, such as when nodes are drained. */
export interface PodDisruptionBudget extends KubernetesObject {
  readonly [defaulted]?: "spec" | "status";
  readonly spec: PodDisruptionBudgetSpec;
  readonly status: PodDisruptionBudgetStatus;
}

/** Which Pods a budget protects, and how many must stay. */
export interface PodDisruptionBudgetSpec {
  readonly minAvailable?: IntOrString;
  readonly selector?: LabelSelector;
  readonly maxUnavailable?: IntOrString;
  readonly unhealthyPodEvictionPolicy?: "AlwaysAllow" | "IfHealthyBudget";
}

/** How many Pods of a budget may go now. */
export interface PodDisruptionBudgetStatus {
  readonly [defaulted]?: "disruptionsAllowed" | "currentHealthy" | "desiredHealthy" | "expectedPods";
  readonly observedGeneration?: number;
  readonly disruptedPods?: Readonly<Record<string, Time>>;
  readonly disruptionsAllowed: number;
  readonly currentHealthy: number;
  readonly desiredHealthy: number;
  readonly expectedPods: number;
  readonly conditions?: readonly Condition[];
}

const podDisruptionBudgetSpec: Schema<PodDisruptionBudgetSpec> = object<PodDisruptionBudgetSpec>(
  "io.k8s.api.policy.v1.PodDisruptionBudgetSpec",
  "Which Pods a budget protects, and how many must stay.",
  {
    minAvailable: field(intOrString, {
      field: 1,
      presence: "pointer",
      doc: "How many Pods, or what part of them rounded up, must stay; not together with maxUnavailable.",
    }),
    selector: struct(labelSelector, {
      field: 2,
      presence: "pointer",
      patchStrategy: "replace",
      doc: "The Pods; an empty selector takes all of the namespace, none takes none.",
    }),
    maxUnavailable: field(intOrString, {
      field: 3,
      presence: "pointer",
      doc: "How many Pods, or what part of them rounded up, may be missing.",
    }),
    unhealthyPodEvictionPolicy: text({
      field: 4,
      presence: "pointer",
      enum: ["AlwaysAllow", "IfHealthyBudget"],
      doc: "Whether running Pods that aren't ready may go only while the budget is met (IfHealthyBudget) or always.",
    }),
  },
);

const podDisruptionBudgetStatus: Schema<PodDisruptionBudgetStatus> = object<PodDisruptionBudgetStatus>(
  "io.k8s.api.policy.v1.PodDisruptionBudgetStatus",
  "How many Pods of a budget may go now.",
  {
    observedGeneration: integer({ field: 1, bits: 64, doc: "Up to which generation the controller has seen it." }),
    disruptedPods: map(time, { field: 2, doc: "The Pods whose eviction was granted but isn't seen yet, with its time." }),
    disruptionsAllowed: integer({ field: 3, default: 0, minimum: 0, doc: "How many may go now." }),
    currentHealthy: integer({ field: 4, default: 0, minimum: 0, doc: "How many are healthy." }),
    desiredHealthy: integer({ field: 5, default: 0, minimum: 0, doc: "How many must be healthy." }),
    expectedPods: integer({ field: 6, default: 0, minimum: 0, doc: "How many there should be." }),
    conditions: list(condition, {
      field: 7,
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
      doc: "Whether evictions are allowed (DisruptionAllowed).",
    }),
  },
);

const podDisruptionBudget: Schema<PodDisruptionBudget> = kindObject<PodDisruptionBudget>(
  "io.k8s.api.policy.v1.PodDisruptionBudget",
  "Limits how many Pods may be missing at once by will, such as when nodes are drained.",
  {
    spec: struct(podDisruptionBudgetSpec, { field: 2, default: {}, doc: "Which Pods, and how many must stay." }),
    status: struct(podDisruptionBudgetStatus, { field: 3, default: {}, doc: "How many may go now." }),
  },
);

export const PodDisruptionBudgetKind: Kind<PodDisruptionBudget> = defineKind<PodDisruptionBudget>({
  group: "policy",
  version: "v1",
  kind: "PodDisruptionBudget",
  resource: "poddisruptionbudgets",
  shortNames: ["pdb"],
  scope: "Namespaced",
  schema: podDisruptionBudget,
  subresources: { status: true },
  columns: [
    nameColumn,
    { name: "Min Available", type: "string", doc: "How many Pods must stay.", cell: ({ spec }) => amount(spec.minAvailable) },
    { name: "Max Unavailable", type: "string", doc: "How many Pods may be missing.", cell: ({ spec }) => amount(spec.maxUnavailable) },
    { name: "Allowed Disruptions", type: "integer", doc: "How many Pods may go now.", cell: ({ status }) => status.disruptionsAllowed },
    ageColumn,
  ],
  strategy: { generation: true, unconditionalUpdate: false, validate: validateBudget },
});

function amount(value: IntOrString | undefined): string {
  return value === undefined ? "N/A" : String(value);
}

function validateBudget({ spec }: PodDisruptionBudget): readonly FieldError[] {
  const { minAvailable, maxUnavailable, selector } = spec;
  return [
    ...(minAvailable !== undefined && maxUnavailable !== undefined
      ? [invalid("spec", spec, "minAvailable and maxUnavailable cannot be both set")]
      : []),
    ...validateAmount(minAvailable, "spec.minAvailable"),
    ...validateAmount(maxUnavailable, "spec.maxUnavailable"),
    ...(selector === undefined ? [] : validateLabelSelector(selector, "spec.selector")),
  ];
}

function validateAmount(value: IntOrString | undefined, path: string): readonly FieldError[] {
  return value === undefined ? [] : [...validateAmountOrPercent(value, path), ...validateAtMostAll(value, path)];
}
