import {
  type defaulted,
  defineKind,
  type FieldError,
  flag,
  forbidden,
  integer,
  type Kind,
  kindObject,
  type KubernetesObject,
  type Schema,
  text,
} from "@kubets/machinery";
import { ageColumn, nameColumn } from "../columns.ts";
import { immutable } from "../immutable.ts";

/** Gives a name to a priority of Pods. */
export interface PriorityClass extends KubernetesObject {
  readonly [defaulted]?: "value" | "preemptionPolicy";
  readonly value: number;
  readonly globalDefault?: boolean;
  readonly description?: string;
  readonly preemptionPolicy: "Never" | "PreemptLowerPriority";
}

const priorityClass: Schema<PriorityClass> = kindObject<PriorityClass>(
  "io.k8s.api.scheduling.v1.PriorityClass",
  "Gives a name to a priority of Pods.",
  {
    value: integer({ field: 2, default: 0, doc: "The priority; the higher the more important. Up to 1000000000 for users' classes." }),
    globalDefault: flag({ field: 3, doc: "Whether Pods that name no class get this one; true in one class only." }),
    description: text({ field: 4, doc: "When to use it." }),
    preemptionPolicy: text({
      field: 5,
      presence: "pointer",
      default: "PreemptLowerPriority",
      enum: ["Never", "PreemptLowerPriority"],
      doc: "Whether its Pods may push out less important ones; PreemptLowerPriority where nothing is said.",
    }),
  },
);

export const PriorityClassKind: Kind<PriorityClass> = defineKind<PriorityClass>({
  group: "scheduling.k8s.io",
  version: "v1",
  kind: "PriorityClass",
  resource: "priorityclasses",
  shortNames: ["pc"],
  scope: "Cluster",
  schema: priorityClass,
  columns: [
    nameColumn,
    { name: "Value", type: "integer", doc: "The priority.", cell: ({ value }) => value },
    {
      name: "Global-Default",
      type: "boolean",
      doc: "Whether Pods without a class get this one.",
      cell: ({ globalDefault }) => globalDefault ?? false,
    },
    ageColumn,
    {
      name: "PreemptionPolicy",
      type: "string",
      doc: "Whether its Pods may push out others.",
      cell: ({ preemptionPolicy }) => preemptionPolicy,
    },
  ],
  strategy: { generation: true, validate: validatePriorityClass, validateUpdate: validatePriorityClassUpdate },
});

const highestUserPriority = 1_000_000_000;
const systemPrefix = "system-";

/** The classes that the system has of its own, above those of users. */
export const systemPriorityClasses: Readonly<Record<string, number>> = {
  "system-cluster-critical": 2 * highestUserPriority,
  "system-node-critical": 2 * highestUserPriority + 1000,
};

function validatePriorityClass(priorityClass: PriorityClass): readonly FieldError[] {
  const { metadata, value } = priorityClass;
  if (metadata.name?.startsWith(systemPrefix)) {
    const problem = problemOfSystemClass(priorityClass);
    if (problem === undefined) return [];
    const reserved = `priority class names with '${systemPrefix}' prefix are reserved for system use only. error: ${problem}`;
    return [forbidden("metadata.name", reserved)];
  }
  return value > highestUserPriority
    ? [forbidden("value", `maximum allowed value of a user defined priority is ${highestUserPriority}`)]
    : [];
}

function problemOfSystemClass({ metadata: { name }, value, globalDefault = false }: PriorityClass): string | undefined {
  const known = systemPriorityClasses[name];
  if (known === undefined) return `${name} is not a known system priority class`;
  if (value !== known) return `value of ${name} PriorityClass must be ${known}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
}

/** Pods carry the priority as it was when they were made, so it can't change behind their back. */
function validatePriorityClassUpdate({ value, preemptionPolicy }: PriorityClass, previous: PriorityClass): readonly FieldError[] {
  return [
    ...(value === previous.value ? [] : [forbidden("value", "may not be changed in an update.")]),
    ...immutable("preemptionPolicy", preemptionPolicy, previous.preemptionPolicy),
  ];
}
