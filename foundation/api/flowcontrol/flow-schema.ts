import {
  type defaulted,
  defineKind,
  field,
  flag,
  integer,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  object,
  type Schema,
  string,
  struct,
  text,
  type Time,
  time,
} from "@kubets/machinery";
import { ageColumn, nameColumn } from "../columns.ts";
import { validateFlowSchema, validateFlowSchemaStatus } from "./flow-schema-rules.ts";

/** Says which priority level serves certain requests, and how they are told apart. */
export interface FlowSchema extends KubernetesObject {
  readonly [defaulted]?: "spec" | "status";
  readonly spec: FlowSchemaSpec;
  readonly status: FlowSchemaStatus;
}

/** Which requests have which priority level. */
export interface FlowSchemaSpec {
  readonly [defaulted]?: "matchingPrecedence";
  readonly priorityLevelConfiguration: PriorityLevelConfigurationReference;
  readonly matchingPrecedence: number;
  readonly distinguisherMethod?: FlowDistinguisherMethod;
  readonly rules?: readonly PolicyRulesWithSubjects[];
}

/** How the requests of a schema are divided into flows. */
export interface FlowDistinguisherMethod {
  readonly type: string;
}

/** Names a priority level. */
export interface PriorityLevelConfigurationReference {
  readonly name: string;
}

/** Requests, by who sends them and what they ask for. */
export interface PolicyRulesWithSubjects {
  readonly subjects: readonly FlowcontrolV1Subject[];
  readonly resourceRules?: readonly ResourcePolicyRule[];
  readonly nonResourceRules?: readonly NonResourcePolicyRule[];
}

/** Who sends requests. */
export interface FlowcontrolV1Subject {
  readonly kind: string;
  readonly user?: UserSubject;
  readonly group?: GroupSubject;
  readonly serviceAccount?: ServiceAccountSubject;
}

/** A user by name. */
export interface UserSubject {
  readonly name: string;
}

/** A group by name. */
export interface GroupSubject {
  readonly name: string;
}

/** A service account by name. */
export interface ServiceAccountSubject {
  readonly namespace: string;
  readonly name: string;
}

/** Requests for resources. */
export interface ResourcePolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly clusterScope?: boolean;
  readonly namespaces?: readonly string[];
}

/** Requests for paths that are no resources. */
export interface NonResourcePolicyRule {
  readonly verbs: readonly string[];
  readonly nonResourceURLs: readonly string[];
}

/** Whether a schema is in order. */
export interface FlowSchemaStatus {
  readonly conditions?: readonly FlowSchemaCondition[];
}

/** One aspect of a schema's state. */
export interface FlowSchemaCondition {
  readonly type?: string;
  readonly status?: string;
  readonly lastTransitionTime?: Time;
  readonly reason?: string;
  readonly message?: string;
}

const flowSchemaCondition: Schema<FlowSchemaCondition> = object<FlowSchemaCondition>(
  "io.k8s.api.flowcontrol.v1.FlowSchemaCondition",
  "One aspect of a schema's state.",
  {
    type: text({ field: 1, doc: "What it is about." }),
    status: text({ field: 2, doc: "Whether it holds: True, False or Unknown." }),
    lastTransitionTime: field(time, { field: 3, doc: "When the status last changed." }),
    reason: text({ field: 4, doc: "Why, as one CamelCase word." }),
    message: text({ field: 5, doc: "Why, as a sentence for people." }),
  },
);

const flowSchemaStatus: Schema<FlowSchemaStatus> = object<FlowSchemaStatus>(
  "io.k8s.api.flowcontrol.v1.FlowSchemaStatus",
  "Whether a schema is in order.",
  {
    conditions: list(flowSchemaCondition, {
      field: 1,
      listType: "map",
      mapKeys: ["type"],
      patchStrategy: "merge",
      mergeKey: "type",
      doc: "What there is to know of it (Dangling).",
    }),
  },
);

const nonResourcePolicyRule: Schema<NonResourcePolicyRule> = object<NonResourcePolicyRule>(
  "io.k8s.api.flowcontrol.v1.NonResourcePolicyRule",
  "Requests for paths that are no resources.",
  {
    verbs: list(string, { field: 1, required: true, mayBeEmpty: true, listType: "set", doc: "The verbs, or `*` for any." }),
    nonResourceURLs: list(string, {
      field: 6,
      required: true,
      mayBeEmpty: true,
      listType: "set",
      doc: "The paths, such as `/healthz` or `/healthz/*`, or `*` for any.",
    }),
  },
);

const resourcePolicyRule: Schema<ResourcePolicyRule> = object<ResourcePolicyRule>(
  "io.k8s.api.flowcontrol.v1.ResourcePolicyRule",
  "Requests for resources.",
  {
    verbs: list(string, { field: 1, required: true, mayBeEmpty: true, listType: "set", doc: "The verbs, or `*` for any." }),
    apiGroups: list(string, { field: 2, required: true, mayBeEmpty: true, listType: "set", doc: "The API groups, or `*` for any." }),
    resources: list(string, {
      field: 3,
      required: true,
      mayBeEmpty: true,
      listType: "set",
      doc: "The resources with their subresources, or `*` for any.",
    }),
    clusterScope: flag({ field: 4, doc: "Whether requests that name no namespace are meant too." }),
    namespaces: list(string, { field: 5, listType: "set", doc: "The namespaces, or `*` for any." }),
  },
);

const serviceAccountSubject: Schema<ServiceAccountSubject> = object<ServiceAccountSubject>(
  "io.k8s.api.flowcontrol.v1.ServiceAccountSubject",
  "A service account by name.",
  {
    namespace: text({ field: 1, required: true, mayBeEmpty: true, doc: "Its namespace." }),
    name: text({ field: 2, required: true, mayBeEmpty: true, doc: "Its name, or `*` for any of the namespace." }),
  },
);

const groupSubject: Schema<GroupSubject> = object<GroupSubject>("io.k8s.api.flowcontrol.v1.GroupSubject", "A group by name.", {
  name: text({ field: 1, required: true, mayBeEmpty: true, doc: "The name, or `*` for any." }),
});

const userSubject: Schema<UserSubject> = object<UserSubject>("io.k8s.api.flowcontrol.v1.UserSubject", "A user by name.", {
  name: text({ field: 1, required: true, mayBeEmpty: true, doc: "The name, or `*` for any." }),
});

const subject: Schema<FlowcontrolV1Subject> = object<FlowcontrolV1Subject>(
  "io.k8s.api.flowcontrol.v1.Subject",
  "Who sends requests.",
  {
    kind: text({ field: 1, required: true, mayBeEmpty: true, doc: "User, Group or ServiceAccount." }),
    user: struct(userSubject, { field: 2, presence: "pointer", doc: "The user." }),
    group: struct(groupSubject, { field: 3, presence: "pointer", doc: "The group." }),
    serviceAccount: struct(serviceAccountSubject, { field: 4, presence: "pointer", doc: "The service account." }),
  },
  { union: { discriminator: "kind", fields: ["group", "serviceAccount", "user"] } },
);

const policyRulesWithSubjects: Schema<PolicyRulesWithSubjects> = object<PolicyRulesWithSubjects>(
  "io.k8s.api.flowcontrol.v1.PolicyRulesWithSubjects",
  "Requests, by who sends them and what they ask for.",
  {
    subjects: list(subject, { field: 1, required: true, mayBeEmpty: true, listType: "atomic", doc: "Who sends them: any of these." }),
    resourceRules: list(resourcePolicyRule, { field: 2, listType: "atomic", doc: "Requests for resources; those of any rule." }),
    nonResourceRules: list(nonResourcePolicyRule, { field: 3, listType: "atomic", doc: "Requests for other paths; those of any rule." }),
  },
);

const priorityLevelConfigurationReference: Schema<PriorityLevelConfigurationReference> = object<PriorityLevelConfigurationReference>(
  "io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationReference",
  "Names a priority level.",
  {
    name: text({ field: 1, required: true, mayBeEmpty: true, doc: "Its name." }),
  },
);

const flowDistinguisherMethod: Schema<FlowDistinguisherMethod> = object<FlowDistinguisherMethod>(
  "io.k8s.api.flowcontrol.v1.FlowDistinguisherMethod",
  "How the requests of a schema are divided into flows.",
  {
    type: text({
      field: 1,
      required: true,
      mayBeEmpty: true,
      doc: "By the user (ByUser), or by the namespace of what is asked for (ByNamespace).",
    }),
  },
);

const flowSchemaSpec: Schema<FlowSchemaSpec> = object<FlowSchemaSpec>(
  "io.k8s.api.flowcontrol.v1.FlowSchemaSpec",
  "Which requests have which priority level.",
  {
    priorityLevelConfiguration: struct(priorityLevelConfigurationReference, { field: 1, required: true, doc: "The priority level." }),
    matchingPrecedence: integer({
      field: 2,
      default: 1000,
      doc: "The lower, the earlier it is asked; from 1 to 10000. A request goes by the first schema that takes it.",
    }),
    distinguisherMethod: struct(flowDistinguisherMethod, {
      field: 3,
      presence: "pointer",
      doc: "How the requests are divided into flows; all are one where nothing is said.",
    }),
    rules: list(policyRulesWithSubjects, { field: 4, listType: "atomic", doc: "The requests that it takes: those of any rule." }),
  },
);

const flowSchema: Schema<FlowSchema> = kindObject<FlowSchema>(
  "io.k8s.api.flowcontrol.v1.FlowSchema",
  "Says which priority level serves certain requests, and how they are told apart.",
  {
    spec: struct(flowSchemaSpec, { field: 2, default: {}, doc: "Which requests, and their priority level." }),
    status: struct(flowSchemaStatus, { field: 3, default: {}, doc: "Whether the priority level is there." }),
  },
);

export const FlowSchemaKind: Kind<FlowSchema> = defineKind<FlowSchema>({
  group: "flowcontrol.apiserver.k8s.io",
  version: "v1",
  kind: "FlowSchema",
  resource: "flowschemas",
  scope: "Cluster",
  schema: flowSchema,
  subresources: { status: true },
  columns: [
    nameColumn,
    { name: "PriorityLevel", type: "string", doc: "The priority level.", cell: ({ spec }) => spec.priorityLevelConfiguration.name },
    { name: "MatchingPrecedence", type: "string", doc: "The lower, the earlier it is asked.", cell: ({ spec }) => spec.matchingPrecedence },
    {
      name: "DistinguisherMethod",
      type: "string",
      doc: "How requests are divided into flows.",
      cell: ({ spec }) => spec.distinguisherMethod?.type ?? "<none>",
    },
    ageColumn,
    { name: "MissingPL", type: "string", doc: "Whether there is no such priority level.", cell: ({ status }) => danglingOf(status) },
  ],
  strategy: { generation: true, unconditionalUpdate: false, validate: validateFlowSchema, validateStatusUpdate: validateFlowSchemaStatus },
});

function danglingOf({ conditions = [] }: FlowSchemaStatus): string {
  return conditions.find(({ type }) => type === "Dangling")?.status ?? "?";
}
