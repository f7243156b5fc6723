import {
  type defaulted,
  defineKind,
  flag,
  type Kind,
  kindObject,
  type KubernetesObject,
  list,
  object,
  type Schema,
  string,
  struct,
  text,
} from "@kubets/machinery";

/** Asks for everything that the asker may do within one namespace. */
export interface SelfSubjectRulesReview extends KubernetesObject {
  readonly [defaulted]?: "status";
  readonly spec: SelfSubjectRulesReviewSpec;
  readonly status: SubjectRulesReviewStatus;
}

/** The namespace in question. */
export interface SelfSubjectRulesReviewSpec {
  readonly namespace?: string;
}

/** Everything that someone may do, as far as it can be listed. */
export interface SubjectRulesReviewStatus {
  readonly [defaulted]?: "resourceRules" | "nonResourceRules" | "incomplete";
  readonly resourceRules: readonly ResourceRule[];
  readonly nonResourceRules: readonly NonResourceRule[];
  readonly incomplete: boolean;
  readonly evaluationError?: string;
}

/** Something that may be done to resources. */
export interface ResourceRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** Something that may be done to paths that aren't resources. */
export interface NonResourceRule {
  readonly verbs: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

const selfSubjectRulesReviewSpec: Schema<SelfSubjectRulesReviewSpec> = object<SelfSubjectRulesReviewSpec>(
  "io.k8s.api.authorization.v1.SelfSubjectRulesReviewSpec",
  "The namespace in question.",
  {
    namespace: text({ field: 1, doc: "The namespace; required." }),
  },
);

const resourceRule: Schema<ResourceRule> = object<ResourceRule>(
  "io.k8s.api.authorization.v1.ResourceRule",
  "Something that may be done to resources.",
  {
    verbs: list(string, { field: 1, required: true, mayBeEmpty: true, listType: "atomic", doc: "Such as get or list; `*` for all." }),
    apiGroups: list(string, { field: 2, listType: "atomic", doc: "The API groups; `*` for all." }),
    resources: list(string, { field: 3, listType: "atomic", doc: "The resources, with their subresources as `pods/log`; `*` for all." }),
    resourceNames: list(string, { field: 4, listType: "atomic", doc: "Only objects of these names; none for all." }),
  },
);

const nonResourceRule: Schema<NonResourceRule> = object<NonResourceRule>(
  "io.k8s.api.authorization.v1.NonResourceRule",
  "Something that may be done to paths that aren't resources.",
  {
    verbs: list(string, {
      field: 1,
      required: true,
      mayBeEmpty: true,
      listType: "atomic",
      doc: "HTTP methods in lower case; `*` for all.",
    }),
    nonResourceURLs: list(string, { field: 2, listType: "atomic", doc: "Paths, a `*` at the end for all below." }),
  },
);

const subjectRulesReviewStatus: Schema<SubjectRulesReviewStatus> = object<SubjectRulesReviewStatus>(
  "io.k8s.api.authorization.v1.SubjectRulesReviewStatus",
  "Everything that someone may do, as far as it can be listed.",
  {
    resourceRules: list(resourceRule, {
      field: 1,
      required: true,
      default: [],
      mayBeEmpty: true,
      listType: "atomic",
      doc: "What may be done to resources.",
    }),
    nonResourceRules: list(nonResourceRule, {
      field: 2,
      required: true,
      default: [],
      mayBeEmpty: true,
      listType: "atomic",
      doc: "What may be done to paths that aren't resources.",
    }),
    incomplete: flag({
      field: 3,
      required: true,
      default: false,
      doc: "Whether there may be more, because an authorizer can't list its rules.",
    }),
    evaluationError: text({ field: 4, doc: "What went wrong while it was found out." }),
  },
);

const selfSubjectRulesReview: Schema<SelfSubjectRulesReview> = kindObject<SelfSubjectRulesReview>(
  "io.k8s.api.authorization.v1.SelfSubjectRulesReview",
  "Asks for everything that the asker may do within one namespace.",
  {
    spec: struct(selfSubjectRulesReviewSpec, { field: 2, required: true, doc: "The namespace." }),
    status: struct(subjectRulesReviewStatus, { field: 3, default: {}, doc: "The answer." }),
  },
);

export const SelfSubjectRulesReviewKind: Kind<SelfSubjectRulesReview> = defineKind<SelfSubjectRulesReview>({
  group: "authorization.k8s.io",
  version: "v1",
  kind: "SelfSubjectRulesReview",
  resource: "selfsubjectrulesreviews",
  scope: "Cluster",
  schema: selfSubjectRulesReview,
  verbs: ["create"],
});
