import {
  type defaulted,
  defineKind,
  field,
  type FieldError,
  forbidden,
  integer,
  invalid,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  notSupported,
  object,
  required,
  type Schema,
  struct,
  text,
  type Time,
  time,
} from "@kubets/machinery";
import { ageColumn, nameColumn } from "../columns.ts";
import { validateConditionTypes } from "./condition-types.ts";

/** Says how many requests of a priority are served at once, and what becomes of the rest. */
export interface PriorityLevelConfiguration extends KubernetesObject {
  readonly [defaulted]?: "spec" | "status";
  readonly spec: PriorityLevelConfigurationSpec;
  readonly status: PriorityLevelConfigurationStatus;
}

/** How a priority level is limited. */
export interface PriorityLevelConfigurationSpec {
  readonly type: string;
  readonly limited?: LimitedPriorityLevelConfiguration;
  readonly exempt?: ExemptPriorityLevelConfiguration;
}

/** The limits of a priority level. */
export interface LimitedPriorityLevelConfiguration {
  readonly [defaulted]?: "nominalConcurrencyShares" | "limitResponse" | "lendablePercent";
  readonly nominalConcurrencyShares: number;
  readonly limitResponse: LimitResponse;
  readonly lendablePercent: number;
  readonly borrowingLimitPercent?: number;
}

/** What a priority level without limits takes from the others. */
export interface ExemptPriorityLevelConfiguration {
  readonly [defaulted]?: "nominalConcurrencyShares" | "lendablePercent";
  readonly nominalConcurrencyShares: number;
  readonly lendablePercent: number;
}

/** What becomes of requests that can't be served at once. */
export interface LimitResponse {
  readonly type: string;
  readonly queuing?: QueuingConfiguration;
}

/** How requests wait. */
export interface QueuingConfiguration {
  readonly [defaulted]?: "queues" | "handSize" | "queueLengthLimit";
  readonly queues: number;
  readonly handSize: number;
  readonly queueLengthLimit: number;
}

/** How a priority level is doing. */
export interface PriorityLevelConfigurationStatus {
  readonly conditions?: readonly PriorityLevelConfigurationCondition[];
}

/** One aspect of a priority level's state. */
export interface PriorityLevelConfigurationCondition {
  readonly type?: string;
  readonly status?: string;
  readonly lastTransitionTime?: Time;
  readonly reason?: string;
  readonly message?: string;
}

const priorityLevelConfigurationCondition: Schema<PriorityLevelConfigurationCondition> = object<PriorityLevelConfigurationCondition>(
  "io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationCondition",
  "One aspect of a priority level's state.",
  {
    type: text({ field: 1, doc: "What it is about." }),
    status: text({ field: 2, doc: "Whether it holds: True, False or Unknown." }),
    lastTransitionTime: field(time, { field: 3, doc: "When the status last changed." }),
    reason: text({ field: 4, doc: "Why, as one CamelCase word." }),
    message: text({ field: 5, doc: "Why, as a sentence for people." }),
  },
);

const priorityLevelConfigurationStatus: Schema<PriorityLevelConfigurationStatus> = object<PriorityLevelConfigurationStatus>(
  "io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationStatus",
  "How a priority level is doing.",
  {
    conditions: list(priorityLevelConfigurationCondition, {
      field: 1,
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
      doc: "What there is to know of it.",
    }),
  },
);

const queuingConfiguration: Schema<QueuingConfiguration> = object<QueuingConfiguration>(
  "io.k8s.api.flowcontrol.v1.QueuingConfiguration",
  "How requests wait.",
  {
    queues: integer({ field: 1, default: 64, doc: "How many queues there are." }),
    handSize: integer({
      field: 2,
      default: 8,
      doc: "Among how many of them a flow chooses the shortest; the fewer, the less flows get into each other's way.",
    }),
    queueLengthLimit: integer({ field: 3, default: 50, doc: "How many requests a queue takes before it refuses more." }),
  },
);

const limitResponse: Schema<LimitResponse> = object<LimitResponse>(
  "io.k8s.api.flowcontrol.v1.LimitResponse",
  "What becomes of requests that can't be served at once.",
  {
    type: text({ field: 1, required: true, mayBeEmpty: true, doc: "They wait (Queue), or are refused (Reject)." }),
    queuing: struct(queuingConfiguration, { field: 2, presence: "pointer", doc: "How they wait; only where the type is Queue." }),
  },
  { union: { discriminator: "type", fields: ["queuing"] } },
);

const exemptPriorityLevelConfiguration: Schema<ExemptPriorityLevelConfiguration> = object<ExemptPriorityLevelConfiguration>(
  "io.k8s.api.flowcontrol.v1.ExemptPriorityLevelConfiguration",
  "What a priority level without limits takes from the others.",
  {
    nominalConcurrencyShares: integer({
      field: 1,
      presence: "pointer",
      default: 0,
      doc: "Its part of the server's seats, beside the parts of the others; it isn't limited by it.",
    }),
    lendablePercent: integer({ field: 2, presence: "pointer", default: 0, doc: "How much of its seats others may use, in percent." }),
  },
);

const limitedPriorityLevelConfiguration: Schema<LimitedPriorityLevelConfiguration> = object<LimitedPriorityLevelConfiguration>(
  "io.k8s.api.flowcontrol.v1.LimitedPriorityLevelConfiguration",
  "The limits of a priority level.",
  {
    nominalConcurrencyShares: integer({
      field: 1,
      presence: "pointer",
      default: 30,
      doc: "Its part of the server's seats, beside the parts of the others.",
    }),
    limitResponse: struct(limitResponse, { field: 2, default: {}, doc: "What becomes of requests that can't be served at once." }),
    lendablePercent: integer({
      field: 3,
      presence: "pointer",
      default: 0,
      doc: "How much of its seats others may use while it doesn't, in percent.",
    }),
    borrowingLimitPercent: integer({
      field: 4,
      presence: "pointer",
      doc: "How many seats it may use of others, in percent of its own; any number where nothing is said.",
    }),
  },
);

const priorityLevelConfigurationSpec: Schema<PriorityLevelConfigurationSpec> = object<PriorityLevelConfigurationSpec>(
  "io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationSpec",
  "How a priority level is limited.",
  {
    type: text({ field: 1, required: true, mayBeEmpty: true, doc: "Whether there are limits (Limited) or not (Exempt)." }),
    limited: struct(limitedPriorityLevelConfiguration, {
      field: 2,
      presence: "pointer",
      doc: "The limits; only where the type is Limited.",
    }),
    exempt: struct(exemptPriorityLevelConfiguration, {
      field: 3,
      presence: "pointer",
      doc: "What it takes from the others; only where the type is Exempt.",
    }),
  },
  { union: { discriminator: "type", fields: ["exempt", "limited"] } },
);

const priorityLevelConfiguration: Schema<PriorityLevelConfiguration> = kindObject<PriorityLevelConfiguration>(
  "io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration",
  "Says how many requests of a priority are served at once, and what becomes of the rest.",
  {
    spec: struct(priorityLevelConfigurationSpec, { field: 2, default: {}, doc: "How it is limited." }),
    status: struct(priorityLevelConfigurationStatus, { field: 3, default: {}, doc: "How it is doing." }),
  },
);

export const PriorityLevelConfigurationKind: Kind<PriorityLevelConfiguration> = defineKind<PriorityLevelConfiguration>({
  group: "flowcontrol.apiserver.k8s.io",
  version: "v1",
  kind: "PriorityLevelConfiguration",
  resource: "prioritylevelconfigurations",
  scope: "Cluster",
  schema: priorityLevelConfiguration,
  subresources: { status: true },
  columns: [
    nameColumn,
    { name: "Type", type: "string", doc: "Whether there are limits.", cell: ({ spec }) => spec.type },
    {
      name: "NominalConcurrencyShares",
      type: "string",
      doc: "Its part of the server's seats.",
      cell: ({ spec }) => spec.limited?.nominalConcurrencyShares ?? "<none>",
    },
    { name: "Queues", type: "string", doc: "How many queues there are.", cell: ({ spec }) => queuingOf(spec)?.queues ?? "<none>" },
    {
      name: "HandSize",
      type: "string",
      doc: "Among how many of them a flow chooses.",
      cell: ({ spec }) => queuingOf(spec)?.handSize ?? "<none>",
    },
    {
      name: "QueueLengthLimit",
      type: "string",
      doc: "How many requests a queue takes.",
      cell: ({ spec }) => queuingOf(spec)?.queueLengthLimit ?? "<none>",
    },
    ageColumn,
  ],
  strategy: {
    generation: true,
    unconditionalUpdate: false,
    validate: validatePriorityLevel,
    validateStatusUpdate: ({ status }) => validateConditionTypes(status.conditions ?? []),
  },
});

function queuingOf({ limited }: PriorityLevelConfigurationSpec): QueuingConfiguration | undefined {
  return limited?.limitResponse.queuing;
}

function validatePriorityLevel({ metadata, spec }: PriorityLevelConfiguration): readonly FieldError[] {
  const { type } = spec;
  return [
    ...((metadata.name === "exempt") === (type === "Exempt")
      ? []
      : [invalid("spec.type", type, "type must be 'Exempt' if and only if name is 'exempt'")]),
    ...validateByType(spec),
  ];
}

function validateByType({ type, limited, exempt }: PriorityLevelConfigurationSpec): readonly FieldError[] {
  switch (type) {
    case "Exempt":
      return [
        ...(limited === undefined ? [] : [forbidden("spec.limited", "must be nil if the type is not Limited")]),
        ...(exempt === undefined ? [] : validateShares(exempt, "spec.exempt")),
      ];
    case "Limited":
      return [
        ...(exempt === undefined ? [] : [forbidden("spec.exempt", "must be nil if the type is Limited")]),
        ...(limited === undefined
          ? [required("spec.limited", "must not be empty when type is Limited")]
          : [...validateShares(limited, "spec.limited"), ...validateLimits(limited, "spec.limited")]),
      ];
    default:
      return [notSupported("spec.type", type, ["Exempt", "Limited"])];
  }
}

/** What levels with and without limits have in common. */
type Shares = Pick<LimitedPriorityLevelConfiguration, "nominalConcurrencyShares" | "lendablePercent">;

function validateShares({ nominalConcurrencyShares: shares, lendablePercent: percent }: Shares, path: string): readonly FieldError[] {
  return [
    ...(shares < 0 ? [invalid(`${path}.nominalConcurrencyShares`, shares, "must be a non-negative integer")] : []),
    ...(percent < 0 || percent > 100 ? [invalid(`${path}.lendablePercent`, percent, "must be between 0 and 100, inclusive")] : []),
  ];
}

function validateLimits(
  { borrowingLimitPercent: percent, limitResponse }: LimitedPriorityLevelConfiguration,
  path: string,
): readonly FieldError[] {
  return [
    ...(percent !== undefined && percent < 0
      ? [invalid(`${path}.borrowingLimitPercent`, percent, "if specified, must be a non-negative integer")]
      : []),
    ...validateResponse(limitResponse, `${path}.limitResponse`),
  ];
}

function validateResponse({ type, queuing }: LimitResponse, path: string): readonly FieldError[] {
  switch (type) {
    case "Reject":
      return queuing === undefined ? [] : [forbidden(`${path}.queuing`, "must be nil if limited.limitResponse.type is not Limited")];
    case "Queue":
      return queuing === undefined
        ? [required(`${path}.queuing`, "must not be empty if limited.limitResponse.type is Limited")]
        : validateQueuing(queuing, `${path}.queuing`);
    default:
      return [notSupported(`${path}.type`, type, ["Queue", "Reject"])];
  }
}

const mostQueues = 10_000_000;
/** Flows are dealt their queues by a hash of so many bits. */
const hashBits = 60;

function validateQueuing({ queues, handSize, queueLengthLimit }: QueuingConfiguration, path: string): readonly FieldError[] {
  return [
    ...(queueLengthLimit <= 0 ? [invalid(`${path}.queueLengthLimit`, queueLengthLimit, "must be positive")] : []),
    ...(queues <= 0 ? [invalid(`${path}.queues`, queues, "must be positive")] : []),
    ...(queues > mostQueues ? [invalid(`${path}.queues`, queues, `must not be greater than ${mostQueues}`)] : []),
    ...validateHandSize(queues, handSize, `${path}.handSize`),
  ];
}

function validateHandSize(queues: number, handSize: number, path: string): readonly FieldError[] {
  if (handSize <= 0) return [invalid(path, handSize, "must be positive")];
  if (handSize > queues) return [invalid(path, handSize, `should not be greater than queues (${queues})`)];
  if (Math.ceil(Math.log2(queues) * handSize) <= hashBits) return [];
  const needed = `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${hashBits}`;
  return [invalid(path, handSize, needed)];
}
